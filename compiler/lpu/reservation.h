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

/// Cycles of a queue: `count` of them, `stride` apart.
struct Train {
  lpu::QueueId queue = 0;
  lpu::Cycle first = 0;
  int count = 1;
  int stride = 1;
};

class Reservations {
 public:
  explicit Reservations(const lpu::ChipSpec& spec);

  /// Holds all cycles of the train, or none if one is taken.
  bool hold(const Train& train);
  void release(const Train& train);

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
  std::vector<std::vector<std::uint64_t>> queues_;    // [queue]: one bit a cycle
  std::vector<std::vector<std::uint64_t>> segments_;  // [direction, stream][index]
};

}  // namespace metronome::compiler
