// SPDX-License-Identifier: Apache-2.0
// Check bits on the chip: made by the producer, carried with the value, checked by the consumer.
#include <gtest/gtest.h>

#include "hw/isa/error.h"
#include "tests/harness/lpu_bench.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr int kSlice = 20;
constexpr std::uint32_t kSeed = 137;

ChipSpec three_superlanes() {
  ChipSpec spec = groq1();
  spec.superlanes = 3;
  spec.words_per_bank = 64;
  return spec;
}

class Fault : public ::testing::Test {
 protected:
  Fault() { bench_.put(kEast, kSlice, 0, 1, row_); }

  void inject(int address, int lane, int bit) {
    bench_.chip().slice(kEast, kSlice).inject_fault(address, lane, bit);
  }
  /// kSlice reads address 0 onto E1 in cycle 20; slices 40 and 41 write it.
  ProgramBuilder copied() const {
    ProgramBuilder program;
    program.at(20).on(bench_.mem(kEast, kSlice)).issue(read(0, east(1)));
    for (int reader : {40, 41}) {
      program.at(21 + bench_.column(kEast, 40) - bench_.column(kEast, kSlice))
          .on(bench_.mem(kEast, reader))
          .issue(write(0, east(1)));
    }
    return program;
  }
  /// Superlanes 0 and 2 from address 0, superlane 1 from address 1.
  Bytes mixed_map() const {
    Bytes map(48);
    map[16] = 1;
    return map;
  }

  Bench bench_{three_superlanes()};
  Bytes row_ = random_bytes(kSeed, 48);
};

TEST_F(Fault, ASingleFlippedBitIsMendedOnTheWayAndCountedOnce) {
  inject(0, 19, 6);
  EXPECT_EQ(bench_.error_of(copied()), "");
  EXPECT_EQ(bench_.get(kEast, 40, 0, 1), row_);
  EXPECT_EQ(bench_.get(kEast, 41, 0, 1), row_);
  EXPECT_EQ(bench_.chip().fabric().corrected_words(), 1);
}

TEST_F(Fault, OneFlippedBitInEachSuperlaneIsMended) {
  for (int superlane : {0, 1, 2}) inject(0, 16 * superlane + superlane, superlane);
  EXPECT_EQ(bench_.error_of(copied()), "");
  EXPECT_EQ(bench_.get(kEast, 40, 0, 1), row_);
  EXPECT_EQ(bench_.chip().fabric().corrected_words(), 3);
}

TEST_F(Fault, TwoFlippedBitsInAWordStopTheRunWithUnitAndCycle) {
  inject(0, 19, 6);
  inject(0, 30, 0);
  EXPECT_EQ(bench_.error_of(copied()),
            "mem_e.slice_40: cycle 61: uncorrectable check bits in superlane 1, value from "
            "mem_e.slice_20");
}

TEST_F(Fault, AGatherOfSeveralRowsCarriesEachWordsCheckBits) {
  const Bytes other = random_bytes(kSeed + 1, 48);
  bench_.put(kEast, kSlice, 1, 1, other);
  bench_.put(kEast, 0, 0, 1, mixed_map());
  inject(1, 20, 3);
  ProgramBuilder program;
  bench_.feed(program, kEast, 0, 0, east(0), bench_.column(kEast, kSlice), 20);
  program.at(20).on(bench_.mem(kEast, kSlice)).issue(gather(0, east(0), east(1)));
  program.at(21).on(bench_.mem(kEast, kSlice + 1)).issue(write(0, east(1)));
  EXPECT_EQ(bench_.error_of(program), "");
  Bytes expected = row_;
  std::copy_n(other.begin() + 16, 16, expected.begin() + 16);
  EXPECT_EQ(bench_.get(kEast, kSlice + 1, 0, 1), expected);
  EXPECT_EQ(bench_.chip().fabric().corrected_words(), 1);
  inject(1, 25, 3);
  EXPECT_NE(bench_.error_of(program).find("uncorrectable check bits in superlane 1"),
            std::string::npos);
}

TEST_F(Fault, AScatterKeepsTheCheckBitsOfTheWordsItLeavesAlone) {
  bench_.put(kEast, kSlice, 1, 1, row_);
  bench_.put(kEast, 0, 0, 1, mixed_map());
  bench_.put(kEast, 1, 0, 1, Bytes(48, 7));
  inject(1, 33, 2);  // superlane 2 of address 1 stays
  inject(1, 20, 2);  // superlane 1 of address 1 is overwritten
  ProgramBuilder program;
  bench_.feed(program, kEast, 0, 0, east(0), bench_.column(kEast, kSlice), 20);
  bench_.feed(program, kEast, 1, 0, east(1), bench_.column(kEast, kSlice), 20);
  program.at(20).on(bench_.mem(kEast, kSlice)).issue(scatter(0, east(1), east(0)));
  program.at(21).on(bench_.mem(kEast, kSlice)).issue(read(1, east(2)));
  program.at(22).on(bench_.mem(kEast, kSlice + 1)).issue(write(0, east(2)));
  EXPECT_EQ(bench_.error_of(program), "");
  Bytes expected = row_;
  std::fill_n(expected.begin() + 16, 16, std::uint8_t{7});
  EXPECT_EQ(bench_.get(kEast, kSlice + 1, 0, 1), expected);
  EXPECT_EQ(bench_.chip().fabric().corrected_words(), 1);
}

TEST_F(Fault, TheHostReadsMendedRowsAndIsStoppedByUncorrectableOnes) {
  inject(0, 5, 1);
  EXPECT_EQ(bench_.get(kEast, kSlice, 0, 1), row_);
  inject(0, 6, 1);
  EXPECT_THROW(bench_.get(kEast, kSlice, 0, 1), InvariantError);
}

TEST_F(Fault, AWordNeverWrittenHasNoBitToFlip) { EXPECT_THROW(inject(3, 0, 0), InvariantError); }

}  // namespace
}  // namespace metronome::lpu::testing
