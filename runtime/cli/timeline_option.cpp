// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/timeline_option.h"

#include <fmt/core.h>

#include <filesystem>
#include <system_error>

#include "runtime/cli/cycle_window.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/terminal.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

bool flows_option(const Arguments& arguments) {
  const std::string text = arguments.text("timeline-flows", "all");
  if (text == "all" || text == "none") return text == "all";
  throw UsageError("--timeline-flows: found " + runtime::printable(text) +
                   ", expected all or none");
}

void require_timeline_name(const std::string& path) {
  if (path == "-") {
    throw UsageError("--timeline: found -, but standard output is for the text; name a file");
  }
  const std::string end = std::filesystem::path(path).extension().string();
  if (end != ".vcd" && end != ".fst") return;
  throw UsageError(
      fmt::format("--timeline: found {}, a waveform's name; --trace writes those, a "
                  "timeline ends in .pftrace, .json or .kanata",
                  runtime::printable(path)));
}

}  // namespace

std::vector<Option> timeline_option_rows() {
  return {{"timeline", "FILE.pftrace",
           "record what each unit does when, for ui.perfetto.dev; FILE.json for readers of "
           "Chrome's trace events; FILE.kanata for Konata, of a GPU's first SM to issue; each may "
           "end in .gz"},
          {"timeline-window", "A:B", "record only the cycles from A to B, counted over all tokens"},
          {"timeline-filter", "PART",
           "record only the tracks with PART in their path, such as lpu.vxm or gpu.sm_0; may be "
           "given more than once",
           true},
          {"timeline-flows", "F",
           "all, as by default: an arrow for each value of an LPU from who makes it to who takes "
           "it; or none, for a smaller file"}};
}

std::optional<TimelineRequest> timeline_request(const Arguments& arguments,
                                                const MachineChoice& machine) {
  if (!arguments.has("timeline")) {
    for (const char* name : {"timeline-window", "timeline-filter", "timeline-flows"}) {
      if (arguments.has(name)) throw UsageError(fmt::format("--{}: needs --timeline FILE", name));
    }
    return std::nullopt;
  }
  if (machine.kind == MachineChoice::Kind::kReference) {
    throw UsageError("--timeline: the reference has no cycles to show");
  }
  TimelineRequest request;
  request.path = arguments.require_text("timeline");
  require_timeline_name(request.path);
  if (waveforms::is_kanata(request.path) && machine.kind != MachineChoice::Kind::kGpu) {
    throw UsageError(
        "--timeline: a .kanata file shows the warps of a GPU; for an LPU take .pftrace");
  }
  request.options.filters = arguments.texts("timeline-filter");
  request.options.flows = flows_option(arguments);
  if (arguments.has("timeline-window")) {
    const CycleWindow window = cycle_window("timeline-window", arguments.text("timeline-window"));
    request.options.first_cycle = window.first;
    request.options.last_cycle = window.last;
  }
  return request;
}

std::string to_text(const waveforms::TimelineSummary& summary) {
  std::error_code error;  // a pipe has no size
  const std::uintmax_t on_disk = std::filesystem::file_size(summary.path, error);
  const std::string bytes = bytes_text(static_cast<std::int64_t>(error ? summary.bytes : on_disk));
  if (waveforms::is_kanata(summary.path)) {
    return fmt::format("{}, {}; Konata opens it", summary.path.string(), bytes);
  }
  return fmt::format("{}, {}, {}, {}; ui.perfetto.dev opens it", summary.path.string(),
                     counted(summary.slices, "slice"), counted(summary.flows, "arrow"), bytes);
}

void note_large_timeline(const waveforms::TimelineSummary& summary) {
  constexpr std::uint64_t kLarge = std::uint64_t{512} << 20;  // bytes; a browser takes 2 GiB or so
  if (summary.bytes < kLarge) return;
  note(
      fmt::format("{} has {}, which is much for a browser; --timeline-window A:B and "
                  "--timeline-filter narrow it",
                  summary.path.string(), bytes_text(static_cast<std::int64_t>(summary.bytes))));
}

void Watchers::before(std::int64_t first, std::int64_t last) {
  bool changed = false;
  for (Watcher& watcher : all_) {
    const bool watches = watcher.needs(first, last);
    changed = changed || watches != watcher.watches;
    watcher.watches = watches;
  }
  if (!changed) return;
  fan_out_.clear();
  for (const Watcher& watcher : all_) {
    if (watcher.watches) fan_out_.add(*watcher.observer);
  }
  observe_(fan_out_.empty() ? nullptr : &fan_out_);
}

void Watchers::stop() {
  for (Watcher& watcher : all_) watcher.watches = false;
  fan_out_.clear();
  observe_(nullptr);
}

}  // namespace metronome::cli
