// SPDX-License-Identifier: Apache-2.0
// The judge of schedules. From the emitted program and the timing table alone it derives where
// every value is in every cycle, and proves that no bank, register, unit or queue is used twice and
// that each operand is the very value that the compiler meant. It shares no code with the
// scheduler.
#pragma once

#include <optional>
#include <string>

#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

/// The first conflict: both culprits, the place and the cycle, in words.
struct Conflict {
  lpu::Cycle cycle = 0;
  std::string text;
};

/// Nothing if the schedule holds.
std::optional<Conflict> check_schedule(const lpu::Image& image, const lpu::Program& program);

}  // namespace metronome::compiler
