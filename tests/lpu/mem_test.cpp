// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/mem.h"

#include <gtest/gtest.h>

#include "tests/harness/lpu_bench.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr int kSlice = 20;
constexpr int kBankWords = 64;
constexpr std::uint32_t kSeed = 500;

ChipSpec three_superlanes() {
  ChipSpec spec = groq1();
  spec.superlanes = 3;
  spec.words_per_bank = kBankWords;
  return spec;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Mem : public ::testing::Test {
 protected:
  QueueId queue() const { return bench_.mem(kEast, kSlice); }
  Position place() const { return bench_.column(kEast, kSlice); }
  Bytes row(int n) const { return random_bytes(kSeed + static_cast<std::uint32_t>(n), 48); }
  /// A map that sends superlane s to addresses[s].
  static Bytes map(std::array<int, 3> addresses) {
    Bytes bytes(48, 255);
    for (std::size_t s = 0; s < 3; ++s) {
      bytes[16 * s] = static_cast<std::uint8_t>(addresses[s]);
      bytes[16 * s + 1] = static_cast<std::uint8_t>(addresses[s] / 256);
    }
    return bytes;
  }
  /// Slice 0 puts `bytes` on `stream` so that it passes kSlice in `cycle`.
  void feed(ProgramBuilder& program, int from, const Bytes& bytes, StreamGroup stream,
            Cycle cycle) {
    bench_.put(kEast, from, 0, 1, bytes);
    bench_.feed(program, kEast, from, 0, stream, place(), cycle);
  }

  Bench bench_{three_superlanes()};
};

TEST_F(Mem, AReadAndAWriteShareACycleIfTheirBanksDiffer) {
  bench_.put(kEast, kSlice, 3, 1, row(1));
  ProgramBuilder program;
  feed(program, 0, row(2), east(0), 20);
  program.at(20).on(queue()).issue(read(3, east(1))).issue(write(kBankWords + 3, east(0)));
  program.at(21).on(bench_.mem(kEast, kSlice + 1)).issue(write(0, east(1)));
  EXPECT_EQ(bench_.error_of(program), "");
  EXPECT_EQ(bench_.get(kEast, kSlice + 1, 0, 1), row(1));
  EXPECT_EQ(bench_.get(kEast, kSlice, kBankWords + 3, 1), row(2));
  for (const hw::Counter& counter : bench_.chip().counters()) {
    if (counter.name == "mem_e.slice_20.issued") {
      EXPECT_EQ(counter.value, 2);
    } else if (counter.name == "mem_e.slice_20.busy") {
      EXPECT_EQ(counter.value, 1);
    }
  }
}

TEST_F(Mem, AReadAndAWriteInOneBankInOneCycleAreRefused) {
  bench_.put(kEast, kSlice, 3, 1, row(1));
  ProgramBuilder program;
  feed(program, 0, row(2), east(0), 20);
  program.at(20).on(queue()).issue(read(3, east(1))).issue(write(4, east(0)));
  EXPECT_EQ(bench_.error_of(program),
            "mem_e.slice_20: cycle 55: write in bank 0 beside another access: a slice does one "
            "read and one write a cycle, in different banks");
}

TEST_F(Mem, TwoReadsInOneCycleAreRefusedWhateverTheirBanks) {
  bench_.put(kEast, kSlice, 3, 1, row(1));
  bench_.put(kEast, kSlice, kBankWords, 1, row(1));
  ProgramBuilder program;
  program.at(20).on(queue()).issue(read(3, east(1))).issue(read(kBankWords, east(2)));
  EXPECT_TRUE(contains(bench_.error_of(program), "beside another access"));
}

TEST_F(Mem, AWordNeverWrittenCannotBeRead) {
  ProgramBuilder program;
  program.at(4).on(queue()).issue(read(9, east(1)));
  EXPECT_EQ(bench_.error_of(program), "mem_e.slice_20: cycle 39: reads address 9, never written");
}

TEST_F(Mem, AnAddressThatARepeatStepsOutOfTheSliceIsRefused) {
  for (int a = 0; a < 3; ++a) bench_.put(kEast, kSlice, a, 1, row(a));
  ProgramBuilder program;
  program.at(4).on(queue()).issue(read(2, east(1)), 4, 2, -1);
  EXPECT_EQ(bench_.error_of(program), "mem_e.slice_20: cycle 45: address -1 outside 0 to 127");
  bench_.put(kEast, kSlice, 2 * kBankWords - 1, 1, row(3));
  ProgramBuilder up;
  up.at(4).on(queue()).issue(read(2 * kBankWords - 1, east(1)), 2, 1, 1);
  EXPECT_TRUE(contains(bench_.error_of(up), "address 128 outside 0 to 127"));
}

TEST_F(Mem, ARepeatStepsTheAddressByItsStepAndTheCycleByItsStride) {
  for (int a = 0; a < 4; ++a) bench_.put(kEast, kSlice, 10 + 3 * a, 1, row(a));
  ProgramBuilder program;
  program.at(4).on(queue()).issue(read(10, east(1)), 4, 5, 3);
  program.at(5).on(bench_.mem(kEast, kSlice + 1)).issue(write(40, east(1)), 4, 5, -2);
  EXPECT_EQ(bench_.error_of(program), "");
  for (int a = 0; a < 4; ++a) EXPECT_EQ(bench_.get(kEast, kSlice + 1, 40 - 2 * a, 1), row(a));
}

TEST_F(Mem, AGatherReadsAnAddressOfItsOwnInEverySuperlane) {
  const std::array<int, 3> addresses = {5, kBankWords + 7, 2};
  for (int a : addresses) bench_.put(kEast, kSlice, 1 + a, 1, row(a));
  ProgramBuilder program;
  feed(program, 0, map(addresses), east(0), 20);
  program.at(20).on(queue()).issue(gather(1, east(0), east(1)));
  program.at(21).on(bench_.mem(kEast, kSlice + 1)).issue(write(0, east(1)));
  EXPECT_EQ(bench_.error_of(program), "");
  const Bytes got = bench_.get(kEast, kSlice + 1, 0, 1);
  for (std::size_t l = 0; l < 48; ++l) EXPECT_EQ(got[l], row(addresses[l / 16])[l]) << l;
}

TEST_F(Mem, AScatterWritesAnAddressOfItsOwnInEverySuperlaneAndKeepsTheRest) {
  const std::array<int, 3> addresses = {5, kBankWords + 7, 5};
  bench_.put(kEast, kSlice, 1 + 5, 1, row(5));
  bench_.put(kEast, kSlice, 1 + kBankWords + 7, 1, row(7));
  ProgramBuilder program;
  feed(program, 0, map(addresses), east(0), 20);
  feed(program, 1, row(9), east(1), 20);
  program.at(20).on(queue()).issue(scatter(1, east(1), east(0)));
  EXPECT_EQ(bench_.error_of(program), "");
  const Bytes low = bench_.get(kEast, kSlice, 1 + 5, 1);
  const Bytes high = bench_.get(kEast, kSlice, 1 + kBankWords + 7, 1);
  for (std::size_t l = 0; l < 48; ++l) {
    const bool middle = l / 16 == 1;
    EXPECT_EQ(low[l], middle ? row(5)[l] : row(9)[l]) << l;
    EXPECT_EQ(high[l], middle ? row(9)[l] : row(7)[l]) << l;
  }
}

// GroqAPI: an illegal map address raises a GFAULT.
TEST_F(Mem, AMapAddressOutsideTheSliceStopsTheRunAndNamesTheSuperlane) {
  bench_.put(kEast, kSlice, 5, 1, row(5));
  ProgramBuilder gathers;
  feed(gathers, 0, map({5, 5, 2 * kBankWords}), east(0), 20);
  gathers.at(20).on(queue()).issue(gather(0, east(0), east(1)));
  const std::string text = "map address 128 in superlane 2, a slice has 128";
  EXPECT_TRUE(contains(bench_.error_of(gathers), text));
  ProgramBuilder scatters;
  feed(scatters, 0, map({5, 5, 2 * kBankWords}), east(0), 20);
  scatters.at(20).on(queue()).issue(scatter(0, east(0), east(0)));
  EXPECT_TRUE(contains(bench_.error_of(scatters), text));
}

TEST_F(Mem, AGatherCollidesWithAWriteInTheBankOfAnyOfItsSuperlanes) {
  for (const int last : {6, kBankWords + 6}) {
    for (const int written : {20, kBankWords + 20}) {
      bench_.put(kEast, kSlice, 6, 1, row(5));
      bench_.put(kEast, kSlice, last, 1, row(6));
      ProgramBuilder program;
      feed(program, 0, map({6, 6, last}), east(0), 20);
      feed(program, 1, row(9), east(1), 20);
      program.at(20).on(queue()).issue(gather(0, east(0), east(2))).issue(write(written, east(1)));
      const bool collides = written < kBankWords || last >= kBankWords;
      EXPECT_EQ(contains(bench_.error_of(program), "beside another access"), collides)
          << last << " " << written;
    }
  }
}

TEST_F(Mem, ARowOverwrittenWhileItsOldValueTravelsLeavesThatValueAlone) {
  bench_.put(kEast, kSlice, 3, 1, row(1));
  ProgramBuilder program;
  feed(program, 0, row(2), east(0), 21);
  program.at(20).on(queue()).issue(read(3, east(1)));
  program.at(21).on(queue()).issue(write(3, east(0)));
  const int far = 40;
  const Cycle arrival = 21 + bench_.column(kEast, far) - place();
  program.at(arrival).on(bench_.mem(kEast, far)).issue(write(0, east(1)));
  EXPECT_EQ(bench_.error_of(program), "");
  EXPECT_EQ(bench_.get(kEast, far, 0, 1), row(1));
  EXPECT_EQ(bench_.get(kEast, kSlice, 3, 1), row(2));
}

TEST_F(Mem, AValuePassesItsReadersAndALaterProducerReplacesItDownstream) {
  bench_.put(kEast, 4, 0, 1, row(1));
  bench_.put(kEast, kSlice, 0, 1, row(2));
  const auto hops = [&](int slice) {
    return bench_.column(kEast, slice) - bench_.column(kEast, 4);
  };
  ProgramBuilder program;
  program.at(0).on(bench_.mem(kEast, 4)).issue(read(0, east(1)));
  for (int tap : {8, 12, 16}) {
    program.at(1 + hops(tap)).on(bench_.mem(kEast, tap)).issue(write(1, east(1)));
  }
  program.at(hops(kSlice)).on(queue()).issue(read(0, east(1)));
  program.at(1 + hops(24)).on(bench_.mem(kEast, 24)).issue(write(1, east(1)));
  EXPECT_EQ(bench_.error_of(program), "");
  for (int tap : {8, 12, 16}) EXPECT_EQ(bench_.get(kEast, tap, 1, 1), row(1)) << tap;
  EXPECT_EQ(bench_.get(kEast, 24, 1, 1), row(2));
}

TEST_F(Mem, ASliceReadsOrWritesOneStreamAtATime) {
  bench_.put(kEast, kSlice, 0, 1, row(1));
  for (const Instruction& i : {read(0, east(0, 2)), write(0, east(0, 4)),
                               gather(0, east(0), east(2, 2)), scatter(0, east(0, 2), east(4))}) {
    ProgramBuilder program;
    program.at(4).on(queue()).issue(i);
    EXPECT_TRUE(contains(bench_.error_of(program), "a slice reads or writes one stream"));
  }
}

}  // namespace
}  // namespace metronome::lpu::testing
