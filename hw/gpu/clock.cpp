// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/clock.h"

#include <cmath>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr double kPicosecondsPerSecond = 1e12;
constexpr double kPermille = 1000.0;

}  // namespace

Clock::Clock(std::int64_t clock_hz, const std::vector<ClockStep>& steps, Cycle origin) {
  const double full = kPicosecondsPerSecond / static_cast<double>(clock_hz);
  segments_.push_back({origin, 0, full});
  for (const ClockStep& step : steps) {
    if (step.permille < 1 || step.at < segments_.back().time) {
      throw UserError("clock trace: steps must ascend and be at least 1 permille");
    }
    const Cycle cycle = cycle_at(step.at);
    segments_.push_back({cycle, at(cycle), full * kPermille / static_cast<double>(step.permille)});
  }
}

Picoseconds Clock::at(Cycle cycle) const {
  std::size_t s = segments_.size() - 1;
  while (s > 0 && segments_[s].cycle > cycle) --s;
  const Segment& segment = segments_[s];
  return segment.time +
         static_cast<Picoseconds>(static_cast<double>(cycle - segment.cycle) * segment.cycle_ps);
}

Cycle Clock::cycle_at(Picoseconds time) const {
  std::size_t s = segments_.size() - 1;
  while (s > 0 && segments_[s].time > time) --s;
  const Segment& segment = segments_[s];
  Cycle cycle = segment.cycle +
                static_cast<Cycle>(static_cast<double>(time - segment.time) / segment.cycle_ps);
  while (at(cycle) < time) ++cycle;
  return cycle;
}

}  // namespace metronome::gpu
