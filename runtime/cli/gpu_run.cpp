// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/gpu_run.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <sstream>

#include "runtime/cli/machine_option.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/run_charts.h"

namespace metronome::cli {
namespace {

namespace json = boost::json;
using comparison::Distribution;
using comparison::Summary;

constexpr double kMicro = 1e6;
constexpr double kGiga = 1e9;
constexpr std::size_t kSentenceWidth = 56;

std::string share(std::int64_t part, std::int64_t whole) {
  return percent_text(static_cast<double>(part), static_cast<double>(whole));
}

std::string cycles_text(const GpuRun& run, const runtime::Generation& generation) {
  Distribution first;
  Distribution rest;
  for (const runtime::FedToken& token : generation.fed) {
    (token.position == 0 ? first : rest).add(token.simulated_cycles);
  }
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const Distribution& cycles) {
    if (cycles.count() == 0) return;
    const Summary s = cycles.summary();
    rows.push_back({name, grouped(s.count), grouped(s.min), grouped(s.p50), grouped(s.max),
                    grouped(s.spread()), fmt::format("{:.3f}", run.spec.seconds(s.p50) * kMicro)});
  };
  add("first token", first);
  add("the others", rest);
  return table({"cycles", ">tokens", ">min", ">median", ">max", ">spread", ">median us"}, rows, 0) +
         "The first token finds cold caches. `metronome compare` runs many times and tells chance "
         "from\nposition.\n\n";
}

std::string slots_text(const GpuRun& run) {
  std::int64_t all = 0;
  for (const std::int64_t cycles : run.slots) all += cycles;
  std::vector<std::vector<std::string>> rows;
  for (std::size_t r = 0; r < run.slots.size(); ++r) {
    if (run.slots[r] == 0) continue;
    const gpu::StallInfo& reason = gpu::info(static_cast<gpu::StallReason>(r));
    std::vector<std::string> row = {std::string(reason.name), grouped(run.slots[r]),
                                    share(run.slots[r], all)};
    std::istringstream lines(wrapped_text(std::string(reason.sentence), kSentenceWidth));
    for (std::string line; std::getline(lines, line); row = {"", "", ""}) {
      row.push_back(line);
      rows.push_back(row);
    }
  }
  return table({"issue slots", ">cycles", ">share", ""}, rows, 0);
}

double bytes_per_second(const GpuRun& run) {
  return static_cast<double>(run.traffic.dram_bytes) / run.spec.seconds(run.cycles);
}

std::string memory_text(const GpuRun& run) {
  const comparison::GpuTraffic& t = run.traffic;
  const auto a_token = [&](std::int64_t bytes) { return bytes_text(bytes / run.tokens); };
  std::string text = labelled("L1", fmt::format("{} a token asked for, {} hit", a_token(t.l1_bytes),
                                                share(t.l1_hit_bytes, t.l1_bytes)));
  text += labelled("L2", fmt::format("{} a token to the SMs, {} of what was asked hit",
                                     a_token(t.l2_bytes), share(t.l2_hit_bytes, t.l2_read_bytes)));
  text += labelled(
      "DRAM", fmt::format("{} a token, {} of {} found their row open", a_token(t.dram_bytes),
                          share(t.row_hits, t.row_accesses), counted(t.row_accesses, "burst")));
  const double peak = run.spec.dram_peak_bytes_per_second();
  return text + labelled("", fmt::format("{:.1f} GB/s of {:.1f} GB/s at most, {}",
                                         bytes_per_second(run) / kGiga, peak / kGiga,
                                         percent_text(bytes_per_second(run), peak)));
}

std::string launches_text(const GpuRun& run) {
  std::string text =
      fmt::format("{:.1f} a token, launched as {}; gaps are {} of the time",
                  static_cast<double>(run.launches) / static_cast<double>(run.tokens),
                  gpu::name(run.options.mode), share(run.gap_cycles, run.cycles));
  if (run.jitter_cycles > 0) {
    text += fmt::format(", a late host {}", share(run.jitter_cycles, run.cycles));
  }
  return labelled("launches", text);
}

json::array without_json(const comparison::GpuOptions& options) {
  json::array names;
  for (const gpu::MechanismInfo& info : gpu::mechanisms()) {
    if (options.off[static_cast<std::size_t>(info.mechanism)]) names.emplace_back(info.name);
  }
  return names;
}

}  // namespace

CountingGpu::CountingGpu(const graph::Model& model, GpuRun& run, std::int64_t context)
    : run_(run), device_(model, run.spec, run.options.mode, context) {
  device_.reset(comparison::conditions_of(run.options, run.seed));
}

runtime::TokenResult CountingGpu::step(std::int32_t token) {
  const runtime::TokenResult result = device_.step(token);
  ++run_.tokens;
  run_.cycles += result.simulated_cycles;
  for (const gpu::LaunchTiming& launch : device_.launches()) {
    ++run_.launches;
    run_.gap_cycles += launch.gap_cycles();
    run_.jitter_cycles += launch.jitter;
  }
  return result;
}

void CountingGpu::finish() {
  run_.traffic = comparison::traffic(device_.counters());
  run_.slots = device_.gpu().slot_cycles();
}

std::string gpu_text(const GpuRun& run, const runtime::Generation& generation,
                     const TextStyle& style) {
  std::string text =
      "\n" + cycles_text(run, generation) + slots_text(run) + "\n" + slots_chart(run, style) + "\n";
  const double seconds = run.spec.seconds(run.cycles);
  const auto tokens = static_cast<double>(run.tokens);
  text +=
      labelled("on the GPU", fmt::format("{} tokens/s at {}, {:.3f} us a token (simulated)",
                                         grouped(static_cast<std::int64_t>(tokens / seconds)),
                                         clock_text(run.spec.clock_hz), seconds / tokens * kMicro));
  text += launches_text(run) + memory_text(run);
  if (run.options.background_permille > 0) {
    text +=
        labelled("background",
                 fmt::format("another kernel asks for {:g} % of the DRAM's bandwidth; its bytes "
                             "count above",
                             static_cast<double>(run.options.background_permille) / 10));
  }
  for (const gpu::MechanismInfo& info : gpu::mechanisms()) {
    if (!run.options.off[static_cast<std::size_t>(info.mechanism)]) continue;
    text += labelled("without", fmt::format("{}: {}", info.name, info.sentence));
  }
  return text + labelled(run.spec.name + " is", confidence_text(run.spec) + " numbers");
}

json::object gpu_json(const GpuRun& run) {
  json::object slots;
  for (std::size_t r = 0; r < run.slots.size(); ++r) {
    slots[gpu::info(static_cast<gpu::StallReason>(r)).name] = run.slots[r];
  }
  const comparison::GpuTraffic& t = run.traffic;
  json::object confidence;
  for (const gpu::Confidence c : {gpu::Confidence::kPublished, gpu::Confidence::kDerived,
                                  gpu::Confidence::kFitted, gpu::Confidence::kAssumed}) {
    confidence[gpu::name(c)] = count_of(run.spec, c);
  }
  return {{"launch", gpu::name(run.options.mode)},
          {"machine_seed", run.seed},
          {"background_permille", run.options.background_permille},
          {"without", without_json(run.options)},
          {"cycles", run.cycles},
          {"seconds", run.spec.seconds(run.cycles)},
          {"launches", run.launches},
          {"gap_cycles", run.gap_cycles},
          {"jitter_cycles", run.jitter_cycles},
          {"issue_slots", std::move(slots)},
          {"l1_bytes", t.l1_bytes},
          {"l1_hit_bytes", t.l1_hit_bytes},
          {"l2_bytes", t.l2_bytes},
          {"l2_read_bytes", t.l2_read_bytes},
          {"l2_hit_bytes", t.l2_hit_bytes},
          {"dram_bytes", t.dram_bytes},
          {"dram_row_accesses", t.row_accesses},
          {"dram_row_hits", t.row_hits},
          {"dram_bytes_per_second", bytes_per_second(run)},
          {"dram_peak_bytes_per_second", run.spec.dram_peak_bytes_per_second()},
          {"confidence", std::move(confidence)}};
}

}  // namespace metronome::cli
