// SPDX-License-Identifier: Apache-2.0
#include "runtime/comparison/lpu_machine.h"

#include <fmt/core.h>

#include "hw/gpu/conditions.h"
#include "hw/isa/error.h"
#include "runtime/comparison/lpu_layers.h"

namespace metronome::comparison {
namespace {

/// Why what differs from run to run on a GPU cannot differ here.
std::string_view absence(gpu::Cause cause) {
  switch (cause) {
    case gpu::Cause::kPlacement:
      return "no hash and no pages: the compiler gives every word its slice and address";
    case gpu::Cause::kRefresh:
      return "no DRAM, so no refresh: everything is in SRAM";
    case gpu::Cause::kRows:
      return "no DRAM, so no rows to open";
    case gpu::Cause::kCaches:
      return "no cache: a word is where it was put, and never anywhere else";
    case gpu::Cause::kTlb:
      return "no TLB: addresses are those of the SRAM";
    case gpu::Cause::kDispatch:
      return "no dispatch at run time: the compiler gave every instruction its cycle";
    case gpu::Cause::kFloorplan:
      return "one floorplan: hops between places are the same on every chip";
    case gpu::Cause::kHost:
      return "no launches within a token: the host starts it once, and waits";
    case gpu::Cause::kBackground:
      return "one program at a time owns every unit, stream and bank";
  }
  return {};
}

}  // namespace

void LpuMachine::begin(std::uint64_t /*seed*/) {
  device_.reset();
  reads_ = {};
}

TokenCost LpuMachine::step(std::int32_t token) {
  const lpu::Program& program = device_.program_for(device_.position());
  const runtime::TokenResult result = device_.step(token);
  check(result.predicted_cycles == result.simulated_cycles, name(), result.simulated_cycles,
        fmt::format("position {}: predicted {} cycles, simulated {}", result.position,
                    result.predicted_cycles, result.simulated_cycles));
  add_sram_reads(image_, program, reads_);
  return {result.position, result.simulated_cycles, result.logits};
}

std::vector<Piece> LpuMachine::pieces() const {
  std::vector<Piece> pieces;
  const lpu::Program& program = device_.program_for(device_.position() - 1);
  for (const LayerSpan& span : layer_spans(image_, program)) {
    pieces.push_back({Piece::Kind::kLayer, span.name, "layer", span.end - span.begin});
  }
  return pieces;
}

std::vector<TimePart> LpuMachine::time_parts() const {
  const lpu::Program& program = device_.program_for(device_.position() - 1);
  const Cycle barrier = lpu::barrier_cycles();
  const std::vector<LayerSpan> spans = layer_spans(image_, program);
  std::vector<TimePart> parts = {{"barrier", "Notify until all queues run", barrier}};
  if (spans.empty()) {
    parts.push_back({"program", "from the first instruction to the last effect",
                     program.predicted_cycles - barrier});
    return parts;
  }
  const Cycle begin = spans.front().begin;
  const Cycle end = spans.back().end;
  parts.push_back({"embedding", "until the first norm's weights are read", begin - barrier});
  parts.push_back({"layers", "one after the other", end - begin});
  parts.push_back({"head", "the last norm to the last logit", program.predicted_cycles - end});
  return parts;
}

std::string LpuMachine::access_text() const {
  return "vectors read from SRAM, from issue to the first unit they reach: 1 cycle and 1 for each "
         "hop, so they differ by place, never from run to run";
}

std::vector<CauseFact> LpuMachine::causes() const {
  std::vector<CauseFact> facts;
  for (const gpu::CauseInfo& info : gpu::causes()) {
    facts.push_back(
        {std::string(info.name), std::string(info.sentence), std::string(absence(info.cause))});
  }
  return facts;
}

Cycle LpuMachine::again(std::span<const std::int32_t> /*ids*/, const Variation& /*variation*/) {
  throw InvariantError(name() + ": no cause can act here");
}

}  // namespace metronome::comparison
