// SPDX-License-Identifier: Apache-2.0
// A trace of a GPU fed by hand, and read back.
#include "waveforms/gpu_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/isa/error.h"
#include "tests/harness/model_writer.h"
#include "tests/waveforms/vcd_reader.h"
#include "waveforms/cycle_clock.h"
#include "waveforms/trace_views.h"

namespace metronome::waveforms::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kPaths = {"dispatcher",        "sm_0",       "sm_0.sub_core_0",
                                         "sm_0.memory_stage", "sm_0.l1",    "sm_1",
                                         "sm_1.l1",           "l2.slice_0", "l2.slice_1",
                                         "l2.slice_2",        "tlb",        "dram.channel_0"};

class GpuTraceTest : public ::testing::Test {
 protected:
  void start(TraceOptions options = {}, std::int64_t origin = 0, int default_sm = 0) {
    trace_ = std::make_unique<GpuTrace>(path(), "toy", kHz, origin, std::move(options), default_sm);
    for (std::size_t i = 0; i < kPaths.size(); ++i) {
      trace_->on_track(static_cast<hw::TrackId>(i), kPaths[i]);
    }
    for (std::size_t i = 0; i < kPaths.size(); ++i) trace_->wants(static_cast<hw::TrackId>(i));
  }
  static hw::TrackId track(const std::string& component) {
    const auto found = std::find(kPaths.begin(), kPaths.end(), component);
    return static_cast<hw::TrackId>(found - kPaths.begin());
  }
  void tell(const std::string& component, std::int64_t cycle, std::string_view kind,
            std::string_view text = {}, std::int64_t duration = 1) {
    trace_->on_activity({track(component), cycle, duration, kind, text});
  }
  void tell_level(const std::string& component, std::int64_t cycle, std::string_view kind,
                  std::int64_t level) {
    trace_->on_activity({track(component), cycle, 0, kind, {}, 0, level});
  }
  VcdFile finish(std::int64_t cycle) {
    trace_->finish(cycle);
    return parse_vcd(read_text(path()));
  }
  std::string in(const VcdFile& file, const std::string& signal, std::int64_t cycle) const {
    return file.at("gpu." + signal, CycleClock(kHz).start_ps(cycle));
  }
  std::filesystem::path path() const { return folder_.path() / "run.vcd"; }

  static constexpr std::int64_t kHz = 1'000'000'000;
  harness::TempFolder folder_;
  std::unique_ptr<GpuTrace> trace_;
};

TEST_F(GpuTraceTest, ASubCoreShowsWhatItIssuesAndWhyItDoesNot) {
  start();
  tell_level("sm_0.sub_core_0", 10, "slots.fetch", 1);
  tell("sm_0.sub_core_0", 12, "sm.instructions", "warp 3 pc 17 FFMA R5, R2, R3, R4", 2);
  tell_level("sm_0.sub_core_0", 13, "slots.global_memory", 1);
  tell("sm_0.sub_core_0", 20, "sm.instructions", "warp 4 pc 18 @P1 LDG.128 R5, [R2]");
  const VcdFile file = finish(40);
  const std::string core = "sm_0.sub_core_0.";
  EXPECT_EQ(in(file, core + "stall", 9), "-");
  EXPECT_EQ(in(file, core + "stall", 10), "fetch");
  EXPECT_EQ(in(file, core + "stall", 12), "issued");
  EXPECT_EQ(in(file, core + "stall", 13), "global_memory");
  EXPECT_EQ(in(file, core + "stall", 19), "global_memory");
  EXPECT_EQ(in(file, core + "op", 11), "-");
  EXPECT_EQ(in(file, core + "op", 13), "FFMA");
  EXPECT_EQ(in(file, core + "op", 14), "-");
  EXPECT_EQ(in(file, core + "operands", 12), "R5,R2,R3,R4");
  EXPECT_EQ(in(file, core + "warp", 12), "11");
  EXPECT_EQ(in(file, core + "warp", 14), "z");
  EXPECT_EQ(in(file, core + "pc", 12), "10001");
  EXPECT_EQ(in(file, core + "op", 20), "LDG.128");
  EXPECT_EQ(in(file, core + "operands", 20), "@P1R5,[R2]");
  EXPECT_NE(in(file, core + "op_code", 20), in(file, core + "op_code", 12));
  EXPECT_THAT(trace_->summary().codes.at("op"), ElementsAre("-", "FFMA", "LDG.128"));
}

TEST_F(GpuTraceTest, CachesCountTheirEventsOfACycleAndShowHowFullTheyAre) {
  start();
  tell("sm_0.l1", 5, "l1.hits", "line 0x80 sectors 0001");
  tell("sm_0.l1", 5, "l1.hits", "line 0x100 sectors 1111");
  tell("sm_0.l1", 6, "l1.misses", "line 0x180 sectors 0011");
  tell_level("sm_0.l1", 6, "l1.mshrs", 2);
  tell_level("l2.slice_1", 8, "l2.queue", 3);
  tell("l2.slice_1", 9, "l2.requests", "line 0x180 sectors 0011");
  tell_level("sm_0.l1", 30, "l1.mshrs", 0);
  const VcdFile file = finish(40);
  EXPECT_EQ(in(file, "sm_0.l1.hits", 5), "10");
  EXPECT_EQ(in(file, "sm_0.l1.line", 5), "100000000");
  EXPECT_EQ(in(file, "sm_0.l1.hits", 6), "0");
  EXPECT_EQ(in(file, "sm_0.l1.misses", 6), "1");
  EXPECT_EQ(in(file, "sm_0.l1.mshrs", 29), "10");
  EXPECT_EQ(in(file, "sm_0.l1.mshrs", 30), "0");
  EXPECT_EQ(in(file, "l2.slice_1.queue", 8), "11");
  EXPECT_EQ(in(file, "l2.slice_1.requests", 9), "1");
  EXPECT_EQ(in(file, "l2.slice_1.requests", 10), "0");
}

TEST_F(GpuTraceTest, RowsAreShownInTheCycleForWhichTheyArePlanned) {
  start();
  tell("dram.channel_0", 30, "dram.row_opens", "read bank 3 row 17");
  tell("dram.channel_0", 25, "dram.row_hits", "write bank 2 row 16");
  tell_level("dram.channel_0", 7, "dram.queue", 2);
  const VcdFile file = finish(40);
  EXPECT_EQ(in(file, "dram.channel_0.access", 24), "-");
  EXPECT_EQ(in(file, "dram.channel_0.access", 25), "write.row_hits");
  EXPECT_EQ(in(file, "dram.channel_0.bank", 25), "10");
  EXPECT_EQ(in(file, "dram.channel_0.row", 30), "10001");
  EXPECT_EQ(in(file, "dram.channel_0.bank", 31), "z");
  EXPECT_EQ(in(file, "dram.channel_0.queue", 7), "10");
}

TEST_F(GpuTraceTest, WithoutAFilterOneOfEachKindIsRecorded) {
  start();
  EXPECT_TRUE(trace_->wants(track("sm_0.l1")));
  EXPECT_FALSE(trace_->wants(track("sm_1.l1")));
  EXPECT_FALSE(trace_->wants(track("l2.slice_2")));
  EXPECT_FALSE(trace_->wants(track("tlb")));
  tell("dispatcher", 0, "launches", "k 1 CTAs");
  finish(10);
}

TEST_F(GpuTraceTest, WithoutAFilterTheSmIsTheOneThatWasNamed) {
  start({}, 0, 1);
  EXPECT_THAT(
      trace_->summary().components,
      ElementsAre("dispatcher", "sm_1", "sm_1.l1", "l2.slice_0", "l2.slice_1", "dram.channel_0"));
}

TEST_F(GpuTraceTest, AFilterChoosesComponentsAndTheKernelStaysInSight) {
  start({.filters = {"sm_1", "slice_2"}});
  tell("dispatcher", 3, "launches", "blk.0.attn_q 8 CTAs");
  tell_level("dispatcher", 3, "launches.running", 1);
  tell_level("dispatcher", 20, "launches.running", 0);
  const VcdFile file = finish(30);
  EXPECT_THAT(trace_->summary().components,
              ElementsAre("dispatcher", "sm_1", "sm_1.l1", "l2.slice_2"));
  EXPECT_EQ(in(file, "dispatcher.kernel", 3), "blk.0.attn_q");
  EXPECT_EQ(in(file, "dispatcher.running", 19), "1");
  EXPECT_EQ(in(file, "dispatcher.kernel", 20), "-");
}

TEST_F(GpuTraceTest, AFilterWithoutMatchIsRefusedWithTheNearestNames) {
  try {
    start({.filters = {"sm_7.l1"}});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--trace-filter: found 'sm_7.l1', no signal of toy"));
    EXPECT_THAT(error.what(), HasSubstr("sm_0.l1"));
  }
}

TEST_F(GpuTraceTest, AWindowKnowsWhatHeldBeforeItAndCountsFromTheStartOfTheRun) {
  start({.first_cycle = 50, .last_cycle = 59}, 1000);
  tell_level("sm_0.sub_core_0", 1020, "slots.barrier", 1);
  tell_level("sm_0", 1049, "sm.resident_ctas", 4);
  tell_level("sm_0", 1070, "sm.resident_ctas", 0);
  EXPECT_TRUE(trace_->needs(1059));
  EXPECT_FALSE(trace_->needs(1060));
  const VcdFile file = finish(1100);
  EXPECT_EQ(in(file, "sm_0.sub_core_0.stall", 50), "barrier");
  EXPECT_EQ(in(file, "sm_0.resident_ctas", 50), "100");
  EXPECT_EQ(file.last_time, CycleClock(kHz).start_ps(60));
}

TEST_F(GpuTraceTest, AWindowHoldsWhatATraceOfTheWholeRunHoldsThere) {
  constexpr std::int64_t kEnd = 900;
  constexpr std::int64_t kFirst = 413;
  constexpr std::int64_t kLast = 530;
  const auto run = [&](TraceOptions options) {
    start(std::move(options));
    for (std::int64_t c = 0; c < kEnd; ++c) {
      if (c % 211 == 3) tell("dispatcher", c, "launches", "k" + std::to_string(c) + " 8 CTAs");
      if (c % 211 == 200) tell_level("dispatcher", c, "launches.running", 0);
      if (c % 97 == 5) tell_level("sm_0", c, "sm.resident_ctas", c % 5);
      if (c % 7 == 1) tell_level("sm_0.sub_core_0", c, c % 2 ? "slots.fetch" : "slots.barrier", 1);
      const std::string issue = "warp 3 pc " + std::to_string(c) + " FFMA R5, R2";
      if (c % 13 == 4) tell("sm_0.sub_core_0", c, "sm.instructions", issue, c % 40);
      if (c % 50 == 2) tell("sm_0.memory_stage", c, "shared.accesses", "warp 2", 37);
      for (std::int64_t n = 0; n < c % 4; ++n) tell("sm_0.l1", c, "l1.hits", "line 0x80");
      if (c % 3 == 0) tell_level("sm_0.l1", c, "l1.mshrs", c % 11);
      if (c % 5 == 0) tell("l2.slice_0", c, c % 2 ? "l2.hits" : "l2.copy_hits", "line 0x100");
      const std::string row = "read bank 3 row " + std::to_string(c);
      if (c % 6 == 0) tell("dram.channel_0", c + c % 60, "dram.row_hits", row);
      if (c % 8 == 0) tell("dram.channel_0", c - 2, "dram.row_opens", row);
    }
    return finish(kEnd);
  };
  const VcdFile whole = run({});
  const auto whole_summary = trace_->summary();
  const VcdFile window = run({.first_cycle = kFirst, .last_cycle = kLast});
  EXPECT_EQ(window.changes.size(), whole.changes.size());
  for (const auto& [name, changes] : whole.changes) {
    if (name.ends_with("_code")) continue;  // numbers are given by first appearance
    for (std::int64_t c = kFirst; c <= kLast; ++c) {
      const std::int64_t time = CycleClock(kHz).start_ps(c);
      ASSERT_EQ(window.at(name, time), whole.at(name, time)) << name << " in cycle " << c;
    }
  }
  for (std::size_t i = 0; i < whole_summary.events.size(); ++i) {
    EXPECT_LE(4 * trace_->summary().events[i], whole_summary.events[i] + 4) << "of the window only";
  }
}

TEST_F(GpuTraceTest, ACopyFoundInTheL2IsAHit) {
  start();
  tell("l2.slice_1", 9, "l2.hits", "line 0x180 sectors 0011");
  tell("l2.slice_1", 9, "l2.copy_hits", "line 0x280 sectors 0001");
  EXPECT_EQ(in(finish(20), "l2.slice_1.hits", 9), "10");
}

TEST_F(GpuTraceTest, ARunThatBreaksOffLeavesItsFile) {
  start();
  tell_level("sm_0", 70, "sm.resident_ctas", 1);
  trace_.reset();
  EXPECT_EQ(parse_vcd(read_text(path())).last_time, CycleClock(kHz).start_ps(71));
}

TEST_F(GpuTraceTest, EveryRowOfItsViewsIsInTheTrace) {
  start();
  tell("sm_0.sub_core_0", 12, "sm.instructions", "warp 3 pc 17 FFMA R5, R2, R3, R4", 2);
  tell("dram.channel_0", 30, "dram.row_opens", "read bank 3 row 17");
  const VcdFile file = finish(200);
  const ViewFiles views = write_views(trace_->summary());
  std::istringstream lines(read_text(views.gtkwave));
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] != '+') continue;
    const std::string path = line.substr(line.find("gpu."));
    EXPECT_TRUE(file.has(path.substr(0, path.find('[')))) << line;
    ++rows;
  }
  EXPECT_EQ(rows, static_cast<int>(file.variables.size()) - 3) << "strings that have codes";
  EXPECT_THAT(read_text(folder_.path() / "run.gpu_op.txt"),
              HasSubstr("00 ?black?-\n01 ?DarkOliveGreen?FFMA\n"));
  EXPECT_THAT(read_text(views.surfer), HasSubstr("item_set_format run_gpu_op\n"));
}

}  // namespace
}  // namespace metronome::waveforms::testing
