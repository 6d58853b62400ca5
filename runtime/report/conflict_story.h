// SPDX-License-Identifier: Apache-2.0
// A schedule that the judge rejects, told so that one sees why: the culprits and the schedule
// around them. Of a schedule that holds, a copy is told in which a single instruction was moved.
#pragma once

#include <optional>
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

/// What the judge says of `program` as it is.
ConflictStory conflict_story(const lpu::Image& image, const lpu::Program& program,
                             const compiler::Conflict& conflict);

/// Moves one Read of `program` by a cycle, the first one from its middle on that makes the judge
/// name two culprits in different queues. Nothing if no such Read is among those tried.
std::optional<ConflictStory> made_up_conflict(const lpu::Image& image, const lpu::Program& program);

}  // namespace metronome::report
