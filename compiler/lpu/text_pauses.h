// SPDX-License-Identifier: Apache-2.0
// Keeps pauses in dense work: a queue that issues without a pause for longer than its buffer lasts
// could not be brought its text. A pause is as many cycles without an issue as an Ifetch holds the
// queue.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "compiler/lpu/reservation.h"
#include "hw/isa/lpu/chip_spec.h"
#include "hw/isa/lpu/instruction.h"

namespace metronome::compiler {

/// What has been placed in each queue, as its text sees it.
class TextPauses {
 public:
  explicit TextPauses(const lpu::ChipSpec& spec);

  /// An issue was placed; issues of one instruction and one `piece` in a row may become a Repeat.
  void add(lpu::QueueId queue, lpu::Cycle cycle, const lpu::Instruction& instruction,
           std::uint32_t piece);

  /// True if the queue's text could still be fetched with these trains among what was added: no two
  /// pauses have more of it between them than a buffer takes in at one of them. What would be alone
  /// between two pauses is always let through. Trains of other queues are passed over.
  bool fits(lpu::QueueId queue, std::span<const Train> trains) const;

  /// Pauses that are wanted right behind what was added since the last call: queue and first cycle,
  /// each `kept_cycles()` long. If nothing is put there they stay pauses.
  std::vector<std::pair<lpu::QueueId, lpu::Cycle>> wanted();

  /// Cycles that a slice which reads in every cycle leaves out, so that it can take an Ifetch in a
  /// cycle in which none of the values that it reads passes: the first leaves as the last read's
  /// result does.
  static int kept_cycles();

 private:
  struct Mark {
    std::uint32_t train = 0;  // 0: no issue in this cycle
    int bytes = 0;            // of the instruction's text alone
  };
  struct Queue {
    std::vector<Mark> marks;  // by cycle
    int most_bytes = 0;       // of an instruction's text
    lpu::Instruction last;
    std::uint32_t piece = 0;
    std::uint32_t train = 0;
    lpu::Cycle latest = -1;  // last cycle added since the last call of wanted; -1 if none
  };
  /// Issues between two pauses.
  struct Stretch {
    lpu::Cycle end = 0;  // first cycle of the pause behind it
    std::int64_t bytes = 0;
    int placed = 0;  // issues that were added before
  };

  struct View;

  static Stretch stretch_of(const View& view, lpu::Cycle inside);

  std::int64_t most_bytes_;  // of a stretch, before a pause is wanted
  std::int64_t limit_;       // of a stretch of several pieces
  std::vector<Queue> queues_;
  std::vector<lpu::QueueId> touched_;
};

}  // namespace metronome::compiler
