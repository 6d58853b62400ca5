// SPDX-License-Identifier: Apache-2.0
// Who holds what when: queue cycles, and stream registers over position and time. A stream register
// is reserved in the moving frame, as the value that travels: one bit a position under one index.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/lpu/chip_spec.h"

namespace metronome::compiler {

/// A value's way on one stream: driven at `from` in cycle `visible`, last sampled at `to`.
struct Segment {
  lpu::Direction direction = lpu::Direction::kEast;
  int stream = 0;
  lpu::Position from = 0;
  lpu::Position to = 0;
  lpu::Cycle visible = 0;
};

class Reservations {
 public:
  explicit Reservations(const lpu::ChipSpec& spec);

  bool queue_free(lpu::QueueId queue, lpu::Cycle cycle) const {
    const auto& line = queues_[static_cast<std::size_t>(queue)];
    return static_cast<std::size_t>(cycle) >= line.size() || !line[static_cast<std::size_t>(cycle)];
  }
  void hold_queue(lpu::QueueId queue, lpu::Cycle cycle);
  void release_queue(lpu::QueueId queue, lpu::Cycle cycle) {
    queues_[static_cast<std::size_t>(queue)][static_cast<std::size_t>(cycle)] = 0;
  }

  bool segment_free(const Segment& segment) const;
  void hold_segment(const Segment& segment);
  void release_segment(const Segment& segment) {
    segments_[line(segment)][index(segment)] &= ~mask(segment);
  }

 private:
  std::size_t line(const Segment& s) const {
    return static_cast<std::size_t>(s.direction) * static_cast<std::size_t>(streams_) +
           static_cast<std::size_t>(s.stream);
  }
  std::size_t index(const Segment& s) const;
  static std::uint64_t mask(const Segment& s);

  int streams_;
  int positions_;
  std::vector<std::vector<char>> queues_;             // [queue][cycle]
  std::vector<std::vector<std::uint64_t>> segments_;  // [direction, stream][index]
};

}  // namespace metronome::compiler
