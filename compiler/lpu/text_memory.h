// SPDX-License-Identifier: Apache-2.0
// Cells of memory slices that no tensor has: where program text can lie.
#pragma once

#include <vector>

#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

/// Two slices of one column: a vector of a line lies in each, so both pass a queue in one cycle.
struct SlicePair {
  lpu::Hemisphere hemisphere = lpu::Hemisphere::kWest;
  int slice = 0;  // the first
  lpu::QueueId queues[2] = {0, 0};
  lpu::Position position = 0;
  int next_address = 0;  // first cell of both that no tensor has; all behind it are free
};

/// All pairs of the chip, west from the vector unit outwards, then east.
std::vector<SlicePair> text_memory(const lpu::ChipSpec& spec,
                                   const std::vector<lpu::MemoryTensor>& tensors);

/// True if no queue of the program has more text than its buffer holds: nothing is to be fetched.
bool fits_the_buffers(const lpu::Program& program, const lpu::ChipSpec& spec);

}  // namespace metronome::compiler
