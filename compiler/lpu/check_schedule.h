// SPDX-License-Identifier: Apache-2.0
// The judge of schedules. From the emitted program and the timing table alone it derives where
// every value is in every cycle, and proves that no bank, register, unit or queue is used twice and
// that each operand is the very value that the compiler meant. It shares no code with the
// scheduler.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

/// An instruction that has part in a conflict; its cycle counts from the queues' release.
struct Culprit {
  lpu::QueueId queue = 0;
  lpu::Cycle cycle = 0;

  bool operator==(const Culprit&) const = default;
};

/// The first conflict: the culprits, the place and the cycle, in words.
struct Conflict {
  lpu::Cycle cycle = 0;
  std::string text;
  std::string place;  // `stream E3 at column 7`, or the queue's path; empty at the program's end
  /// Who breaks the rule, then who holds or wrote what it needs, if anybody did.
  std::vector<Culprit> culprits;
};

/// Nothing if the schedule holds.
std::optional<Conflict> check_schedule(const lpu::Image& image, const lpu::Program& program);

}  // namespace metronome::compiler
