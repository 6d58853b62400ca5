// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/sxm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/harness/lpu_bench.h"
#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kWest = Hemisphere::kWest;
constexpr std::uint32_t kSeed = 700;
constexpr Cycle kNow = 40;

ChipSpec three_superlanes() {
  ChipSpec spec = groq1();
  spec.superlanes = 3;
  spec.words_per_bank = 64;
  return spec;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The west switch unit: operands flow westward, results eastward.
class Sxm : public ::testing::Test {
 protected:
  int lanes() const { return bench_.spec().lanes(); }
  Bytes random_row(int slice, int width = 1) const {
    return random_bytes(kSeed + static_cast<std::uint32_t>(slice),
                        static_cast<std::size_t>(width * lanes()));
  }
  Bytes feed(int slice, StreamGroup group, const Bytes& bytes) {
    bench_.put(kWest, slice, 0, group.width, bytes);
    bench_.feed(program_, kWest, slice, 0, group, bench_.edge(kWest), kNow);
    return bytes;
  }
  Bytes feed(int slice, StreamGroup group) {
    return feed(slice, group, random_row(slice, group.width));
  }
  std::string run(const Instruction& i) {
    program_.at(kNow).on(bench_.sxm(kWest, info(i.opcode).unit)).issue(i);
    if (const auto out = driven_stream(i)) {
      bench_.capture(program_, kWest, 12, 0, *out, bench_.edge(kWest),
                     kNow + info(i.opcode).latency(3));
    }
    const std::string error = bench_.error_of(program_);
    program_ = {};
    return error;
  }
  Bytes result(int stream, int width = 1) { return bench_.get(kWest, 12 + stream, 0, width); }

  Bench bench_{three_superlanes()};
  ProgramBuilder program_;
};

TEST_F(Sxm, ShiftsMoveLanesNorthOrSouthAcrossSuperlanesAndFillWithZero) {
  for (const int width : {1, 2, 4}) {
    for (const int amount : {0, 1, 16, 17, 47, 48}) {
      const Bytes in = feed(40, west(0, width));
      ASSERT_EQ(run(shift(Opcode::kShiftNorth, amount, west(0, width), east(0, width))), "");
      EXPECT_EQ(result(0, width), shifted(in, width, amount)) << amount;
      feed(40, west(0, width));
      ASSERT_EQ(run(shift(Opcode::kShiftSouth, amount, west(0, width), east(0, width))), "");
      EXPECT_EQ(result(0, width), shifted(in, width, -amount)) << amount;
    }
  }
  feed(40, west(0));
  EXPECT_TRUE(contains(run(shift(Opcode::kShiftNorth, 49, west(0), east(0))),
                       "shifts by more than the lanes"));
}

TEST_F(Sxm, SelectTakesEachLaneFromAWhereTheMaskIsZeroElseFromB) {
  const Bytes a = feed(36, west(0, 4));
  const Bytes b = feed(40, west(4, 4));
  Bytes mask = random_row(30);
  for (std::uint8_t& m : mask) m = static_cast<std::uint8_t>(m % 3);
  feed(32, west(8), mask);
  ASSERT_EQ(run(select(west(0, 4), west(4, 4), west(8), east(0, 4))), "");
  for (int l = 0; l < lanes(); ++l) {
    const Bytes& from = mask[static_cast<std::size_t>(l)] == 0 ? a : b;
    EXPECT_EQ(lane_of(result(0, 4), l, 4), lane_of(from, l, 4)) << l;
  }
}

TEST_F(Sxm, PermuteMovesEveryLaneByABijectionOfAllLanes) {
  const Bytes in = feed(40, west(0));
  std::vector<int> sources(static_cast<std::size_t>(lanes()));
  std::iota(sources.rbegin(), sources.rend(), 0);
  std::rotate(sources.begin(), sources.begin() + 5, sources.end());
  Bytes map(static_cast<std::size_t>(2 * lanes()));
  for (int l = 0; l < lanes(); ++l) {
    set_lane(map, l, 2, static_cast<std::uint32_t>(sources[static_cast<std::size_t>(l)]));
  }
  feed(42, west(2, 2), map);
  ASSERT_EQ(run(permute(west(0), west(2, 2), east(0))), "");
  for (std::size_t l = 0; l < sources.size(); ++l) {
    EXPECT_EQ(result(0)[l], in[static_cast<std::size_t>(sources[l])]) << l;
  }
}

TEST_F(Sxm, APermuteMapThatNamesALaneTwiceOrNoLaneIsRefused) {
  for (const std::uint32_t bad : {0U, 48U, 65535U}) {
    feed(40, west(0));
    Bytes map(static_cast<std::size_t>(2 * lanes()));
    for (int l = 0; l < lanes(); ++l) set_lane(map, l, 2, static_cast<std::uint32_t>(l));
    set_lane(map, 9, 2, bad);
    feed(42, west(2, 2), map);
    EXPECT_TRUE(contains(run(permute(west(0), west(2, 2), east(0))),
                         "permute map is not a bijection of the lanes"))
        << bad;
  }
}

TEST_F(Sxm, DistributeRemapsReplicatesAndZeroesWithinEachSuperlane) {
  const std::array<std::uint8_t, 16> map = {15, 15, 15, 0, 16, 4, 16, 7, 8, 1, 1, 2, 3, 16, 9, 0};
  for (const int width : {1, 2, 4, 8}) {
    std::vector<Bytes> in;
    for (int s = 0; s < width; ++s) in.push_back(feed(32 + s, west(s)));
    ASSERT_EQ(run(distribute(map, west(0, width), east(0, width))), "");
    for (int s = 0; s < width; ++s) {
      EXPECT_EQ(result(s), distributed(in[static_cast<std::size_t>(s)], 1, map)) << width << s;
    }
  }
  std::array<std::uint8_t, 16> bad = map;
  bad[3] = 17;
  feed(40, west(0));
  EXPECT_TRUE(contains(run(distribute(bad, west(0), east(0))), "distribute map names no lane"));
}

TEST_F(Sxm, RotateGivesEveryTurnOfAnNByNBlock) {
  const Bytes in = feed(40, west(0));
  ASSERT_EQ(run(rotate(4, west(0), east(0, 16))), "");
  for (int r = 0; r < 16; ++r) {
    EXPECT_EQ(result(r), rotated(in, 4)[static_cast<std::size_t>(r)]) << r;
  }
  feed(40, west(0));
  EXPECT_TRUE(contains(run(rotate(5, west(0), east(0, 16))), "rotates blocks of 3 x 3 or 4 x 4"));
}

TEST_F(Sxm, ARotateOf3DrivesNineStreamsOnly) {
  const Bytes in = feed(40, west(0));
  program_.at(kNow).on(bench_.sxm(kWest, Unit::kSxmPermute)).issue(rotate(3, west(0), east(0, 16)));
  for (int r = 0; r < 9; ++r) {
    bench_.capture(program_, kWest, 12 + r, 0, east(r), bench_.edge(kWest), kNow + 2);
  }
  ASSERT_EQ(bench_.error_of(program_), "");
  for (int r = 0; r < 9; ++r) {
    EXPECT_EQ(result(r), rotated(in, 3)[static_cast<std::size_t>(r)]) << r;
  }
  bench_.capture(program_, kWest, 12 + 9, 0, east(9), bench_.edge(kWest), kNow + 2);
  EXPECT_TRUE(contains(bench_.error_of(program_), "no value on stream E9"));
}

TEST_F(Sxm, TransposeExchangesStreamsAndLanesWithinEachSuperlane) {
  std::vector<Bytes> in;
  for (int s = 0; s < 16; ++s) in.push_back(feed(28 + s, west(s)));
  ASSERT_EQ(run(transpose(west(0, 16), east(0, 16))), "");
  for (std::size_t s = 0; s < 16; ++s) {
    EXPECT_EQ(result(static_cast<int>(s)), transposed(in)[s]) << s;
  }
}

TEST_F(Sxm, AResultPutOutwardIsThereForTheMatrixUnitAndTheSwitchItself) {
  const Bytes in = feed(40, west(0));
  const std::array<std::uint8_t, 16> map = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0};
  program_.at(kNow)
      .on(bench_.sxm(kWest, Unit::kSxmDistribute, 1))
      .issue(distribute(map, west(0), west(1)));
  program_.at(kNow + 2)
      .on(bench_.sxm(kWest, Unit::kSxmShift))
      .issue(shift(Opcode::kShiftNorth, 3, west(1), east(0)));
  bench_.capture(program_, kWest, 12, 0, east(0), bench_.edge(kWest), kNow + 2 + 2);
  ASSERT_EQ(bench_.error_of(program_), "");
  EXPECT_EQ(result(0), shifted(distributed(in, 1, map), 1, 3));
}

TEST_F(Sxm, GroupsOfTheWrongWidthAreRefused) {
  const std::array<std::uint8_t, 16> map{};
  for (int s = 0; s < 16; ++s) feed(28 + s, west(s));
  const Instruction wrong[] = {
      shift(Opcode::kShiftNorth, 1, west(0, 8), east(0, 8)),
      shift(Opcode::kShiftNorth, 1, west(0, 2), east(0, 4)),
      select(west(0, 2), west(4), west(8), east(0, 2)),
      select(west(0), west(4), west(8, 2), east(0)),
      permute(west(0, 2), west(2, 2), east(0)),
      permute(west(0), west(2), east(0)),
      distribute(map, west(0, 16), east(0, 16)),
      rotate(3, west(0, 2), east(0, 16)),
      rotate(3, west(0), east(0, 8)),
      transpose(west(0, 8), east(0, 8)),
  };
  for (const Instruction& i : wrong) {
    ProgramBuilder program = program_;
    program.at(kNow).on(bench_.sxm(kWest, info(i.opcode).unit)).issue(i);
    EXPECT_TRUE(contains(bench_.error_of(program), "sxm_w.")) << info(i.opcode).mnemonic;
  }
}

}  // namespace
}  // namespace metronome::lpu::testing
