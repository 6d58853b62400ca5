// SPDX-License-Identifier: Apache-2.0
// A schedule that the judge rejects, told so that one sees why: a copy of a good one in which a
// single instruction was moved, both culprits, and the schedule around them.
#pragma once

#include <string>
#include <vector>

#include "compiler/lpu/check_schedule.h"
#include "hw/isa/lpu/image.h"

namespace metronome::report {

/// An instruction near the conflict; cycles count from Notify.
struct Neighbour {
  std::string path;
  lpu::Cycle cycle = 0;
  int busy_cycles = 1;
  std::string text;  // mnemonic and operands
  bool culprit = false;
  bool moved = false;
};

struct ConflictStory {
  std::string change;  // what was done to the schedule
  compiler::Conflict conflict;
  std::vector<Neighbour> around;  // by queue, then cycle
};

/// Moves one Read of `program` by a cycle, the first one from its middle on that makes the judge
/// name two culprits in different queues. Errors: InvariantError if no such Read is there.
ConflictStory conflict_story(const lpu::Image& image, const lpu::Program& program);

}  // namespace metronome::report
