// SPDX-License-Identifier: Apache-2.0
// What fetching its own text costs a program: bytes, and shares of the cycles of what it takes.
#pragma once

#include <cstdint>
#include <string>

#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

/// A part of what there is: cycles of all banks, queues or stream registers, while the program
/// runs.
struct Share {
  std::int64_t taken = 0;
  std::int64_t all = 0;

  double ratio() const {
    return all == 0 ? 0.0 : static_cast<double>(taken) / static_cast<double>(all);
  }
};

struct TextShare {
  std::int64_t bytes = 0;          // of all queues' text
  std::int64_t loaded_bytes = 0;   // put into the buffers by the host before the barrier
  std::int64_t fetched_bytes = 0;  // whole lines, their padding included
  std::int64_t fetches = 0;        // Ifetches, repeats counted
  std::int64_t queues = 0;         // that have text
  std::int64_t fetching = 0;       // queues that fetch
  std::int64_t largest_bytes = 0;  // the longest text of a queue
  lpu::QueueId largest = -1;       // whose it is; -1 if the program is empty
  Share banks;                     // bank cycles of all slices
  Share queue_cycles;              // cycles of all queues of the chip
  Share registers;                 // stream registers over all cycles
};

TextShare text_share(const lpu::Image& image, const lpu::Program& program);

/// `1.2 % of bank cycles, 0.3 % of queue cycles, 0.1 % of stream cycles`.
std::string shares_text(const TextShare& share);

}  // namespace metronome::compiler
