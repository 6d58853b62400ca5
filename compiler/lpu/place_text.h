// SPDX-License-Identifier: Apache-2.0
// Brings program text to the queues: where a queue's text is longer than its buffer, puts Ifetches
// into free cycles of the queue, the lines into free cells of memory slices, and the reads that
// feed the Ifetches into free cycles of those slices and free registers of the streams. No
// instruction that was there moves, so the program takes as long as before.
#pragma once

#include <string>
#include <vector>

#include "compiler/lpu/reservation.h"
#include "compiler/lpu/text_memory.h"
#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

/// What the pieces of a program that bring text are called: operator and step.
inline constexpr const char* kTextOperator = "text";
inline constexpr const char* kTextStep = "fetch";

/// A queue that would run out of text: it needs two free cycles together, a slice that can read
/// and a free way for the vectors, in the time between `from` and `cycle`.
struct TextFault {
  std::string program;
  lpu::QueueId queue = 0;
  lpu::Cycle from = 0;   // first cycle in which the buffer has room for a line, from the release
  lpu::Cycle cycle = 0;  // dispatch of the first instruction whose text would be missing
  std::string text;      // the same in words
};

/// Places a program's text. `streams` holds the way of every value of the program, `memory` the free
/// cells, of which it takes some; adds the text tensors, still without bytes, to `tensors`. Nothing
/// changes if it returns faults.
std::vector<TextFault> place_text(const lpu::ChipSpec& spec, const Reservations& streams,
                                  lpu::Program& program, std::vector<SlicePair>& memory,
                                  std::vector<lpu::MemoryTensor>& tensors);

/// First of the identities of rows of text; a program's values lie below.
lpu::ValueId first_text_value(const lpu::ChipSpec& spec);

}  // namespace metronome::compiler
