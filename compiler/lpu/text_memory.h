// SPDX-License-Identifier: Apache-2.0
// What program text can use: cells of memory slices that no tensor has, and streams that no value
// is on.
#pragma once

#include <vector>

#include "compiler/lpu/reservation.h"
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
std::vector<SlicePair> text_memory(const lpu::Image& image);

/// First of the identities that neither the image's tensors nor any of its programs use.
lpu::ValueId first_free_value(const lpu::Image& image);

/// True if no queue of the program has more text than its buffer holds: nothing is to be fetched.
bool fits_the_buffers(const lpu::Program& program, const lpu::ChipSpec& spec);

/// Every value's way that the program uses, from its producer to its last reader; no queue is held.
Reservations held_streams(const lpu::Image& image, const lpu::Program& program);

}  // namespace metronome::compiler
