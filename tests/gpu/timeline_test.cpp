// SPDX-License-Identifier: Apache-2.0
// The calendar of events, and the map between its cycles and real time.
#include "hw/gpu/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "hw/gpu/clock.h"
#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr Cycle kFar = 100'000;  // beyond what the calendar keeps at hand

struct Recorder : Component {
  void on_event(std::uint32_t kind, std::uint32_t /*a*/, std::uint64_t /*b*/, Cycle now) override {
    calls.emplace_back(now, kind);
    if (then) then(kind, now);
  }
  std::vector<std::pair<Cycle, std::uint32_t>> calls;  // cycle, kind
  std::function<void(std::uint32_t, Cycle)> then;
};

bool never() { return false; }

TEST(Timeline, CallsComeByCycleAndWithinACycleInTheOrderOfAsking) {
  Timeline timeline("timeline");
  Recorder r;
  timeline.schedule(7, r, 0);
  timeline.schedule(3, r, 1);
  timeline.schedule(kFar, r, 2);
  timeline.schedule(3, r, 3);
  timeline.schedule(kFar - 1, r, 4);
  timeline.schedule(kFar, r, 5);
  timeline.run(never);
  EXPECT_THAT(r.calls, ElementsAre(Pair(3, 1), Pair(3, 3), Pair(7, 0), Pair(kFar - 1, 4),
                                   Pair(kFar, 2), Pair(kFar, 5)));
  EXPECT_EQ(timeline.now(), kFar);
  EXPECT_TRUE(timeline.empty());
  EXPECT_EQ(timeline.events_handled(), 6);
}

TEST(Timeline, WhatWasAskedForLongBeforeComesBeforeWhatWasAskedForLate) {
  Timeline timeline("timeline");
  Recorder r;
  r.then = [&](std::uint32_t kind, Cycle) {
    if (kind == 0) timeline.schedule(kFar, r, 2);
  };
  timeline.schedule(kFar, r, 1);
  timeline.schedule(kFar - 5, r, 0);
  timeline.run(never);
  EXPECT_THAT(r.calls, ElementsAre(Pair(kFar - 5, 0), Pair(kFar, 1), Pair(kFar, 2)));
}

TEST(Timeline, ACallInTheCurrentCycleComesAfterThoseAlreadyAskedFor) {
  Timeline timeline("timeline");
  Recorder r;
  r.then = [&](std::uint32_t kind, Cycle now) {
    if (kind == 0) timeline.schedule(now, r, 2);
  };
  timeline.schedule(5, r, 0);
  timeline.schedule(5, r, 1);
  timeline.run(never);
  EXPECT_THAT(r.calls, ElementsAre(Pair(5, 0), Pair(5, 1), Pair(5, 2)));
}

TEST(Timeline, EveryWaitFromOneCycleToBeyondTheWheelComesOnTime) {
  Timeline timeline("timeline");
  Recorder r;
  std::vector<Cycle> due;
  Cycle wait = 1;
  r.then = [&](std::uint32_t, Cycle now) {
    if (wait > 20'000) return;
    due.push_back(now + wait);
    timeline.schedule(now + wait, r, 0);
    wait = wait * 3 / 2 + 1;
  };
  timeline.schedule(0, r, 0);
  timeline.run(never);
  ASSERT_EQ(r.calls.size(), due.size() + 1);
  for (std::size_t n = 0; n < due.size(); ++n) EXPECT_EQ(r.calls[n + 1].first, due[n]);
}

TEST(Timeline, ARunThatStopsGoesOnWhereItStopped) {
  Timeline timeline("timeline");
  Recorder r;
  for (Cycle c = 0; c < 10; ++c) timeline.schedule(c * 1000, r, 0);
  timeline.run([&] { return timeline.now() >= 4000; });
  EXPECT_EQ(r.calls.size(), 5U);
  EXPECT_EQ(timeline.now(), 4000);
  timeline.run(never);
  EXPECT_EQ(r.calls.size(), 10U);
  EXPECT_EQ(timeline.now(), 9000);
}

TEST(Timeline, ForgottenEventsDoNotCome) {
  Timeline timeline("timeline");
  Recorder r;
  timeline.schedule(10, r, 0);
  timeline.schedule(kFar, r, 1);
  timeline.clear();
  EXPECT_TRUE(timeline.empty());
  timeline.schedule(12, r, 2);
  timeline.run(never);
  EXPECT_THAT(r.calls, ElementsAre(Pair(12, 2)));
}

TEST(Timeline, TwoMachinesKeepTheirOwnCycles) {
  Timeline first("first");
  Timeline second("second");
  Recorder r;
  first.schedule(500, r, 0);
  first.run(never);
  second.schedule(20, r, 1);
  second.run(never);
  first.schedule(510, r, 2);
  first.run(never);
  EXPECT_THAT(r.calls, ElementsAre(Pair(500, 0), Pair(20, 1), Pair(510, 2)));
}

TEST(Timeline, AskingForThePastIsAnError) {
  Timeline timeline("timeline");
  Recorder r;
  timeline.schedule(5, r, 0);
  timeline.run(never);
  EXPECT_THROW(timeline.schedule(4, r, 0), InvariantError);
}

TEST(Timeline, WhatAComponentThrowsReachesTheCaller) {
  Timeline timeline("timeline");
  Recorder r;
  r.then = [](std::uint32_t, Cycle) { throw InvariantError("broken"); };
  timeline.schedule(5, r, 0);
  EXPECT_THROW(timeline.run(never), InvariantError);
}

TEST(Clock, CyclesBeginAtMultiplesOfThePeriod) {
  const Clock clock(1'000'000'000, {}, 100);
  EXPECT_EQ(clock.at(100), 0);
  EXPECT_EQ(clock.at(107), 7000);
  EXPECT_EQ(clock.cycle_at(7000), 107);
  EXPECT_EQ(clock.cycle_at(7001), 108);
  EXPECT_EQ(clock.after(107, 1), 108);
  EXPECT_EQ(clock.after(107, 1000), 108);
}

TEST(Clock, CycleAtIsTheFirstCycleThatBeginsInTime) {
  for (const std::int64_t hz : {1'000'000'000, 1'410'000'000, 1'755'000'000, 1'980'000'000}) {
    const Clock clock(hz, {}, 0);
    for (Picoseconds time = 0; time < 3'000'000; time += 977) {
      const Cycle cycle = clock.cycle_at(time);
      EXPECT_GE(clock.at(cycle), time) << hz;
      if (cycle > 0) {
        EXPECT_LT(clock.at(cycle - 1), time) << hz;
      }
    }
    for (Cycle cycle = 0; cycle < 5000; ++cycle) EXPECT_EQ(clock.cycle_at(clock.at(cycle)), cycle);
  }
}

TEST(Clock, AStepChangesThePeriodFromItsTimeOn) {
  const Clock clock(1'000'000'000, {{10'000, 500}, {30'000, 1000}}, 0);
  EXPECT_EQ(clock.at(10), 10'000);
  EXPECT_EQ(clock.at(15), 20'000);  // 2 ns a cycle
  EXPECT_EQ(clock.at(20), 30'000);
  EXPECT_EQ(clock.at(25), 35'000);
  EXPECT_EQ(clock.cycle_at(20'000), 15);
  EXPECT_EQ(clock.cycle_at(33'000), 23);
}

TEST(Clock, StepsThatDoNotAscendAreRefused) {
  EXPECT_THROW(Clock(1'000'000'000, {{10'000, 500}, {9000, 1000}}, 0), UserError);
  EXPECT_THROW(Clock(1'000'000'000, {{10'000, 0}}, 0), UserError);
}

}  // namespace
}  // namespace metronome::gpu
