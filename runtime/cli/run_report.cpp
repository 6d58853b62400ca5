// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "runtime/cli/image_facts.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/run_charts.h"
#include "runtime/cli/run_result.h"

namespace metronome::cli {
namespace {

using runtime::StopReason;

std::string stop_text(const Subject& subject, StopReason stop) {
  switch (stop) {
    case StopReason::kTokens:
      return "stopped at the --tokens asked for";
    case StopReason::kEnd:
      return "the model ended its text";
    case StopReason::kContext:
      return fmt::format(
          "stopped: the context of {} is full",
          counted(subject.image ? subject.image->info.context : subject.model->config.context,
                  "position"));
  }
  return "";
}

std::string cycles_text(const std::vector<ProgramUse>& uses) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(uses.size());
  for (const ProgramUse& use : uses) {
    rows.push_back({use.name, grouped(use.tokens), grouped(use.predicted),
                    use.lowest == use.highest ? grouped(use.lowest)
                                              : grouped(use.lowest) + " to " + grouped(use.highest),
                    grouped(use.highest - use.lowest)});
  }
  return table({"cycles", ">tokens", ">predicted", ">simulated", ">spread"}, rows, 0);
}

std::string speed_text(const Subject& subject, const RunResult& result) {
  const auto tokens = static_cast<double>(result.generation.fed.size());
  std::string text;
  if (subject.image) {
    const double seconds =
        static_cast<double>(simulated_cycles(result)) / static_cast<double>(subject.chip.clock_hz);
    text += labelled("on the chip",
                     fmt::format("{} tokens/s at {}, {:.3f} us a token (simulated)",
                                 grouped(static_cast<std::int64_t>(tokens / seconds)),
                                 clock_text(subject.chip.clock_hz), seconds / tokens * 1e6));
  }
  const double host = result.generation.device_seconds;
  text += labelled(
      "on this host",
      fmt::format("{:.1f} tokens/s {}, {:.2f} s{} (wall clock)", tokens / host,
                  subject.image || result.gpu ? "emulated" : "computed", host,
                  subject.compile_seconds > 0
                      ? fmt::format(" after {:.2f} s of compiling", subject.compile_seconds)
                      : ""));
  return text;
}

std::string use_text(const Subject& subject, const RunResult& result) {
  const lpu::Image& image = *subject.image;
  const double driven = stream_bytes_per_cycle(subject, result);
  const std::int64_t peak = stream_bytes_at_most(image.chip);
  const SramUse sram = sram_use(image);
  const std::int64_t there = image.chip.sram_bytes();
  std::string text = labelled(
      "streams", fmt::format("{:.0f} bytes a cycle, {} of the {} that pass one place", driven,
                             percent_text(driven, static_cast<double>(peak)), grouped(peak)));
  text += labelled(
      "SRAM",
      fmt::format("{} of {} used, {}", bytes_text(sram.total()), bytes_text(there),
                  percent_text(static_cast<double>(sram.total()), static_cast<double>(there))));
  text += labelled("", to_text(sram));
  text +=
      labelled("program text",
               fmt::format("{} for {}, beside the SRAM above", bytes_text(text_bytes(image)),
                           counted(static_cast<std::int64_t>(image.programs.size()), "program")));
  return text;
}

std::string charts_text(const Subject& subject, const RunResult& result, const TextStyle& style) {
  const lpu::Image& image = *subject.image;
  std::string text = "\n" + use_chart(units_used(image.chip, result.counters),
                                      stream_bytes_per_cycle(subject, result),
                                      stream_bytes_at_most(image.chip), style);
  if (result.generation.fed.empty()) return text + "\n";
  const lpu::Program& last = program_at(image, result.generation.fed.back().position);
  return text + "\n" + program_chart(last, image.chip, style) + "\n";
}

std::string next_text(const Subject& subject, const RunResult& result) {
  const std::string first = subject.model
                                ? "metronome compile MODEL -o FILE.mtm, then inspect or disasm it"
                                : "metronome inspect " + subject.path + " shows where all lies";
  std::string second;
  if (result.trace.empty()) {
    second = "--trace FILE.vcd shows each instruction and stream as a waveform";
  } else if (!result.trace_viewer.empty()) {
    second = result.trace_viewer + " opens the trace";
  }
  return labelled("next", first) +
         labelled("", "metronome report -o FILE.html shows a run in a page, cycle by cycle") +
         (second.empty() ? "" : labelled("", second));
}

std::string timeline_text(const RunResult& result) {
  return result.timeline.empty() ? "" : labelled("timeline", result.timeline);
}

}  // namespace

std::string report(const Subject& subject, const RunResult& result, const TextStyle& style) {
  const auto generated = static_cast<std::int64_t>(result.generation.ids.size());
  std::string text = labelled(
      "tokens", fmt::format("{} of prompt, {} generated; {}",
                            grouped(static_cast<std::int64_t>(result.prompt_ids.size())),
                            grouped(generated), stop_text(subject, result.generation.stop)));
  if (result.gpu) {
    return text + gpu_text(*result.gpu, result.generation, style) + speed_text(subject, result) +
           timeline_text(result);
  }
  if (!subject.image) {
    return text + labelled("cycles", "none: the reference device has no clock") +
           speed_text(subject, result);
  }
  text += "\n" + cycles_text(program_uses(subject, result));
  const std::string mismatch = first_mismatch(subject, result);
  text += mismatch.empty() ? "Every token took exactly the cycles predicted before it ran.\n\n"
                           : "Not every token took the cycles predicted: " + mismatch + "\n\n";
  return text + speed_text(subject, result) + use_text(subject, result) +
         charts_text(subject, result, style) +
         (result.trace.empty() ? "" : labelled("trace", result.trace)) + timeline_text(result) +
         next_text(subject, result);
}

}  // namespace metronome::cli
