// SPDX-License-Identifier: Apache-2.0
// The judge's rules for memory, streams and ALUs, each on a program that breaks exactly one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/lpu/check_schedule.h"
#include "tests/compiler/judge_bench.h"
#include "tests/harness/lpu_bench.h"

namespace metronome::compiler::testing {
namespace {

using lpu::Field;
using lpu::Opcode;
using lpu::Source;
using lpu::TensorKind;
using lpu::testing::east;
using lpu::testing::unary;
using lpu::testing::unstreamed;
using lpu::testing::west;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kWest = lpu::Hemisphere::kWest;
constexpr auto kEast = lpu::Hemisphere::kEast;

constexpr lpu::ValueId kA = 10;       // constant rows 10, 11
constexpr lpu::ValueId kResult = 20;  // Pass of row 10
// A value read in cycle 0 from the innermost quad passes the ALUs 1 + 4 cycles later; an ALU takes
// 3 more and puts its result on the first memory column of the other side.
constexpr lpu::Cycle kAtAlu = 5;
constexpr lpu::Cycle kAtWrite = 8;

/// Read a constant in the west, pass it through ALU 0, write it in the east.
HandMade copy() {
  HandMade p;
  p.tensor("a", TensorKind::kConstant, kWest, 0, 4, 2, kA);
  p.output(kEast, 0, {kResult});
  p.read4(0, kWest, 0, 0, east(0, 4), kA);
  p.issue(kAtAlu, p.alu(0), unary(Opcode::kPass, Source::from(east(0, 4)), east(4, 4), 1), {kA},
          kResult);
  p.write4(kAtWrite, kEast, 0, 0, east(4, 4), kResult);
  return p;
}

TEST(Judge, AcceptsAProgramThatHolds) { EXPECT_THAT(copy().verdict(), IsEmpty()); }

TEST(Judge, NamesBothProducersOfOneStreamRegister) {
  HandMade p = copy();
  p.find(p.mem(kWest, 1)).instruction.set(Field::kOut, east(0));
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("mem_w.slice_1 at cycle 35"),
                                 HasSubstr("drives stream E0 at column 12 in cycle 36"),
                                 HasSubstr("mem_w.slice_0 issued at cycle 35")));
}

TEST(Judge, PointsAtBothCulpritsAndThePlace) {
  HandMade p = copy();
  p.find(p.mem(kWest, 1)).instruction.set(Field::kOut, east(0));
  const auto twice = check_schedule(p.image(), p.image().programs[0]);
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->place, "stream E0 at column 12");
  EXPECT_THAT(twice->culprits,
              ElementsAre(Culprit{p.mem(kWest, 1), 0}, Culprit{p.mem(kWest, 0), 0}));

  HandMade late = copy();
  late.find(late.alu(0)).cycle = kAtAlu + 1;
  const auto missed = check_schedule(late.image(), late.image().programs[0]);
  ASSERT_TRUE(missed);
  EXPECT_EQ(missed->place, "stream E0 at column 16");
  EXPECT_THAT(missed->culprits,
              ElementsAre(Culprit{late.alu(0), kAtAlu + 1}, Culprit{late.mem(kWest, 3), 0}));

  HandMade held = copy();
  held.issue(kAtAlu, held.alu(0), unary(Opcode::kPass, Source::from(east(0, 4)), east(8, 4), 1),
             {kA}, kResult);
  const auto queue = check_schedule(held.image(), held.image().programs[0]);
  ASSERT_TRUE(queue);
  EXPECT_EQ(queue->place, "vxm.alu_0");
  EXPECT_THAT(queue->culprits,
              ElementsAre(Culprit{held.alu(0), kAtAlu}, Culprit{held.alu(0), kAtAlu}));
}

TEST(Judge, NamesTheProducerOfAnOperandThatIsNotThere) {
  for (const lpu::Cycle when : {kAtAlu - 1, kAtAlu + 1}) {
    HandMade p = copy();
    p.find(p.alu(0)).cycle = when;
    EXPECT_THAT(p.verdict(), AllOf(HasSubstr("vxm.alu_0 at cycle " + std::to_string(35 + when)),
                                   HasSubstr("means value 10"), HasSubstr("finds nothing"),
                                   HasSubstr("mem_w.slice_")));
  }
}

TEST(Judge, NamesTheProducerThatCameBetween) {
  HandMade p;
  p.tensor("a", TensorKind::kConstant, kWest, 4, 4, 1, kA);
  p.tensor("b", TensorKind::kConstant, kWest, 0, 1, 1, 15);
  p.output(kEast, 0, {kResult});
  p.read4(0, kWest, 4, 0, east(0, 4), kA);
  // Column 12 is one further east than 11: there in the next cycle.
  p.issue(1, p.mem(kWest, 0), lpu::testing::read(0, east(2)), {15}, 15);
  p.issue(kAtAlu + 1, p.alu(0), unary(Opcode::kPass, Source::from(east(0, 4)), east(4, 4), 1), {kA},
          kResult);
  p.write4(kAtWrite + 1, kEast, 0, 0, east(4, 4), kResult);
  EXPECT_THAT(
      p.verdict(),
      AllOf(HasSubstr("vxm.alu_0 at cycle 41"), HasSubstr("means value 10 byte 2 on stream E2"),
            HasSubstr("finds value 15 byte 0 of 1 from mem_w.slice_0 issued at "
                      "cycle 36")));
}

TEST(Judge, TellsTheBytesOfAValueApart) {
  HandMade p = copy();
  p.find(p.mem(kWest, 0)).instruction.set(Field::kOut, east(1));
  p.find(p.mem(kWest, 1)).instruction.set(Field::kOut, east(0));
  EXPECT_THAT(p.verdict(), HasSubstr("means value 10 byte 0 on stream E0 at column 16, finds "
                                     "value 10 byte 1 of 4 from mem_w.slice_1"));
}

TEST(Judge, KnowsWhatEachAddressHolds) {
  HandMade p = copy();
  p.find(p.mem(kWest, 2)).instruction.set(Field::kAddress, 1);
  EXPECT_THAT(p.verdict(),
              AllOf(HasSubstr("mem_w.slice_2 at cycle 35"),
                    HasSubstr("means value 10 at address 1, which holds value 11 byte 2")));
}

TEST(Judge, RefusesTwoInstructionsOfOneQueueInOneCycle) {
  HandMade p = copy();
  p.issue(0, p.mem(kWest, 0), lpu::testing::read(1, west(9)), {kA + 1}, kA + 1);
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("mem_w.slice_0 at cycle 35"),
                                 HasSubstr("while the queue is held until cycle 36")));
}

TEST(Judge, RefusesAQueueWhoseOrderIsNotThatOfTime) {
  HandMade p = copy();
  p.find(p.mem(kWest, 0)).count = 3;
  p.find(p.mem(kWest, 0)).stride = 4;
  p.find(p.mem(kWest, 0)).reads[0].step = 0;
  p.issue(2, p.mem(kWest, 0), lpu::testing::read(1, west(9)), {kA + 1}, kA + 1);
  EXPECT_THAT(p.verdict(), HasSubstr("stands behind an instruction that the queue issues later"));
}

TEST(Judge, RefusesAStreamGroupOutOfAnAlusReach) {
  HandMade p = copy();
  // Row 0 reaches the groups that start at streams 0 to 12, row 1 those at 8 to 20.
  p.find(p.alu(0)).instruction.set(Field::kResult, east(16, 4));
  EXPECT_THAT(p.verdict(), HasSubstr("stream group E16:4 is out of reach"));
  HandMade q = copy();
  const lpu::Issue pass = q.find(q.alu(0));
  q.drop(q.alu(0));
  q.issue(kAtAlu, q.alu(4), pass.instruction, {kA}, kResult);
  EXPECT_THAT(q.verdict(), AllOf(HasSubstr("vxm.alu_4"), HasSubstr("E0:4 is out of reach")));
}

TEST(Judge, RefusesPartsOfValuesAndGroupsOfTheWrongWidth) {
  HandMade p = copy();
  p.find(p.alu(0)).instruction.set(Field::kSourceA, Source::from(east(0, 2)));
  EXPECT_THAT(p.verdict(), HasSubstr("means value 10 byte 0 on stream E0 at column 16, finds value "
                                     "10 byte 0 of 4"));
  p = copy();
  p.find(p.alu(0)).instruction.set(Field::kResult, east(8, 8));
  EXPECT_THAT(p.verdict(), HasSubstr("drives E8:8, its result has 4 bytes a lane"));
  p = copy();
  p.find(p.mem(kWest, 3)).instruction.set(Field::kOut, east(2, 2));
  EXPECT_THAT(p.verdict(), HasSubstr("names E2:2, it takes 1 streams"));
}

TEST(Judge, RefusesOneStreamGroupFromBothDirectionsInOneAlu) {
  HandMade p = copy();
  p.tensor("b", TensorKind::kConstant, kEast, 0, 4, 1, 30).address = 7;
  p.read4(0, kEast, 0, 7, west(0, 4), 30);
  for (int b = 0; b < 4; ++b) std::swap(p.find(p.mem(kEast, b)), p.find(p.mem(kEast, b), 1));
  p.find(p.alu(0)).instruction = lpu::testing::binary(Opcode::kAddF32, Source::from(east(0, 4)),
                                                      Source::from(west(0, 4)), east(4, 4), 1);
  p.find(p.alu(0)).reads.push_back({30, 0});
  EXPECT_THAT(p.verdict(), HasSubstr("takes E0:4 and W0:4: one stream group from both directions"));
}

/// As copy(), with a second Pass chained behind the first.
HandMade chained(int second_alu, lpu::Cycle when) {
  HandMade p = copy();
  p.find(p.alu(0)).instruction = unstreamed(p.find(p.alu(0)).instruction);
  p.issue(when, p.alu(second_alu), unary(Opcode::kPass, Source::from_alu(0), east(8, 4), 1),
          {kResult}, kResult + 1);
  p.image().programs[0].outputs = {kResult + 1};
  for (int b = 0; b < 4; ++b) p.drop(p.mem(kEast, b));
  p.write4(kAtWrite + 3, kEast, 0, 0, east(8, 4), kResult + 1);
  return p;
}

TEST(Judge, ChainsAlusInTheVeryCycleOfTheResult) {
  EXPECT_THAT(chained(5, kAtAlu + 3).verdict(), IsEmpty());
  EXPECT_THAT(chained(5, kAtAlu + 4).verdict(),
              AllOf(HasSubstr("vxm.alu_5 at cycle 44"), HasSubstr("from vxm.alu_0"),
                    HasSubstr("nothing in this cycle")));
  EXPECT_THAT(chained(9, kAtAlu + 3).verdict(), HasSubstr("alu_0 is out of reach"));
}

TEST(Judge, KnowsWhatAnAccumulatorHolds) {
  HandMade p = copy();
  lpu::Instruction add = unary(Opcode::kAccAddF32, Source::from(east(0, 4)), east(4, 4), 1);
  p.find(p.alu(0)).instruction = add;
  p.find(p.alu(0)).reads.push_back({7, 0});
  EXPECT_THAT(p.verdict(), HasSubstr("means value 7 in its accumulator, which holds 0"));
  p.find(p.alu(0)).instruction = add.set(Field::kFlags, lpu::kFlagInit);
  p.find(p.alu(0)).reads.pop_back();
  EXPECT_THAT(p.verdict(), IsEmpty());
}

TEST(Judge, RefusesAWriteIntoAConstant) {
  HandMade p = copy();
  p.tensor("table", TensorKind::kConstant, kEast, 2, 1, 1, 90).address = 5;
  p.find(p.mem(kEast, 2)).instruction.set(Field::kAddress, 5);
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("mem_e.slice_2 at cycle 43"),
                                 HasSubstr("overwrites address 5, of table")));
  p.find(p.mem(kEast, 2)).instruction.set(Field::kAddress, 6);
  EXPECT_THAT(p.verdict(), HasSubstr("overwrites address 6, of no tensor"));
  p.find(p.mem(kEast, 2)).instruction.set(Field::kAddress, 5000);
  EXPECT_THAT(p.verdict(), HasSubstr("address 5000 outside 0 to 2047"));
}

TEST(Judge, RefusesACycleCountThatIsNotTheProgramsOwn) {
  HandMade p = copy();
  EXPECT_THAT(p.verdict(35 + kAtWrite + 1), IsEmpty());
  for (const lpu::Cycle off : {-1, 1}) {
    EXPECT_THAT(p.verdict(35 + kAtWrite + 1 + off),
                AllOf(HasSubstr("predicts"), HasSubstr("is done at cycle 44")));
  }
}

TEST(Judge, MissesAnOutputThatIsNotWritten) {
  HandMade p = copy();
  p.drop(p.mem(kEast, 3));
  EXPECT_THAT(p.verdict(), AllOf(HasSubstr("row 0 of result means value 20 byte 3"),
                                 HasSubstr("mem_e.slice_3"), HasSubstr("from before the program")));
}

TEST(Judge, RefusesAnInstructionThatMeansNothing) {
  HandMade p = copy();
  p.find(p.alu(0)).reads.clear();
  EXPECT_THAT(p.verdict(), HasSubstr("vxm.alu_0 at cycle 40"));
  EXPECT_THAT(p.verdict(), HasSubstr("does not name each of its operands"));
  p.find(p.alu(0)).reads = {{lpu::kNoValue, 0}};
  EXPECT_THAT(p.verdict(), HasSubstr("does not name each of its operands"));
}

TEST(Judge, RefusesTensorsThatShareAnAddress) {  // G01, G03
  HandMade p = copy();
  p.tensor("gate", TensorKind::kScratch, kEast, 8, 4, 4, lpu::kNoValue);
  EXPECT_THAT(p.verdict(), IsEmpty());
  p.tensor("up", TensorKind::kScratch, kEast, 11, 1, 4, lpu::kNoValue).address = 3;
  EXPECT_THAT(p.verdict(), HasSubstr("tensors gate and up share address 3 of slice 11"));
}

}  // namespace
}  // namespace metronome::compiler::testing
