// SPDX-License-Identifier: Apache-2.0
// What instructions of variable latency leave open, and who has to wait for it, over all paths of a
// kernel. An event is a result that is not there yet, or operands that have not been read yet.
#pragma once

#include <vector>

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

struct HazardEvent {
  int producer = 0;     // instruction
  bool result = false;  // else: operands
  std::vector<RegisterRange> registers;
};

/// Consecutive instructions that are entered at the first only and left after the last only.
struct BasicBlock {
  int begin = 0;
  int end = 0;
  std::vector<int> successors;  // blocks
};

std::vector<BasicBlock> basic_blocks(const std::vector<Instruction>& code);

/// Each instruction of variable latency has a result event, an operand event, or both.
std::vector<HazardEvent> hazard_events(const std::vector<Instruction>& code);

/// For each instruction the events that it has to wait for. To wait for an event is to wait for all
/// with its number in `counters` (negative: an event that nobody waits for), and who has waited for
/// a result need not wait for its instruction's operands.
std::vector<std::vector<int>> find_waits(const std::vector<Instruction>& code,
                                         const std::vector<HazardEvent>& events,
                                         const std::vector<int>& counters);

}  // namespace metronome::gpu
