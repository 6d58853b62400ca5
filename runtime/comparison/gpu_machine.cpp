// SPDX-License-Identifier: Apache-2.0
#include "runtime/comparison/gpu_machine.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "hw/isa/error.h"
#include "runtime/comparison/gpu_traffic.h"

namespace metronome::comparison {
namespace {

constexpr std::int64_t kPermille = 1000;

/// "blk.3" of "blk.3.attn_qkv"; empty outside the layers.
std::string layer_of(const std::string& launch) {
  if (!launch.starts_with("blk.")) return "";
  return launch.substr(0, launch.find('.', 4));
}

std::string without_layer(const std::string& launch) {
  const std::string layer = layer_of(launch);
  return layer.empty() ? launch : launch.substr(std::min(launch.size(), layer.size() + 1));
}

/// Why `cause` cannot act under `options` on `spec`; empty if it can.
std::string absence(gpu::Cause cause, const GpuOptions& options, const gpu::GpuSpec& spec) {
  const auto off = [&](gpu::Mechanism m) { return options.off[static_cast<std::size_t>(m)]; };
  switch (cause) {
    case gpu::Cause::kHost:
      if (options.mode != gpu::LaunchMode::kStream) {
        return fmt::format("with --launch {} the host launches nothing within a token",
                           gpu::name(options.mode));
      }
      if (off(gpu::Mechanism::kLaunchGaps)) return "launch gaps are off";
      return spec.jitter_per_million == 0 ? "the host of this GPU is never late" : "";
    case gpu::Cause::kBackground:
      return options.background_permille == 0 ? "nobody else is there without --background" : "";
    case gpu::Cause::kRefresh:
      return off(gpu::Mechanism::kRefresh) ? "refresh is off" : "";
    case gpu::Cause::kRows:
      return off(gpu::Mechanism::kRows) ? "rows are off" : "";
    case gpu::Cause::kTlb:
      return off(gpu::Mechanism::kTlb) ? "the TLB is off" : "";
    case gpu::Cause::kPlacement:
    case gpu::Cause::kCaches:
    case gpu::Cause::kDispatch:
    case gpu::Cause::kFloorplan:
      return "";
  }
  return "";
}

Cycle cycles_at(std::int64_t bytes, double bytes_a_cycle) {
  return static_cast<Cycle>(std::llround(static_cast<double>(bytes) / bytes_a_cycle));
}

}  // namespace

gpu::Conditions conditions_of(const GpuOptions& options, std::uint64_t seed) {
  gpu::Conditions conditions = gpu::Conditions::seeded(seed);
  conditions.off = options.off;
  conditions.background_permille = options.background_permille;
  if (!options.process_seed) return conditions;
  const gpu::Conditions process = gpu::Conditions::seeded(*options.process_seed);
  for (const gpu::Cause cause : {gpu::Cause::kPlacement, gpu::Cause::kFloorplan}) {
    conditions.seeds[static_cast<std::size_t>(cause)] = process.seed(cause);
  }
  return conditions;
}

GpuMachine::GpuMachine(const graph::Model& model, const gpu::GpuSpec& spec,
                       const GpuOptions& options, std::int64_t context)
    : device_(model, spec, options.mode, context), options_(options) {}

void GpuMachine::begin(std::uint64_t seed) {
  device_.reset(conditions_of(options_, seed));
  before_ = device_.counters();
  last_cycles_ = 0;
}

TokenCost GpuMachine::step(std::int32_t token) {
  before_ = device_.counters();
  const runtime::TokenResult result = device_.step(token);
  last_cycles_ = result.simulated_cycles;
  return {result.position, result.simulated_cycles, result.logits};
}

std::vector<Piece> GpuMachine::pieces() const {
  std::vector<Piece> pieces;
  std::vector<Piece> layers;
  for (const gpu::LaunchTiming& launch : device_.launches()) {
    pieces.push_back(
        {Piece::Kind::kKernel, launch.name, without_layer(launch.name), launch.busy_cycles()});
    const std::string layer = layer_of(launch.name);
    if (layer.empty()) continue;
    if (layers.empty() || layers.back().name != layer) {
      layers.push_back({Piece::Kind::kLayer, layer, "layer", 0});
    }
    layers.back().cycles += launch.gap_cycles() + launch.busy_cycles();
  }
  layers.insert(layers.end(), pieces.begin(), pieces.end());
  return layers;
}

std::vector<TimePart> GpuMachine::time_parts() const {
  const gpu::GpuSpec& spec = device_.gpu().spec();
  Cycle gaps = 0;
  Cycle jitter = 0;
  Cycle tails = 0;
  for (const gpu::LaunchTiming& launch : device_.launches()) {
    gaps += launch.gap_cycles() - launch.jitter;
    jitter += launch.jitter;
    // A grid that never filled the GPU has no tail: its idle SMs had nothing to begin with.
    if (launch.ctas >= spec.sm_count) tails += launch.end - launch.tail;
  }
  const GpuTraffic t = difference(traffic(device_.counters()), traffic(before_));
  // Another kernel's bytes are taken off at the share that it asks for.
  const Cycle others = last_cycles_ * options_.background_permille / kPermille;
  const Cycle from_dram = std::max<Cycle>(0, cycles_at(t.dram_bytes, dram_peak(spec)) - others);
  const Cycle from_l2 = cycles_at(t.l2_bytes, l2_peak(spec));
  // Bytes move in tails too: a cycle is counted once, as bytes first.
  const Cycle busy = last_cycles_ - gaps - jitter;
  const Cycle bytes = std::min(std::max(from_dram, from_l2), busy);
  tails = std::min(tails, busy - bytes);
  return {{"bytes at peak",
           from_dram >= from_l2 ? "DRAM's bytes at its peak bandwidth"
                                : "the L2's bytes at its peak bandwidth",
           bytes},
          {"launch gaps", "a kernel's end to the next one's start", gaps},
          {"host jitter", "launches that came late", jitter},
          {"tails", "SMs idle while others end a full grid", tails},
          {"the rest", "latency, ramps, barriers, small grids", busy - bytes - tails}};
}

void GpuMachine::add_accesses(Distribution& accesses) const {
  const std::vector<std::int64_t>& bins = device_.gpu().load_latencies().bins();
  for (std::size_t cycles = 0; cycles < bins.size(); ++cycles) {
    accesses.add(static_cast<std::int64_t>(cycles), bins[cycles]);
  }
}

std::string GpuMachine::access_text() const {
  return fmt::format(
      "global loads, from issue to registers, hits of L1 included; {} cycles and "
      "more count as {}",
      gpu::LatencyHistogram::kBins - 1, gpu::LatencyHistogram::kBins - 1);
}

std::vector<CauseFact> GpuMachine::causes() const {
  std::vector<CauseFact> facts;
  for (const gpu::CauseInfo& info : gpu::causes()) {
    facts.push_back({std::string(info.name), std::string(info.sentence),
                     absence(info.cause, options_, device_.gpu().spec())});
  }
  return facts;
}

Cycle GpuMachine::again(std::span<const std::int32_t> ids, const Variation& variation) {
  gpu::Conditions conditions = conditions_of(options_, variation.fixed);
  GpuOptions anew = options_;
  anew.process_seed.reset();
  const gpu::Conditions other = conditions_of(anew, variation.varied);
  for (std::size_t c = 0; c < gpu::kCauses; ++c) {
    if (!variation.cause || *variation.cause == c) conditions.seeds[c] = other.seeds[c];
  }
  const std::size_t warm = std::min<std::size_t>(ids.size(), 2);
  device_.gpu().reset(conditions);
  device_.go_back(static_cast<std::int64_t>(ids.size() - warm));
  Cycle cycles = 0;
  for (const std::int32_t id : ids.last(warm)) cycles = step(id).cycles;
  return cycles;
}

}  // namespace metronome::comparison
