// SPDX-License-Identifier: Apache-2.0
// The judge's rules for the matrix unit, and for gather, scatter and state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/compiler/judge_bench.h"
#include "tests/harness/lpu_bench.h"

namespace metronome::compiler::testing {
namespace {

using lpu::Field;
using lpu::Opcode;
using lpu::TensorKind;
using lpu::Unit;
using lpu::testing::east;
using lpu::testing::west;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kWest = lpu::Hemisphere::kWest;
constexpr auto kEast = lpu::Hemisphere::kEast;

constexpr lpu::ValueId kWeights = 100;  // rows 100 to 107
constexpr lpu::ValueId kX = 50;
constexpr lpu::ValueId kProduct = 60;
constexpr lpu::ValueId kSum = 70;
constexpr lpu::Cycle kLoad = 20;
constexpr lpu::Cycle kInstall = kLoad + 5;
constexpr lpu::Cycle kMultiply = kInstall + 3;
constexpr lpu::Cycle kAccumulate = kMultiply + 14;
constexpr lpu::Cycle kEmitted = kAccumulate + 34;

/// Eight weight rows, one activation, one result: all in the west.
class MatrixJudge : public ::testing::Test {
 protected:
  void SetUp() override {
    p.tensor("x", TensorKind::kConstant, kWest, 12, 2, 2, kX);
    lpu::MemoryTensor& w = p.tensor("w", TensorKind::kConstant, kWest, 16, 2, 16, kWeights);
    w.stripes = 8;
    w.slices.clear();
    for (int s = 0; s < 16; ++s) {
      w.slices.push_back(static_cast<std::uint16_t>(16 + s));
      const lpu::ValueId value = kWeights + static_cast<lpu::ValueId>(s / 2);
      p.issue(kLoad - 1 - column(16 + s), p.mem(kWest, 16 + s), lpu::testing::read(0, west(s)),
              {value}, value);
    }
    p.output(kWest, 0, {kSum});
    for (int b = 0; b < 2; ++b) {
      p.issue(kMultiply - 1 - column(12), p.mem(kWest, 12 + b), lpu::testing::read(0, west(16 + b)),
              {kX}, kX);
    }
    p.issue(kLoad, weights, lpu::testing::load_weights(Opcode::kLwF16, 0, west(0, 16)), {kWeights},
            lpu::kNoValue);
    p.issue(kInstall, weights, lpu::testing::install(Opcode::kIwF16, 8), {kWeights}, kWeights + 7);
    p.issue(kMultiply, activations, lpu::testing::activate(Opcode::kAbcF16Wide, west(16, 2), 1),
            {kX, kWeights}, kProduct);
    p.issue(kAccumulate, accumulate,
            lpu::testing::accumulate(Opcode::kAccF32, 0, lpu::kFlagEmit, east(0, 4)), {kProduct},
            kSum);
    p.write4(kEmitted + column(0), kWest, 0, 0, east(0, 4), kSum);
  }

  void load_second_tile(lpu::Cycle when) {
    for (int s = 0; s < 16; ++s) {
      const lpu::ValueId value = kWeights + 8 + static_cast<lpu::ValueId>(s / 2);
      p.issue(when - 1 - column(16 + s), p.mem(kWest, 16 + s), lpu::testing::read(1, west(s)),
              {value}, value);
    }
    p.issue(when, weights, lpu::testing::load_weights(Opcode::kLwF16, 0, west(0, 16)),
            {kWeights + 8}, lpu::kNoValue);
  }

  /// Hops from the west edge.
  lpu::Cycle column(int slice) const { return p.spec().slice_position(kWest, slice); }

  HandMade p;
  lpu::QueueId weights = mxm_queue(p.spec(), kWest, 0, Unit::kMxmWeights);
  lpu::QueueId activations = mxm_queue(p.spec(), kWest, 0, Unit::kMxmActivations);
  lpu::QueueId accumulate = mxm_queue(p.spec(), kWest, 0, Unit::kMxmAccumulate);
};

TEST_F(MatrixJudge, AcceptsALadderWithoutSlack) { EXPECT_THAT(p.verdict(), IsEmpty()); }

TEST_F(MatrixJudge, RefusesAnInstallBeforeTheBufferIsFull) {
  p.find(weights, 1).cycle = kInstall - 1;
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("mxm_w.plane_0.weights at cycle 59"),
                                 HasSubstr("the buffer is filled in cycle 60")));
}

TEST_F(MatrixJudge, RefusesToInstallOneBufferTwice) {
  p.issue(kMultiply + 2, weights, lpu::testing::install(Opcode::kIwF16, 8), {kWeights},
          kWeights + 7);
  EXPECT_THAT(p.verdict(), HasSubstr("the buffer is empty"));
}

TEST_F(MatrixJudge, RefusesAnInstallUnderARunningMultiply) {
  // The multiply two cycles later, so that a second tile is in the buffer by then.
  for (int b = 0; b < 2; ++b) p.find(p.mem(kWest, 12 + b)).cycle += 2;
  for (int b = 0; b < 4; ++b) p.find(p.mem(kWest, b)).cycle += 2;
  p.find(activations).cycle += 2;
  p.find(accumulate).cycle += 2;
  load_second_tile(kInstall + 1);
  lpu::Issue& second = p.issue(kInstall + 6, weights, lpu::testing::install(Opcode::kIwF16, 8),
                               {kWeights + 8}, kWeights + 15);
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("mxm_w.plane_0.weights at cycle 66"),
                                 HasSubstr("the array still multiplies")));
  second.cycle += 1;
  EXPECT_THAT(p.verdict(), IsEmpty());
}

TEST_F(MatrixJudge, RefusesAMultiplyBeforeTheWeightsAreIn) {
  p.find(weights, 1).cycle = kInstall + 1;
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("mxm_w.plane_0.activations at cycle 63"),
                                 HasSubstr("means weights from value 100, installed in cycle 64")));
}

TEST_F(MatrixJudge, RefusesActivationsThatOverlap) {
  for (int b = 0; b < 2; ++b) p.find(p.mem(kWest, 12 + b)).count = 2;
  p.find(activations).count = 2;
  EXPECT_THAT(p.verdict(), HasSubstr("while the queue is held until cycle 65"));
}

TEST_F(MatrixJudge, RefusesAFoldOneCycleOff) {
  for (const lpu::Cycle off : {-1, 1}) {
    p.find(accumulate).cycle = kAccumulate + off;
    EXPECT_THAT(p.verdict(), AllOf(HasSubstr("mxm_w.plane_0.accumulate at cycle " +
                                             std::to_string(35 + kAccumulate + off)),
                                   HasSubstr("means product 60, finds none in this cycle")));
  }
}

TEST_F(MatrixJudge, KnowsWhatEachAccumulatorHolds) {
  p.find(accumulate).instruction.set(Field::kFlags, lpu::kFlagAdd | lpu::kFlagEmit);
  p.find(accumulate).reads.push_back({99, 0});
  EXPECT_THAT(p.verdict(), HasSubstr("means value 99 in accumulator 0, which holds 0"));
}

TEST_F(MatrixJudge, RefusesAnAccumulatorThatAPlaneHasNot) {
  p.find(accumulate).instruction.set(Field::kSlot, 1);
  EXPECT_THAT(p.verdict(), IsEmpty());
  p.find(accumulate).instruction.set(Field::kSlot, 2);
  EXPECT_THAT(p.verdict(), HasSubstr("accumulator 2, a plane has 2"));
}

TEST_F(MatrixJudge, RefusesFewerOrMoreRowsThanMeant) {
  for (const std::uint32_t rows : {7U, 9U, 0U}) {
    p.find(weights, 1).instruction.set(Field::kRows, rows);
    EXPECT_THAT(p.verdict(), HasSubstr("means rows of values 100 to 107, installs " +
                                       std::to_string(rows) + " rows"));
  }
}

TEST_F(MatrixJudge, RefusesALoadThatLeavesAGap) {
  p.find(weights).instruction.set(Field::kRow, 8);
  EXPECT_THAT(p.verdict(), HasSubstr("loads rows from 8 on, 0 of 16 are in the buffer"));
}

TEST_F(MatrixJudge, RefusesSumsLongerThanTheOpcodeAllows) {
  p.find(activations).instruction.opcode = Opcode::kAbcF16;
  EXPECT_THAT(p.verdict(), HasSubstr("sums over 16 lanes, too many"));
}

TEST_F(MatrixJudge, RefusesHalfPrecisionOnAnOddPlane) {
  const lpu::Issue load = p.find(weights);
  p.drop(weights);
  p.issue(kLoad, mxm_queue(p.spec(), kWest, 1, Unit::kMxmWeights), load.instruction, {kWeights},
          lpu::kNoValue);
  EXPECT_THAT(p.verdict(), HasSubstr("fp16 drives a pair of planes from the even one"));
}

/// A row chosen by a map: gathered from a table, scattered into state, read back for the result.
class MappedJudge : public ::testing::Test {
 protected:
  static constexpr lpu::ValueId kMap = 5;
  static constexpr lpu::ValueId kTable = 200;  // rows 200 to 203
  static constexpr lpu::ValueId kState = 300;  // rows 300 to 303, before
  static constexpr lpu::ValueId kRow = 400;
  static constexpr lpu::ValueId kAfter = 500;  // rows 500 to 503

  void SetUp() override {
    p.tensor("map", TensorKind::kInput, kWest, 8, 1, 1, kMap);
    p.tensor("table", TensorKind::kConstant, kWest, 4, 4, 4, kTable);
    p.tensor("state", TensorKind::kState, kWest, 0, 4, 4, kState);
    p.output(kEast, 0, {kAfter + 2});
    // Columns 10, 11, 12, 20: the map reaches each a cycle or more before it is wanted there.
    p.issue(0, p.mem(kWest, 8), lpu::testing::read(0, east(31)), {kMap}, kMap);
    p.issue(1, p.mem(kWest, 8), lpu::testing::read(0, east(31)), {kMap}, kMap);
    for (int b = 0; b < 4; ++b) {
      p.issue(2, p.mem(kWest, 4 + b), lpu::testing::gather(0, east(31), east(b)), {kMap, kTable},
              kRow);
      p.issue(4, p.mem(kWest, b), lpu::testing::scatter(0, east(b), east(31)), {kRow, kMap},
              kAfter);
    }
    p.read4(5, kWest, 0, 2, east(0, 4), kAfter + 2);
    p.write4(5 + 1 + 8, kEast, 0, 0, east(0, 4), kAfter + 2);
  }

  HandMade p;
};

TEST_F(MappedJudge, AcceptsRowsThatAMapChooses) { EXPECT_THAT(p.verdict(), IsEmpty()); }

TEST_F(MappedJudge, RefusesAGatherFromAnotherBase) {
  p.find(p.mem(kWest, 5)).instruction.set(Field::kAddress, 1);
  EXPECT_THAT(p.verdict(),
              AllOf(HasSubstr("mem_w.slice_5 at cycle 37"),
                    HasSubstr("means constant value 200 at address 1, which holds value 201")));
}

TEST_F(MappedJudge, RefusesAScatterIntoAnotherBase) {
  p.find(p.mem(kWest, 1)).instruction.set(Field::kAddress, 1);
  EXPECT_THAT(p.verdict(), HasSubstr("address 1 is not the start of a state tensor's byte 1"));
}

TEST_F(MappedJudge, TellsTheRowsOfAStateApart) {
  p.find(p.mem(kWest, 3), 1).instruction.set(Field::kAddress, 1);
  EXPECT_THAT(p.verdict(), HasSubstr("means value 502 at address 1, which holds value 501 byte 3 "
                                     "from mem_w.slice_3 at cycle 39"));
}

TEST_F(MappedJudge, RefusesAStateLeftInPieces) {
  // Nothing reads the state back in this program; the next token would.
  p.image().programs[0].outputs = {kState + 2};
  for (int b = 0; b < 4; ++b) {
    lpu::Issue& back = p.find(p.mem(kWest, b), 1);
    const lpu::Issue scatter = p.find(p.mem(kWest, b));
    back.cycle = 1;
    back.reads = {{kState + 2, 0}};
    back.write = {kState + 2, 0};
    p.find(p.mem(kWest, b)) = back;
    p.find(p.mem(kWest, b), 1) = scatter;
    lpu::Issue& end = p.find(p.mem(kEast, b));
    end.cycle = 1 + 1 + 8;
    end.reads = {{kState + 2, 0}};
    end.write = {kState + 2, 0};
  }
  EXPECT_THAT(p.verdict(), IsEmpty());
  p.drop(p.mem(kWest, 2), 1);
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("row 0 of state is torn"), HasSubstr("mem_w.slice_2"),
                                 HasSubstr("mem_w.slice_0")));
}

}  // namespace
}  // namespace metronome::compiler::testing
