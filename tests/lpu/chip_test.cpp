// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/chip.h"

#include <gtest/gtest.h>

#include <map>

#include "hw/isa/error.h"
#include "tests/harness/lpu_bench.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr Hemisphere kWest = Hemisphere::kWest;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ChipTest : public ::testing::Test {
 protected:
  ChipTest() { bench_.put(kWest, 0, 0, 4, row_); }
  /// The ALU takes the row `late` cycles beside its arrival.
  ProgramBuilder passed_on(Cycle late) const {
    ProgramBuilder program;
    bench_.feed(program, kWest, 0, 0, east(0, 4), bench_.centre(), 20);
    program.at(20 + late)
        .on(bench_.alu(0))
        .issue(unary(Opcode::kPass, Source::from(east(0, 4)), east(4, 4), 1));
    bench_.capture(program, kEast, 0, 0, east(4, 4),
                   bench_.spec().vxm_result_position(Direction::kEast), 23);
    return program;
  }

  Bench bench_{teaching()};
  Bytes row_ = random_bytes(7, 64);
};

TEST_F(ChipTest, AConsumerOneCycleEarlyIsStoppedWithUnitStreamAndCycle) {
  EXPECT_EQ(bench_.error_of(passed_on(-1)),
            "vxm.alu_0: cycle 54: operand missing: no value on stream E0 at column 16");
}

TEST_F(ChipTest, AConsumerOneCycleLateIsStoppedToo) {
  EXPECT_EQ(bench_.error_of(passed_on(1)),
            "vxm.alu_0: cycle 56: operand missing: no value on stream E0 at column 16");
}

TEST_F(ChipTest, AStoppedRunLeavesTheChipFitForTheNextProgram) {
  const Cycle expected = total_cycles(passed_on(0).build(), bench_.spec());
  for (int repetition = 0; repetition < 3; ++repetition) {
    EXPECT_NE(bench_.error_of(passed_on(-1)), "");
    EXPECT_FALSE(bench_.holds(kEast, 0, 0));
  }
  EXPECT_EQ(bench_.run(passed_on(0)), expected);
  EXPECT_EQ(bench_.get(kEast, 0, 0, 4), row_);
}

TEST_F(ChipTest, NoStreamValueOutlivesItsProgram) {
  ProgramBuilder reads;
  reads.at(0).on(bench_.mem(kWest, 0)).issue(read(0, east(0)));
  bench_.run(reads);
  ProgramBuilder takes;
  takes.at(0).on(bench_.mem(kWest, 1)).issue(write(9, east(0)));
  EXPECT_TRUE(contains(bench_.error_of(takes), "operand missing"));
}

TEST_F(ChipTest, ARunTakesTheBarrierAndThenUntilTheLastEffect) {
  const ProgramBuilder program = passed_on(0);
  const Cycle cycles = bench_.run(program);
  EXPECT_EQ(cycles, total_cycles(program.build(), bench_.spec()));
  EXPECT_EQ(cycles, 35 + 23 + 1);
  EXPECT_EQ(bench_.chip().now(), cycles);
  EXPECT_EQ(bench_.run(program), cycles);
  EXPECT_EQ(bench_.chip().now(), 2 * cycles);
}

TEST_F(ChipTest, AQueueIssuesInOrderAndOneInstructionAtATime) {
  for (const auto& [first, second] : std::map<int, int>{{24, 20}, {20, 20}, {20, 24}}) {
    Program program;
    const Instruction pass = unary(Opcode::kPass, Source::from(east(0, 4)), east(4, 4), 1);
    program.queues.push_back(
        {bench_.alu(0), {{first, pass, 1, 1, 0, {}, {}}, {second, pass, 1, 1, 0, {}, {}}}});
    ProgramBuilder feeds;
    bench_.feed(feeds, kWest, 0, 0, east(0, 4), bench_.centre(), 20, 5, 1, 0);
    for (const QueueProgram& queue : feeds.build().queues) program.queues.push_back(queue);
    std::string error;
    try {
      bench_.chip().run(program);
    } catch (const InvariantError& e) {
      error = e.what();
    }
    EXPECT_EQ(contains(error, "vxm.alu_0: cycle "), second <= first) << error;
    EXPECT_EQ(contains(error, "Pass is due before its queue is free"), second <= first) << error;
  }
}

TEST_F(ChipTest, ARepeatThatReachesIntoTheNextInstructionIsRefused) {
  ProgramBuilder program;
  program.at(10).on(bench_.mem(kWest, 0)).issue(read(0, east(0)), 5, 2);
  program.at(15).on(bench_.mem(kWest, 0)).issue(read(0, east(1)));
  EXPECT_TRUE(contains(bench_.error_of(program), "Read is due before its queue is free"));
}

TEST_F(ChipTest, AnInstructionBeforeTheReleaseIsRefused) {
  ProgramBuilder program;
  program.at(-1).on(bench_.mem(kWest, 0)).issue(read(0, east(0)));
  EXPECT_TRUE(contains(bench_.error_of(program), "mem_w.slice_0: cycle 34: Read is due before"));
}

TEST_F(ChipTest, AnInstructionInAQueueOfAnotherUnitIsRefused) {
  const QueueId queues[] = {bench_.mem(kWest, 0), bench_.alu(0),
                            bench_.mxm(kWest, 0, Unit::kMxmActivations),
                            bench_.sxm(kWest, Unit::kSxmShift)};
  const Instruction foreign[] = {transpose(east(0, 16), east(0, 16)), read(0, east(0)),
                                 read(0, east(0)), read(0, east(0))};
  for (std::size_t q = 0; q < 4; ++q) {
    ProgramBuilder program;
    program.at(5).on(queues[q]).issue(foreign[q]);
    EXPECT_NE(bench_.error_of(program), "") << q;
  }
  ProgramBuilder nowhere;
  nowhere.at(5).on(bench_.spec().queue_count()).issue(foreign[1]);
  EXPECT_TRUE(contains(bench_.error_of(nowhere), "queue 104, the chip has 104"));
}

TEST_F(ChipTest, EveryQueuesBusyAndIdleCyclesAddUpToTheTotal) {
  bench_.run(passed_on(0));
  bench_.run(passed_on(0));
  std::map<std::string, std::int64_t> values;
  for (const hw::Counter& counter : bench_.chip().counters()) {
    EXPECT_FALSE(counter.unit.empty() || counter.sentence.empty()) << counter.name;
    EXPECT_TRUE(values.emplace(counter.name, counter.value).second) << counter.name;
  }
  EXPECT_EQ(values.at("total"), 2 * 59);
  for (const char* queue : {"vxm.alu_0", "mem_w.slice_0", "mem_e.slice_3"}) {
    const std::string path = queue;
    EXPECT_EQ(values.at(path + ".issued"), 2);
    EXPECT_EQ(values.at(path + ".busy") + values.at(path + ".idle"), values.at("total"));
  }
  EXPECT_EQ(values.at("mem.reads"), 8);
  EXPECT_EQ(values.at("mem.writes"), 8);
  EXPECT_EQ(values.at("streams.values"), 16);
  EXPECT_EQ(values.at("vxm.operations"), 2);
}

}  // namespace
}  // namespace metronome::lpu::testing
