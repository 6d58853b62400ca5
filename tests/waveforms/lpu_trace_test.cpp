// SPDX-License-Identifier: Apache-2.0
#include "waveforms/lpu_trace.h"

#include "tests/waveforms/trace_fixture.h"

namespace metronome::waveforms::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LpuTraceTest : public TraceFixture {};

TEST_F(LpuTraceTest, TheClockTogglesTwiceACycleAndTheLastStampIsTheLastCycle) {
  start();
  const VcdFile file = finish(512);
  EXPECT_EQ(file.first_time, 0);
  EXPECT_EQ(file.last_time, clock_.start_ps(512));
  EXPECT_EQ(toggles(file), 2 * 512U);
  EXPECT_EQ(file.number_at("lpu.cycle", file.last_time), 512U);
}

TEST_F(LpuTraceTest, EdgesStandAtTheNearestPicosecondWithoutDrift) {
  const CycleClock at900(900'000'000);
  EXPECT_EQ(at900.start_ps(1), 1111);
  EXPECT_EQ(at900.start_ps(2), 2222);
  EXPECT_EQ(at900.start_ps(5), 5556);
  EXPECT_EQ(at900.start_ps(9), 10'000);
  EXPECT_EQ(at900.start_ps(900'000'000), 1'000'000'000'000);
  EXPECT_EQ(at900.start_ps(std::int64_t{1} << 40), 1'221'679'586'417'778);
  const CycleClock at1000(1'000'000'000);
  for (std::int64_t c : {0, 1, 7, 1'000'000}) {
    EXPECT_EQ(at1000.start_ps(c), 1000 * c);
    EXPECT_EQ(at1000.middle_ps(c), 1000 * c + 500);
  }
  start();
  EXPECT_TRUE(noted(finish(3), "round(c * 1e12 / 900000000)"));
}

TEST_F(LpuTraceTest, AQueueShowsItsInstructionWhileItIsBusy) {
  start();
  issue(88, 40, "Add.F32", "a=E0:4,b=imm,result=W4:4", 3);
  issue(88, 43, "Pass", "a=E0:4,result=W4:4", 1);
  const VcdFile file = finish(60);
  EXPECT_EQ(in(file, "vxm.alu_0.op", 39), "-");
  EXPECT_EQ(in(file, "vxm.alu_0.op", 40), "Add.F32");
  EXPECT_EQ(in(file, "vxm.alu_0.op", 42), "Add.F32");
  EXPECT_EQ(in(file, "vxm.alu_0.operands", 42), "a=E0:4,b=imm,result=W4:4");
  EXPECT_EQ(in(file, "vxm.alu_0.op", 43), "Pass");
  EXPECT_EQ(in(file, "vxm.alu_0.op", 44), "-");
  EXPECT_EQ(file.number_at("lpu.vxm.alu_0.opcode", clock_.start_ps(42)),
            static_cast<std::uint64_t>(lpu::Opcode::kAddF32));
  EXPECT_EQ(file.number_at("lpu.vxm.alu_0.opcode", clock_.start_ps(44)), kIdleOpcode);
  EXPECT_EQ(file.changes.at("lpu.vxm.alu_1.op").size(), 1U);
}

TEST_F(LpuTraceTest, ASliceThatReadsAndWritesAtOnceShowsBoth) {
  start();
  issue(0, 40, "Read", "address=1,out=E3");
  issue(0, 40, "Write", "address=4099,in=W2");
  issue(0, 41, "Read", "address=2,out=E3");
  const VcdFile file = finish(50);
  EXPECT_EQ(in(file, "mem_w.slice_0.op", 40), "Read+Write");
  EXPECT_EQ(in(file, "mem_w.slice_0.operands", 40), "address=1,out=E3+address=4099,in=W2");
  EXPECT_EQ(file.number_at("lpu.mem_w.slice_0.opcode_2", clock_.start_ps(40)),
            static_cast<std::uint64_t>(lpu::Opcode::kWrite));
  EXPECT_EQ(in(file, "mem_w.slice_0.op", 41), "Read");
  EXPECT_EQ(file.number_at("lpu.mem_w.slice_0.opcode_2", clock_.start_ps(41)), kIdleOpcode);
}

TEST_F(LpuTraceTest, StringsHaveNoBlanksAndAreNeverEmpty) {
  start();
  issue(88, 40, "Add F32", "", 1);
  issue(89, 40, "Pass", "a=\tb\x7f\xc3", 1);
  const VcdFile file = finish(60);
  EXPECT_EQ(in(file, "vxm.alu_0.op", 40), "Add_F32");
  EXPECT_EQ(in(file, "vxm.alu_0.operands", 40), "-");
  EXPECT_EQ(file.number_at("lpu.vxm.alu_0.opcode", clock_.start_ps(40)), kUnknownOpcode);
  EXPECT_EQ(in(file, "vxm.alu_1.operands", 40), "a=_b__");
}

TEST_F(LpuTraceTest, WithoutStringsThereAreOnlyKindsOfTheStandard) {
  start({.strings = false});
  issue(88, 40, "Pass");
  const VcdFile file = finish(60);
  for (const auto& [code, variable] : file.variables) EXPECT_NE(variable.kind, "string");
  EXPECT_FALSE(file.has("lpu.vxm.alu_0.op"));
  EXPECT_EQ(file.number_at("lpu.vxm.alu_0.opcode", clock_.start_ps(40)),
            static_cast<std::uint64_t>(lpu::Opcode::kPass));
}

TEST_F(LpuTraceTest, AnEmptyTraceOfAllSignalsIsLegalAndItsScopesSmall) {
  start({.filters = {"lpu"}});
  const VcdFile file = finish(10);
  EXPECT_EQ(file.variables.size(), 4U + 144 * 5 + 88 * 5 + 4 * 3 + 64 * 39 * 3);
  for (const auto& [scope, count] : file.variables_in_scope) EXPECT_LE(count, 1024) << scope;
}

TEST_F(LpuTraceTest, CyclesOutsideTheWindowAreNotWritten) {
  start({.first_cycle = 42, .last_cycle = 49});
  EXPECT_FALSE(trace_->needs(0, 41));
  EXPECT_TRUE(trace_->needs(0, 42));
  EXPECT_FALSE(trace_->needs(50, 60));
  issue(88, 40, "Cvt.F16.F32", "a=E0:2", 4);
  issue(89, 40, "Pass", "a=E1", 2);
  drive(true, 3, 0, 35, 7);  // at the VXM in 54
  drive(true, 4, 18, 44, 8);
  issue(90, 49, "Pass", "a=E1", 2);
  issue(91, 50, "Pass", "a=E1", 2);
  const VcdFile file = finish(80);
  EXPECT_EQ(file.first_time, clock_.start_ps(42));
  EXPECT_EQ(file.last_time, clock_.start_ps(50));
  EXPECT_EQ(toggles(file), 2 * 8U);
  EXPECT_EQ(in(file, "vxm.alu_0.op", 42), "Cvt.F16.F32");
  EXPECT_EQ(in(file, "vxm.alu_0.op", 44), "-");
  EXPECT_EQ(in(file, "vxm.alu_1.op", 42), "-");
  EXPECT_EQ(in(file, "vxm.alu_2.op", 49), "Pass");
  EXPECT_EQ(in(file, "vxm.alu_3.op", 50), "-");
  EXPECT_EQ(file.changes.at("lpu.streams.east.s_03.x_19.valid").size(), 1U);
  EXPECT_EQ(lane0(file, "streams.east.s_04.x_19", 45), 8);
}

TEST_F(LpuTraceTest, AWindowThatEndsBeforeItBeginsIsRefused) {
  EXPECT_THROW(start({.first_cycle = 9, .last_cycle = 8}), UserError);
  EXPECT_THROW(start({.first_cycle = -1}), UserError);
  EXPECT_TRUE(files().empty());
}

TEST_F(LpuTraceTest, AWindowThatTheRunNeverReachedIsAnErrorAndLeavesNothing) {
  start({.first_cycle = 100});
  issue(0, 40, "Read");
  try {
    trace_->finish(59);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("trace window: starts in cycle 100, the run ended in "
                                        "cycle 59"));
  }
  trace_.reset();
  EXPECT_TRUE(files().empty());
}

TEST_F(LpuTraceTest, ARunThatBreaksOffLeavesAReadableFileUpToTheFault) {
  start();
  drive(true, 3, 19, 41, 9);
  issue(0, 57, "Read");
  EXPECT_THAT(files(), ElementsAre(HasSubstr("run.vcd.")));
  trace_.reset();
  EXPECT_THAT(files(), ElementsAre("run.vcd"));
  const VcdFile file = parse_vcd(read_text(path()));
  EXPECT_TRUE(noted(file, "The run broke off in cycle 57."));
  EXPECT_EQ(file.last_time, clock_.start_ps(58));
  EXPECT_EQ(in(file, "mem_w.slice_0.op", 57), "Read");
  EXPECT_EQ(lane0(file, "streams.east.s_03.x_19", 41), 9);
}

TEST_F(LpuTraceTest, WhatAKilledRunLeavesIsReadableUpToTheLastLine) {
  start();
  for (std::int64_t c = 40; c < 4000; ++c) {
    issue(0, c, "Read", "address=" + std::to_string(c));
    drive(true, 3, 10, c + 1, static_cast<std::uint8_t>(c));
  }
  ASSERT_THAT(files(), ElementsAre(HasSubstr(".part")));
  const VcdFile file = parse_vcd(read_text(folder_.path() / files()[0]));
  EXPECT_GT(file.last_time, clock_.start_ps(1000));
  EXPECT_EQ(in(file, "mem_w.slice_0.op", 1000), "Read");
}

TEST_F(LpuTraceTest, TheSizeLimitStopsTheTraceAndNotTheRun) {
  constexpr std::uint64_t kLimit = 100'000;
  start({.max_bytes = kLimit});
  for (std::int64_t c = 40; c < 4000; ++c) {
    issue(0, c, "Read", "address=" + std::to_string(c));
    drive(true, 3, 10, c + 1, static_cast<std::uint8_t>(c));
  }
  const VcdFile file = finish(4100);
  EXPECT_LE(std::filesystem::file_size(path()), kLimit);
  EXPECT_GT(std::filesystem::file_size(path()), kLimit - 1000);
  EXPECT_EQ(std::filesystem::file_size(path()), trace_->summary().bytes);
  EXPECT_TRUE(trace_->summary().reached_limit);
  EXPECT_TRUE(noted(file, "The size limit of 100000 bytes stopped this trace in cycle " +
                              std::to_string(trace_->summary().end_cycle)));
  EXPECT_EQ(file.last_time, clock_.start_ps(trace_->summary().end_cycle));
  EXPECT_EQ(toggles(file), 2 * static_cast<std::size_t>(trace_->summary().end_cycle));
}

TEST_F(LpuTraceTest, ALimitBelowTheHeaderIsRefused) {
  EXPECT_THROW(start({.max_bytes = 1000}), UserError);
  EXPECT_TRUE(files().empty());
}

TEST_F(LpuTraceTest, AFileThatCannotBeCreatedIsRefusedByName) {
  for (const std::filesystem::path& bad : {folder_.path(), folder_.path() / "no" / "run.vcd"}) {
    try {
      LpuTrace trace(bad, spec_, {});
      FAIL() << bad;
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr(bad.string() + ": file: "));
    }
  }
}

TEST_F(LpuTraceTest, AFullDiskIsToldAtTheEndAndStopsNothing) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  LpuTrace trace("/dev/full", spec_, {});
  EXPECT_THROW(trace.finish(10'000), UserError);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST_F(LpuTraceTest, EqualRunsWriteEqualFiles) {
  std::string texts[2];
  for (std::string& text : texts) {
    start();
    issue(0, 40, "Read");
    drive(true, 3, 10, 41, 1);
    trace_->finish(90);
    text = read_text(path());
  }
  EXPECT_EQ(texts[0], texts[1]);
}

TEST_F(LpuTraceTest, EventsAgainstTheContractAreBrokenInvariants) {
  start();
  issue(0, 40, "Read");
  EXPECT_THROW(issue(1, 39, "Read"), InvariantError);
  EXPECT_THROW(drive(true, 3, 19, 39, 1), InvariantError);
  EXPECT_THROW(drive(true, 32, 19, 50, 1), InvariantError);
  EXPECT_THROW(issue(999, 41, "Read"), InvariantError);
  EXPECT_THROW(trace_->on_track(0, "mem_x.slice_0"), InvariantError);
}

TEST_F(LpuTraceTest, WhatComesAfterTheEndIsIgnored) {
  start();
  finish(20);
  issue(0, 40, "Read");
  trace_->on_end(50);
  EXPECT_EQ(parse_vcd(read_text(path())).last_time, clock_.start_ps(20));
}

}  // namespace
}  // namespace metronome::waveforms::testing
