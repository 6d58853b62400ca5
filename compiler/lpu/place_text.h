// SPDX-License-Identifier: Apache-2.0
// Brings program text to the queues: where a queue's text is longer than its buffer, puts Ifetches
// into free cycles of the queue, the lines into free cells of memory slices, and the reads that
// feed the Ifetches into free cycles of those slices and free registers of the streams. No
// instruction that was there moves, so the program takes as long as before.
#pragma once

#include <string>
#include <vector>

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

/// What place_text would find for a program, whose image has these tensors; nothing if its text
/// can be fetched.
std::vector<TextFault> text_faults(const lpu::ChipSpec& spec,
                                   const std::vector<lpu::MemoryTensor>& tensors,
                                   const lpu::Program& program);

/// Places the text of all programs of an image whose tensors are final, adds the text tensors and
/// fills them. The image is left half done if it returns a fault.
std::vector<TextFault> place_text(lpu::Image& image);

}  // namespace metronome::compiler
