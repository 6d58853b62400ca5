// SPDX-License-Identifier: Apache-2.0
// SM cycles and real time: memory keeps its own time while the SM clock may change.
#pragma once

#include <vector>

#include "hw/gpu/conditions.h"

namespace metronome::gpu {

class Clock {
 public:
  /// Time 0 is cycle `origin`; from each step on the clock runs at its share of `clock_hz`.
  Clock(std::int64_t clock_hz, const std::vector<ClockStep>& steps, Cycle origin);

  /// When cycle `cycle` begins. Never decreases.
  Picoseconds at(Cycle cycle) const;
  /// The first cycle that begins at `time` or later.
  Cycle cycle_at(Picoseconds time) const;
  /// The first cycle at least `wait` after the beginning of `now`.
  Cycle after(Cycle now, Picoseconds wait) const { return cycle_at(at(now) + wait); }

 private:
  struct Segment {
    Cycle cycle;
    Picoseconds time;
    double cycle_ps;
  };
  std::vector<Segment> segments_;
};

}  // namespace metronome::gpu
