// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "hw/isa/error.h"
#include "tests/harness/lpu_bench.h"
#include "tests/lpu/stream_oracle.h"

namespace metronome::lpu {
namespace {

using testing::east;
using testing::west;

/// A fabric whose values are numbers.
class NumberedFabric {
 public:
  explicit NumberedFabric(const ChipSpec& spec) : spec_(spec), pool_(spec.lanes()), fabric_(spec) {
    fabric_.set_pool(&pool_);
  }

  /// False if the fabric refuses the drive.
  bool drive(Direction d, int stream, Position x, Cycle visible, int value) {
    RowBlock* block = pool_.make(spec_.lanes(), 4);
    const Row row(block, 0);
    for (std::size_t b = 0; b < 4; ++b) {
      block->storage[b] = static_cast<std::uint8_t>(value >> (8 * b));
    }
    try {
      fabric_.drive({d, static_cast<std::uint8_t>(stream), 1}, x, visible, &row, -1);
    } catch (const InvariantError& error) {
      last_error_ = error.what();
      return false;
    }
    return true;
  }

  /// Zero if the fabric finds no value.
  int sample(Direction d, int stream, Position x, Cycle now) {
    try {
      const RowBlock* block = fabric_.sample(d, stream, x, now, -1).block();
      int value = 0;
      for (int b = 3; b >= 0; --b) value = value * 256 + block->storage[b];
      return value;
    } catch (const InvariantError& error) {
      last_error_ = error.what();
      return 0;
    }
  }

  void clear() { fabric_.clear(); }
  const std::string& last_error() const { return last_error_; }
  StreamFabric& fabric() { return fabric_; }

 private:
  ChipSpec spec_;
  BlockPool pool_;
  StreamFabric fabric_;
  std::string last_error_;
};

struct Totals {
  int present = 0;
  int absent = 0;
  int refused = 0;
};

int upto(std::mt19937& random, int limit) {
  return static_cast<int>(random() % static_cast<unsigned>(limit));
}

/// One cycle's drives and samples, in the same order for both; the fabric is asked first.
void one_cycle(std::mt19937& random, const ChipSpec& spec, int streams, NumberedFabric& fabric,
               testing::StreamOracle& oracle, int& next_value, Totals& totals) {
  const int events = upto(random, 12);
  for (int e = 0; e < events; ++e) {
    const auto d = static_cast<Direction>(upto(random, 2));
    const int stream = upto(random, streams);
    const Position x = upto(random, spec.positions());
    if (upto(random, 3) == 0) {
      const Cycle visible = oracle.now() + 1 + upto(random, upto(random, 2) == 0 ? 3 : 40);
      const bool taken = fabric.drive(d, stream, x, visible, next_value);
      ASSERT_EQ(taken, oracle.drive(d, stream, x, visible, next_value)) << fabric.last_error();
      if (!taken) ++totals.refused;
      ++next_value;
    } else {
      const int found = fabric.sample(d, stream, x, oracle.now());
      ASSERT_EQ(found, oracle.sample(d, stream, x))
          << letter(d) << stream << " at column " << x << " in cycle " << oracle.now();
      ++(found == 0 ? totals.absent : totals.present);
    }
  }
}

TEST(StreamFabric, AgreesWithAPlainShiftRegisterOverAThousandRandomPrograms) {
  constexpr std::uint32_t kSeed = 41;
  constexpr int kPrograms = 1000;
  constexpr int kCycles = 150;
  std::printf("seeds %u to %u\n", kSeed, kSeed + kPrograms - 1);
  const ChipSpec specs[] = {groq1(), teaching()};
  Totals totals;
  for (std::uint32_t n = 0; n < kPrograms; ++n) {
    SCOPED_TRACE(::testing::Message() << "seed " << kSeed + n);
    std::mt19937 random(kSeed + n);
    const ChipSpec& spec = specs[n % 2];
    const int streams = 1 + upto(random, 4);
    NumberedFabric fabric(spec);
    testing::StreamOracle oracle(spec);
    int next_value = 1;
    for (int cycle = 0; cycle < kCycles; ++cycle) {
      ASSERT_NO_FATAL_FAILURE(one_cycle(random, spec, streams, fabric, oracle, next_value, totals));
      oracle.step();
    }
  }
  // Each kind of answer must have been compared often.
  EXPECT_GT(totals.present, 50'000);
  EXPECT_GT(totals.absent, 10'000);
  EXPECT_GT(totals.refused, 100);
}

TEST(StreamFabric, EveryRegisterAgreesWithTheOracleInEveryCycleOfADenseProgram) {
  constexpr std::uint32_t kSeed = 97;
  std::printf("seed %u\n", kSeed);
  std::mt19937 random(kSeed);
  const ChipSpec spec = teaching();
  NumberedFabric fabric(spec);
  testing::StreamOracle oracle(spec);
  for (int value = 1; value < 600; ++value) {
    const auto d = static_cast<Direction>(upto(random, 2));
    const Position x = upto(random, spec.positions());
    const Cycle visible = oracle.now() + 1 + upto(random, 20);
    ASSERT_EQ(fabric.drive(d, 0, x, visible, value), oracle.drive(d, 0, x, visible, value));
    if (value % 2 == 0) oracle.step();
    for (Position p = 0; p < spec.positions(); ++p) {
      for (Direction side : {Direction::kEast, Direction::kWest}) {
        ASSERT_EQ(fabric.sample(side, 0, p, oracle.now()), oracle.sample(side, 0, p));
      }
    }
  }
}

TEST(StreamFabric, AValueMovesOneColumnACycleAndLeavesAtTheEdge) {
  const ChipSpec spec = teaching();
  NumberedFabric fabric(spec);
  const Position last = spec.positions() - 1;
  ASSERT_TRUE(fabric.drive(Direction::kEast, 0, last - 2, 10, 7));
  EXPECT_EQ(fabric.sample(Direction::kEast, 0, last - 2, 10), 7);
  EXPECT_EQ(fabric.sample(Direction::kEast, 0, last - 1, 11), 7);
  EXPECT_EQ(fabric.sample(Direction::kEast, 0, last, 12), 7);
  EXPECT_EQ(fabric.sample(Direction::kEast, 0, last - 2, 11), 0);
  EXPECT_EQ(fabric.sample(Direction::kEast, 0, 0, 13), 0);
  EXPECT_EQ(fabric.sample(Direction::kWest, 0, last - 2, 10), 0);
}

TEST(StreamFabric, TwoProducersOnOneRegisterAreNamedWithCycleAndPlace) {
  const ChipSpec spec = teaching();
  BlockPool pool(spec.lanes());
  StreamFabric fabric(spec);
  fabric.drive(west(5), 3, 20, pool.make(16, 1), mem_queue(spec, Hemisphere::kWest, 4));
  try {
    fabric.drive(west(5), 3, 20, pool.make(16, 1), mem_queue(spec, Hemisphere::kWest, 6));
    FAIL() << "the second drive was accepted";
  } catch (const InvariantError& error) {
    EXPECT_STREQ(error.what(),
                 "mem_w.slice_6: cycle 20: drives stream W5 at column 3, which mem_w.slice_4 "
                 "drives in the same cycle");
  }
}

TEST(StreamFabric, AMissingValueIsNamedWithCycleAndPlace) {
  NumberedFabric fabric(teaching());
  EXPECT_EQ(fabric.sample(Direction::kEast, 9, 4, 31), 0);
  EXPECT_EQ(fabric.last_error(),
            "test: cycle 31: operand missing: no value on stream E9 at column 4");
}

TEST(StreamFabric, ClearEmptiesEveryRegister) {
  NumberedFabric fabric(teaching());
  ASSERT_TRUE(fabric.drive(Direction::kEast, 0, 0, 5, 9));
  fabric.clear();
  EXPECT_EQ(fabric.sample(Direction::kEast, 0, 0, 5), 0);
  EXPECT_TRUE(fabric.drive(Direction::kEast, 0, 0, 5, 9));
}

TEST(StreamFabric, AStreamTheChipDoesNotHaveIsRefused) {
  ChipSpec spec = teaching();
  spec.streams = 24;
  NumberedFabric fabric(spec);
  EXPECT_FALSE(fabric.drive(Direction::kEast, 24, 0, 5, 9));
  EXPECT_EQ(fabric.last_error(), "test: cycle 5: stream E24, the chip has 24 a direction");
  EXPECT_EQ(fabric.sample(Direction::kWest, 24, 0, 5), 0);
  EXPECT_EQ(fabric.last_error(), "test: cycle 5: stream W24, the chip has 24 a direction");
}

}  // namespace
}  // namespace metronome::lpu
