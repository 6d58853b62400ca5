// SPDX-License-Identifier: Apache-2.0
// Which reads a load of weights can do without, and that doing without them changes nothing.
#include "hw/lpu/direct_loads.h"

#include <gtest/gtest.h>

#include <functional>

#include "hw/lpu/prepared_program.h"
#include "tests/harness/lpu_bench.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kSide = Hemisphere::kEast;
constexpr int kSlices = 16;
constexpr int kFirstSlice = 4;
constexpr int kRows = 32;  // two beats
constexpr Cycle kArrives = 60;

class DirectLoads : public ::testing::Test {
 protected:
  DirectLoads() : bench_(groq1()) {}

  /// Two beats of 16 slices, then the install of what came.
  ProgramBuilder tile() const {
    ProgramBuilder p;
    bench_.feed(p, kSide, kFirstSlice, 100, east(0, kSlices), bench_.edge(kSide), kArrives,
                kRows / kSlices, 1, 1);
    p.at(kArrives).on(weights()).issue(load_weights(Opcode::kLwI8, 0, east(0, kSlices)),
                                       kRows / kSlices);
    p.at(kArrives + 12).on(weights()).issue(install(Opcode::kIwI8, kRows));
    return p;
  }
  QueueId weights() const { return bench_.mxm(kSide, 0, Unit::kMxmWeights); }

  struct Found {
    std::size_t loads = 0;
    std::int64_t needless = 0;
  };
  Found found(const ProgramBuilder& builder) const {
    const Program program = builder.build();
    const PreparedProgram prepared = prepare(program, bench_.spec());
    Found all{prepared.sources.size(), 0};
    for (const Needless& n : prepared.needless) all.needless += n.reads;
    return all;
  }
  /// The cycle in which the first beat's read of the first slice is due.
  Cycle first_read() const {
    return kArrives - std::abs(bench_.edge(kSide) - bench_.column(kSide, kFirstSlice)) -
           info(Opcode::kRead).result_cycles;
  }

  Bench bench_;
};

TEST_F(DirectLoads, TakeAWholeTileWhereNobodyElseIsOnTheWay) {
  const Found all = found(tile());
  EXPECT_EQ(all.loads, 1U);
  EXPECT_EQ(all.needless, kRows);
}

TEST_F(DirectLoads, LeaveEveryReadOfWhichAnotherUnitTakesAValue) {
  ProgramBuilder p = tile();
  // A write further out takes what stream 3 carries past it in the first beat.
  const int slice = kFirstSlice + 20;
  const Cycle passes = kArrives - std::abs(bench_.edge(kSide) - bench_.column(kSide, slice));
  p.at(passes).on(bench_.mem(kSide, slice)).issue(write(7, east(3)));
  const Found all = found(p);
  EXPECT_EQ(all.loads, 1U);
  EXPECT_EQ(all.needless, kRows - kRows / kSlices) << "the train of one slice stays";
}

TEST_F(DirectLoads, AreNoneWhereASliceIsWrittenBetweenReadAndLoad) {
  ProgramBuilder p = tile();
  p.at(first_read() + 4).on(bench_.mem(kSide, kFirstSlice)).issue(write(5000, west(31)));
  EXPECT_EQ(found(p).loads, 0U);
}

TEST_F(DirectLoads, DoNotMindAWriteBeforeTheRead) {
  ProgramBuilder p;
  p.at(first_read() - 1).on(bench_.mem(kSide, kFirstSlice)).issue(write(5000, west(31)));
  bench_.feed(p, kSide, kFirstSlice, 100, east(0, kSlices), bench_.edge(kSide), kArrives, 2, 1, 1);
  p.at(kArrives).on(weights()).issue(load_weights(Opcode::kLwI8, 0, east(0, kSlices)), 2);
  EXPECT_EQ(found(p).loads, 1U);
}

TEST_F(DirectLoads, AreNoneWhereAnotherValueIsPutOnAStreamNearer) {
  ProgramBuilder p = tile();
  const int slice = kFirstSlice + 20;
  const Cycle due = kArrives - std::abs(bench_.edge(kSide) - bench_.column(kSide, slice)) -
                    info(Opcode::kRead).result_cycles;
  p.at(due).on(bench_.mem(kSide, slice)).issue(read(9, east(3)));
  const Found all = found(p);
  EXPECT_EQ(all.loads, 0U) << "row 3 of the first beat lies in another slice than that of the next";
  EXPECT_EQ(all.needless, 0);
}

TEST_F(DirectLoads, LeaveResultsCountersAndCyclesAsTheyAre) {
  for (int s = 0; s < kSlices; ++s) {
    for (int beat = 0; beat < 2; ++beat) {
      bench_.put(kSide, kFirstSlice + s, 100 + beat, 1,
                 random_bytes(static_cast<std::uint32_t>(2 * s + beat), 320));
    }
  }
  bench_.put(kSide, 40, 3, 1, random_bytes(99, 320));
  ProgramBuilder p = tile();
  bench_.feed(p, kSide, 40, 3, east(20), bench_.edge(kSide), kArrives + 40);
  p.at(kArrives + 40)
      .on(bench_.mxm(kSide, 0, Unit::kMxmActivations))
      .issue(activate(Opcode::kAbcI8, east(20), 20));
  const Cycle summed = kArrives + 40 + info(Opcode::kAbcI8).result_cycles;
  p.at(summed)
      .on(bench_.mxm(kSide, 0, Unit::kMxmAccumulate))
      .issue(accumulate(Opcode::kAccI32, 0, kFlagEmit, west(0, 4)));
  bench_.capture(p, kSide, 0, 500, west(0, 4), bench_.edge(kSide),
                 summed + info(Opcode::kAccI32).result_cycles);
  const Program program = p.build();
  ASSERT_EQ(found(p).needless, kRows);

  const auto counted = [&](const PreparedProgram& prepared) {
    const hw::Counters before = bench_.chip().counters();
    const Cycle cycles = bench_.chip().run(prepared);
    std::map<std::string, std::int64_t> difference{{"run", cycles}};
    for (const hw::Counter& c : bench_.chip().counters()) difference[c.name] = c.value;
    for (const hw::Counter& c : before) difference[c.name] -= c.value;
    difference.erase("mem.words_used");
    return std::pair(difference, bench_.get(kSide, 0, 500, 4));
  };
  const auto plain = counted(prepare(program));
  const auto direct = counted(prepare(program, bench_.spec()));
  EXPECT_EQ(direct.first, plain.first);
  EXPECT_EQ(direct.second, plain.second);
}

TEST_F(DirectLoads, StopAtAWordNeverWrittenAsTheReadWould) {
  const Program program = tile().build();
  const auto error = [&](const PreparedProgram& prepared) -> std::string {
    try {
      bench_.chip().run(prepared);
    } catch (const InvariantError& e) {
      return e.what();
    }
    return "none";
  };
  EXPECT_NE(error(prepare(program)).find("reads address 100, never written"), std::string::npos);
  EXPECT_NE(error(prepare(program, bench_.spec())).find("reads address 100, never written"),
            std::string::npos);
}

}  // namespace
}  // namespace metronome::lpu::testing
