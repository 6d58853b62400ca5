// SPDX-License-Identifier: Apache-2.0
// Values in the trace move one column a cycle, and the nearest producer upstream is seen.
#include <map>
#include <random>
#include <tuple>

#include "tests/waveforms/trace_fixture.h"

namespace metronome::waveforms::testing {
namespace {

constexpr bool kEast = true;
constexpr bool kWest = false;

std::string reg(bool eastward, int stream, int x) {
  const lpu::Direction d = eastward ? lpu::Direction::kEast : lpu::Direction::kWest;
  return path_of(StreamRegister{d, stream, x}).substr(4);
}

class MovingFrameTest : public TraceFixture {};

TEST_F(MovingFrameTest, AValueMovesEastOneColumnACycle) {
  start({.filters = {"streams"}});
  drive(kEast, 3, 10, 41, 0x5A);
  const VcdFile file = finish(90);
  for (int x = 0; x < spec_.positions(); ++x) {
    for (std::int64_t cycle = 0; cycle <= 90; ++cycle) {
      const bool here = x >= 10 && cycle == 41 + x - 10;
      EXPECT_EQ(lane0(file, reg(kEast, 3, x), cycle), here ? std::optional(0x5A) : std::nullopt);
    }
  }
  EXPECT_EQ(file.changes.at("lpu.streams.west.s_03.x_12.valid").size(), 1U);
  EXPECT_EQ(file.changes.at("lpu.streams.east.s_02.x_12.valid").size(), 1U);
}

TEST_F(MovingFrameTest, AValueMovesWestOneColumnACycle) {
  start();
  drive(kWest, 31, 30, 41, 0x21);
  const VcdFile file = finish(90);
  EXPECT_EQ(lane0(file, reg(kWest, 31, 19), 41 + 11), 0x21);
  EXPECT_EQ(lane0(file, reg(kWest, 31, 19), 41 + 12), std::nullopt);
  EXPECT_EQ(lane0(file, reg(kWest, 31, 0), 41 + 30), 0x21);
  EXPECT_EQ(file.changes.at("lpu.streams.west.s_31.x_38.valid").size(), 1U);
}

TEST_F(MovingFrameTest, AProducerDownstreamReplacesTheValueInWhateverOrderTheyAreTold) {
  for (const bool near_first : {false, true}) {
    start({.filters = {"s_03"}});
    const auto far = [&] { drive(kEast, 3, 5, 41, 1); };
    const auto near = [&] { drive(kEast, 3, 15, 51, 2); };
    near_first ? near() : far();
    near_first ? far() : near();
    const VcdFile file = finish(90);
    EXPECT_EQ(lane0(file, reg(kEast, 3, 14), 50), 1);
    EXPECT_EQ(lane0(file, reg(kEast, 3, 15), 51), 2);
    EXPECT_EQ(lane0(file, reg(kEast, 3, 38), 74), 2);
  }
}

TEST_F(MovingFrameTest, AValueOnAnotherDiagonalReplacesNothing) {
  start({.filters = {"s_03"}});
  drive(kEast, 3, 5, 41, 1);
  drive(kEast, 3, 15, 52, 2);
  const VcdFile file = finish(90);
  EXPECT_EQ(lane0(file, reg(kEast, 3, 20), 56), 1);
  EXPECT_EQ(lane0(file, reg(kEast, 3, 20), 57), 2);
  EXPECT_EQ(lane0(file, reg(kEast, 3, 20), 58), std::nullopt);
}

TEST_F(MovingFrameTest, TheSameBytesInConsecutiveCyclesAreOneChange) {
  start();
  for (std::int64_t c = 41; c < 61; ++c) drive(kEast, 3, 19, c, 7);
  const VcdFile file = finish(90);
  EXPECT_EQ(file.changes.at("lpu.streams.east.s_03.x_19.data").size(), 3U);
  EXPECT_EQ(lane0(file, reg(kEast, 3, 19), 60), 7);
  EXPECT_EQ(lane0(file, reg(kEast, 3, 19), 61), std::nullopt);
}

TEST_F(MovingFrameTest, NothingInFlightOutlivesTheProgram) {
  start();
  drive(kEast, 3, 10, 41, 7);
  drive(kEast, 3, 19, 45, 8);
  trace_->on_program({"next", 45, 80, {}});
  const VcdFile file = finish(90);
  EXPECT_EQ(lane0(file, reg(kEast, 3, 19), 45), 8);
  EXPECT_EQ(lane0(file, reg(kEast, 3, 19), 50), std::nullopt);
}

/// Plain shift registers: what every register holds in every cycle.
std::map<std::tuple<bool, int, int, std::int64_t>, int> shifted(
    const std::vector<std::tuple<bool, int, int, std::int64_t, int>>& driven, int positions,
    std::int64_t cycles) {
  std::map<std::tuple<bool, int, int, std::int64_t>, int> held;
  for (std::int64_t t = 0; t <= cycles; ++t) {
    for (int x = 0; x < positions; ++x) {
      for (const bool east : {true, false}) {
        for (int s = 0; s < 32; ++s) {
          const auto before = held.find({east, s, east ? x - 1 : x + 1, t - 1});
          if (before != held.end()) held[{east, s, x, t}] = before->second;
        }
      }
    }
    for (const auto& [east, s, x, when, value] : driven) {
      if (when == t) held[{east, s, x, t}] = value;
    }
  }
  return held;
}

TEST_F(MovingFrameTest, RandomTrafficEqualsPlainShiftRegisters) {
  constexpr std::int64_t kCycles = 80;
  start({.filters = {"s_00", "s_01", "s_30"}});
  std::mt19937 random(29);
  std::map<std::tuple<bool, int, int, std::int64_t>, int> once;
  for (int i = 0; i < 1500; ++i) {
    const int stream = std::array{0, 1, 30}[random() % 3];
    const bool east = random() % 2 == 0;
    const int x = static_cast<int>(random() % 39);
    once[{east, stream, x, 1 + static_cast<std::int64_t>(random() % 79)}] =
        static_cast<int>(random() % 256);
  }
  std::vector<std::tuple<bool, int, int, std::int64_t, int>> driven;
  driven.reserve(once.size());
  for (const auto& [key, value] : once) driven.push_back(std::tuple_cat(key, std::tuple(value)));
  std::shuffle(driven.begin(), driven.end(), random);
  for (const auto& [east, s, x, when, v] : driven) {
    drive(east, s, x, when, static_cast<std::uint8_t>(v));
  }
  const VcdFile file = finish(kCycles);
  const auto held = shifted(driven, spec_.positions(), kCycles);
  for (const int s : {0, 1, 30}) {
    for (const bool east : {true, false}) {
      for (int x = 0; x < spec_.positions(); ++x) {
        for (std::int64_t t = 0; t <= kCycles; ++t) {
          const auto value = held.find({east, s, x, t});
          ASSERT_EQ(lane0(file, reg(east, s, x), t),
                    value == held.end() ? std::nullopt : std::optional(value->second));
        }
      }
    }
  }
}

}  // namespace
}  // namespace metronome::waveforms::testing
