// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/trace_option.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/cli/cycle_window.h"
#include "runtime/cli/image_facts.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/terminal.h"
#include "runtime/tokenizers/refuse.h"
#include "waveforms/trace_estimate.h"
#include "waveforms/wave_writer.h"

namespace metronome::cli {
namespace {

constexpr std::int64_t kLargeTrace = std::int64_t{256} << 20;  // bytes
constexpr std::int64_t kLargestLimit = std::int64_t{1} << 20;  // MiB

void require_trace_name(const std::string& path) {
  if (path == "-") {
    throw UsageError("--trace: found -, but standard output is for the text; name a file");
  }
  std::filesystem::path plain = path;
  if (plain.extension() == ".gz") plain = plain.stem();
  const std::string end = plain.extension().string();
  if (end != ".pftrace" && end != ".json" && end != ".kanata") return;
  throw UsageError(
      fmt::format("--trace: found {}, a timeline's name; --timeline writes those, a "
                  "waveform ends in .vcd or .fst",
                  runtime::printable(path)));
}

/// As a shell takes it for one word.
std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+,:@%-";
  if (word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

/// A word that begins with - is taken for an option.
std::string file_word(const std::string& name) {
  return quoted(name.starts_with("-") ? "./" + name : name);
}

}  // namespace

std::optional<TraceRequest> trace_request(const Arguments& arguments) {
  if (!arguments.has("trace")) {
    for (const char* name : {"trace-window", "trace-filter", "trace-limit"}) {
      if (arguments.has(name)) throw UsageError(fmt::format("--{}: needs --trace FILE", name));
    }
    return std::nullopt;
  }
  TraceRequest request;
  request.path = arguments.require_text("trace");
  require_trace_name(request.path);
  request.options.poll = stop_if_interrupted;
  request.options.filters = arguments.texts("trace-filter");
  if (arguments.has("trace-window")) {
    const CycleWindow window = cycle_window("trace-window", arguments.text("trace-window"));
    request.options.first_cycle = window.first;
    request.options.last_cycle = window.last;
  }
  if (arguments.has("trace-limit")) {
    const std::int64_t mebibytes = arguments.integer("trace-limit", 1, 1, kLargestLimit);
    request.options.max_bytes = static_cast<std::uint64_t>(mebibytes) << 20;
  }
  return request;
}

void note_large_trace(const lpu::Image& image, const TraceRequest& request, std::int64_t tokens) {
  std::vector<const lpu::Program*> programs;
  for (std::int64_t i = 0; i < tokens; ++i) programs.push_back(&program_at(image, i));
  const auto bytes =
      static_cast<std::int64_t>(waveforms::estimate_bytes(programs, image.chip, request.options));
  const auto limit = static_cast<std::int64_t>(
      std::min<std::uint64_t>(request.options.max_bytes, std::numeric_limits<std::int64_t>::max()));
  if (bytes < kLargeTrace || limit < kLargeTrace || waveforms::is_fst(request.path)) return;
  note(fmt::format("{} will have up to {}; --trace-window A:B and --trace-filter narrow it",
                   request.path, bytes_text(bytes)));
}

std::string to_text(const waveforms::TraceFacts& summary) {
  const std::string limit = summary.reached_limit ? ", stopped at its size limit" : "";
  return fmt::format("{}, {} from cycle {}, {}{}", summary.path.string(),
                     counted(summary.end_cycle - summary.first_cycle, "cycle"),
                     grouped(summary.first_cycle),
                     bytes_text(static_cast<std::int64_t>(summary.bytes)), limit);
}

std::string viewer_command(const std::filesystem::path& trace, const std::filesystem::path& view) {
  const std::string folder = trace.parent_path().string();
  return fmt::format("{}gtkwave {} {}", folder.empty() ? "" : "cd " + file_word(folder) + " && ",
                     file_word(trace.filename().string()), file_word(view.filename().string()));
}

}  // namespace metronome::cli
