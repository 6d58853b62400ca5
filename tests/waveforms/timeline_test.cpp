// SPDX-License-Identifier: Apache-2.0
// Timelines of machines fed by hand: rows, arrows, buckets, spans, and ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "hw/isa/error.h"
#include "tests/harness/model_writer.h"
#include "tests/waveforms/packet_reader.h"
#include "tests/waveforms/vcd_reader.h"
#include "waveforms/fan_out.h"
#include "waveforms/timeline/activity_text.h"
#include "waveforms/timeline/gpu_timeline.h"
#include "waveforms/timeline/lpu_timeline.h"

namespace metronome::waveforms::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TimelineTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "a.pftrace"; }
  PacketTrace packets() const { return read_packets(read_text(path())); }

  harness::TempFolder folder_;
};

class TimelineOfTheChip : public TimelineTest {
 protected:
  void open(TimelineOptions options = {}) {
    timeline_ = std::make_unique<LpuTimeline>(path(), spec_, std::move(options));
    const std::vector<lpu::QueueInfo> queues = lpu::queues(spec_);
    for (std::size_t i = 0; i < queues.size(); ++i) {
      timeline_->on_track(static_cast<hw::TrackId>(i), queues[i].path);
    }
  }
  void program(std::int64_t notified) { timeline_->on_program({"p", notified, notified + 35, {}}); }
  void issue(int queue, std::int64_t cycle, std::string_view mnemonic,
             std::string_view op = "blk.0.attn_q", std::int64_t busy = 1) {
    timeline_->on_issue({static_cast<hw::TrackId>(queue),
                         cycle,
                         busy,
                         mnemonic,
                         "address=1",
                         -1,
                         {op, "scores", 0, 4}});
  }
  void drive(int queue, int stream, int position, std::int64_t cycle) {
    hw::StreamEvent event;
    event.cycle = cycle;
    event.stream = stream;
    event.position = position;
    event.track = static_cast<hw::TrackId>(queue);
    timeline_->on_stream(event);
  }
  void sample(int queue, int stream, int position, std::int64_t cycle, int producer, int from) {
    timeline_->on_sample({static_cast<hw::TrackId>(queue), cycle, true, stream, position,
                          static_cast<hw::TrackId>(producer), from});
  }
  PacketTrace finish(std::int64_t cycle) {
    timeline_->finish(cycle);
    return packets();
  }

  lpu::ChipSpec spec_ = lpu::groq1();
  std::unique_ptr<LpuTimeline> timeline_;
};

TEST_F(TimelineOfTheChip, AReadAndAWriteOfOneCycleHaveRowsOfTheirOwn) {
  open();
  issue(3, 40, "Read");
  issue(3, 40, "Write");
  issue(3, 41, "Read");
  const PacketTrace trace = finish(50);
  ASSERT_EQ(trace.slices.size(), 3U);
  EXPECT_EQ(trace.slices[0].track, "lpu.mem_w.slice_3");
  EXPECT_EQ(trace.slices[1].track, "lpu.mem_w.slice_3 2");
  EXPECT_EQ(trace.slices[2].track, "lpu.mem_w.slice_3");
  EXPECT_EQ(trace.slices[0].texts.at("operator"), "blk.0.attn_q");
  EXPECT_EQ(trace.slices[0].texts.at("step"), "scores");
  EXPECT_EQ(trace.slices[0].numbers.at("piece"), 4);
}

TEST_F(TimelineOfTheChip, AValueOfSeveralBytesIsOneArrow) {
  open();
  program(0);
  issue(3, 40, "Read");
  for (int byte = 0; byte < 4; ++byte) drive(3, byte, 10, 41);
  issue(5, 46, "Write");
  for (int byte = 0; byte < 4; ++byte) sample(5, byte, 15, 46, 3, 10);
  const PacketTrace trace = finish(60);
  EXPECT_THAT(trace.slice("Read").outputs, ElementsAre(1));
  EXPECT_THAT(trace.slice("Write").inputs, ElementsAre(1));
  EXPECT_EQ(timeline_->summary().flows, 1);
}

TEST_F(TimelineOfTheChip, EachTakerOfAValueHasAnArrowOfItsOwn) {
  open();
  program(0);
  issue(3, 40, "Read");
  drive(3, 0, 10, 41);
  issue(5, 46, "Write");
  sample(5, 0, 15, 46, 3, 10);
  issue(6, 47, "Scatter");
  sample(6, 0, 16, 47, 3, 10);
  const PacketTrace trace = finish(60);
  EXPECT_THAT(trace.slice("Read").outputs, ElementsAre(1, 2));
  EXPECT_THAT(trace.slice("Scatter").inputs, ElementsAre(2));
}

TEST_F(TimelineOfTheChip, AnArrowCrossesTheWholeChipFromTheSlowestUnit) {
  open();
  program(0);
  int slowest = 0;
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) {
    slowest = std::max(slowest, op.latency(spec_.superlanes));
  }
  const std::int64_t visible = 40 + slowest;
  const int last = spec_.positions() - 1;
  issue(3, 40, "Read");
  drive(3, 0, 0, visible);
  for (std::int64_t cycle = 41; cycle < visible + last; ++cycle) {
    issue(4, cycle, "Gather");  // puts a value behind it in every cycle
    drive(4, 0, 0, cycle + slowest);
  }
  issue(5, visible + last, "Write");
  sample(5, 0, last, visible + last, 3, 0);
  const PacketTrace trace = finish(1000);
  EXPECT_THAT(trace.slice("Read").outputs, ElementsAre(1));
  EXPECT_THAT(trace.slice("Write").inputs, ElementsAre(1));
}

TEST_F(TimelineOfTheChip, WhatStoodOnStreamsBeforeAProgramIsForgotten) {
  open();
  program(0);
  issue(3, 40, "Read");
  drive(3, 0, 10, 41);
  program(42);
  issue(5, 46, "Write");
  sample(5, 0, 15, 46, 3, 10);
  EXPECT_THAT(finish(60).slice("Write").inputs, IsEmpty());
}

TEST_F(TimelineOfTheChip, AnOperatorLastsUntilItsLastEffect) {
  open();
  timeline_->token_follows(7);
  program(100);
  issue(3, 140, "Read");
  issue(lpu::vxm_queue(spec_, 0), 150, "Add.F32");
  const PacketTrace trace = finish(300);
  const PacketSlice& op = trace.slice("blk.0.attn_q");
  EXPECT_EQ(op.numbers.at("cycle"), 140);
  EXPECT_EQ(op.numbers.at("cycles"), 13) << "an addition takes three cycles";
  EXPECT_EQ(op.numbers.at("instructions"), 2);
  const PacketSlice& token = trace.slice("token 7");
  EXPECT_EQ(token.numbers.at("cycle"), 100);
  EXPECT_EQ(token.numbers.at("cycles"), 53);
  EXPECT_EQ(token.texts.at("program"), "p");
  EXPECT_EQ(trace.slice("layer 0").track, "lpu.program.layer");
}

TEST_F(TimelineOfTheChip, OperatorsThatOverlapHaveRowsOfTheirOwn) {
  open();
  program(0);
  issue(3, 40, "Read", "a");
  issue(4, 41, "Read", "b");
  issue(3, 50, "Read", "a");
  issue(4, 60, "Read", "c");
  const PacketTrace trace = finish(100);
  EXPECT_EQ(trace.slice("a").track, "lpu.program.operator");
  EXPECT_EQ(trace.slice("b").track, "lpu.program.operator 2");
  EXPECT_EQ(trace.slice("c").track, "lpu.program.operator");
}

TEST_F(TimelineOfTheChip, AWindowHoldsItsFirstAndLastCycle) {
  open({.first_cycle = 41, .last_cycle = 42});
  for (int n = 0; n < 5; ++n) issue(3, 40 + n, "Read");
  const PacketTrace trace = finish(50);
  ASSERT_EQ(trace.slices.size(), 2U);
  EXPECT_EQ(trace.slices.front().numbers.at("cycle"), 41);
  EXPECT_EQ(trace.values.at("lpu.counters.SRAM reads").front(), 2);
}

TEST_F(TimelineOfTheChip, AWindowThatTheRunNeverReachesIsRefusedAndLeavesNoFile) {
  open({.first_cycle = 1000});
  issue(3, 40, "Read");
  EXPECT_THAT([&] { finish(50); },
              ::testing::ThrowsMessage<UserError>(
                  HasSubstr("timeline window: starts in cycle 1000, the run ended in cycle 50")));
  timeline_.reset();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(TimelineOfTheChip, ARunThatBreaksOffLeavesWhatItHad) {
  open();
  program(0);
  issue(3, 40, "Read");
  timeline_.reset();
  const PacketTrace trace = packets();
  EXPECT_EQ(trace.slice("Read").numbers.at("cycle"), 40);
  EXPECT_THAT(trace.notes, ElementsAre("The run broke off in cycle 40."));
}

TEST_F(TimelineOfTheChip, ARunThatNeverBeganLeavesNoFile) {
  open();
  timeline_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(TimelineOfTheChip, AFilterWithoutTrackIsNamed) {
  open({.filters = {"vxm", "bogus"}});
  EXPECT_THAT([&] { timeline_->require_matches(); },
              ::testing::ThrowsMessage<UserError>(HasSubstr(
                  "--timeline-filter: found 'bogus', no track of lpu:groq1 has it in its path; "
                  "nearest: lpu, ")));
}

TEST_F(TimelineOfTheChip, AnIssueOnATrackThatWasNeverNamedIsAFault) {
  open();
  EXPECT_THROW(issue(5000, 40, "Read"), InvariantError);
}

class TimelineOfTheGpu : public TimelineTest {
 protected:
  void open(TimelineOptions options = {}, const char* name = "a.pftrace") {
    timeline_ = std::make_unique<GpuTimeline>(folder_.path() / name, gpu::gpu_preset("teaching"),
                                              std::move(options));
    const char* paths[] = {"gpu", "dispatcher", "sm_0", "sm_0.sub_core_0", "sm_0.l1"};
    for (hw::TrackId t = 0; t < 5; ++t) timeline_->on_track(t, paths[t]);
  }
  void tell(hw::TrackId track, std::int64_t cycle, std::int64_t cycles, std::string_view kind,
            std::string_view text, std::int64_t amount = 1) {
    timeline_->on_activity({track, cycle, cycles, kind, text, amount});
  }
  PacketTrace finish(std::int64_t cycle) {
    timeline_->finish(cycle);
    return packets();
  }

  std::unique_ptr<GpuTimeline> timeline_;
};

TEST_F(TimelineOfTheGpu, AWarpInstructionTellsItsWarpAndTheStallBeforeIt) {
  open();
  tell(3, 10, 4, "slots.global_memory", "", 4);
  tell(3, 14, 6, "slots.global_memory", "", 6);
  tell(3, 20, 2, "sm.instructions", "warp 3 pc 12 FFMA R1, R2, R3, R4");
  tell(3, 21, 2, "sm.instructions", "warp 2 pc 7 MOV R1, 0");
  const PacketTrace trace = finish(30);
  const PacketSlice& slice = trace.slice("FFMA");
  EXPECT_EQ(slice.track, "gpu.sm_0.sub_core_0.issue");
  EXPECT_EQ(slice.numbers.at("warp"), 3);
  EXPECT_EQ(slice.numbers.at("pc"), 12);
  EXPECT_EQ(slice.texts.at("instruction"), "FFMA R1, R2, R3, R4");
  EXPECT_EQ(slice.numbers.at("stalled"), 10);
  EXPECT_EQ(slice.texts.at("stalled_for"), "global_memory");
  EXPECT_EQ(trace.slice("MOV").track, "gpu.sm_0.sub_core_0.issue 2") << "another unit is at work";
  EXPECT_EQ(trace.slice("global_memory").numbers.at("cycles"), 10) << "one slice of two looks";
}

TEST_F(TimelineOfTheGpu, CtasLastUntilTheirEndEachOnARow) {
  open();
  tell(2, 10, 1, "sm.ctas", "CTA 0 of k");
  tell(2, 12, 1, "sm.ctas", "CTA 1 of k");
  tell(2, 30, 1, "sm.ctas.ended", "CTA 1 of k");
  tell(2, 40, 1, "sm.ctas", "CTA 2 of k");
  tell(2, 50, 1, "sm.ctas.ended", "CTA 0 of k");
  const PacketTrace trace = finish(60);
  EXPECT_EQ(trace.slice("CTA 0 of k").track, "gpu.sm_0.ctas");
  EXPECT_EQ(trace.slice("CTA 0 of k").numbers.at("cycles"), 40);
  EXPECT_EQ(trace.slice("CTA 1 of k").track, "gpu.sm_0.ctas 2");
  EXPECT_EQ(trace.slice("CTA 2 of k").numbers.at("cycles"), 20) << "to the end of the run";
  EXPECT_EQ(trace.slice("CTA 2 of k").track, "gpu.sm_0.ctas 2");
}

TEST_F(TimelineOfTheGpu, KernelsHaveTheirNamesAndMakeLayersAndTokens) {
  open();
  timeline_->token_follows(3);
  tell(0, 0, 1, "runs", "");
  for (int n = 0; n < 3; ++n) {
    const std::string name = n < 2 ? "blk.5.k" + std::to_string(n) + " 4 CTAs" : "output 1 CTAs";
    tell(1, 10 * n + 5, 1, "launches", name);
    tell(1, 10 * n + 12, 1, "launches.ended", name);
  }
  tell(0, 40, 1, "runs.ended", "");
  const PacketTrace trace = finish(40);
  EXPECT_EQ(trace.slice("blk.5.k1").numbers.at("cycle"), 15);
  EXPECT_EQ(trace.slice("blk.5.k1").numbers.at("ctas"), 4);
  EXPECT_EQ(trace.slice("output").track, "gpu.program.kernel");
  EXPECT_EQ(trace.slice("layer 5").numbers.at("cycles"), 17);
  EXPECT_EQ(trace.slice("token 3").numbers.at("cycles"), 40);
}

TEST_F(TimelineOfTheGpu, AnActivityKeepsItsAmount) {
  open();
  tell(4, 10, 1, "l1.hits", "line 0x40 sectors 0110", 2);
  const PacketTrace trace = finish(20);
  EXPECT_EQ(trace.slice("hits").track, "gpu.sm_0.l1.hits");
  EXPECT_EQ(trace.slice("hits").numbers.at("amount"), 2);
  EXPECT_EQ(trace.slice("hits").texts.at("text"), "line 0x40 sectors 0110");
  EXPECT_EQ(trace.values.at("gpu.counters.L1 hits").front(), 2);
}

TEST_F(TimelineOfTheGpu, AWindowKnowsTheCtasThatStoodWhenItBegan) {
  open({.first_cycle = 1000, .last_cycle = 2000});
  for (int n = 0; n < 3; ++n) tell(2, 10 + n, 1, "sm.ctas", "CTA " + std::to_string(n) + " of k");
  tell(2, 500, 1, "sm.ctas.ended", "CTA 0 of k");
  tell(4, 600, 1, "l1.hits", "line 0x40 sectors 0110", 2);
  tell(2, 1300, 1, "sm.ctas.ended", "CTA 1 of k");
  tell(2, 1900, 1, "sm.ctas.ended", "CTA 2 of k");
  tell(2, 2100, 1, "sm.ctas", "CTA 3 of k");
  const PacketTrace trace = finish(3000);
  EXPECT_THAT(trace.values.at("gpu.counters.resident CTAs"), ElementsAre(2, 1, 0));
  EXPECT_FALSE(trace.values.contains("gpu.counters.L1 hits")) << "before the window";
}

TEST_F(TimelineOfTheGpu, AWindowThatBeginsWhereTheRunEndsIsRefused) {
  open({.first_cycle = 50});
  tell(4, 10, 1, "l1.hits", "line 0x40 sectors 0110", 2);
  EXPECT_THAT([&] { timeline_->finish(50); },
              ::testing::ThrowsMessage<UserError>(
                  HasSubstr("timeline window: starts in cycle 50, the run ended in cycle 50")));
}

TEST_F(TimelineOfTheGpu, RowsOfWarpsNeedASubCore) {
  open({.filters = {"sm_0.l1"}}, "a.kanata");
  EXPECT_THAT([&] { timeline_->require_matches(); },
              ::testing::ThrowsMessage<UserError>(
                  HasSubstr("a.kanata: timeline filter: found 'sm_0.l1', but a .kanata file")));
  open({.filters = {"sm_0"}}, "b.kanata");
  timeline_->require_matches();
}

/// Takes values only.
class Values : public TimelineWriter {
 public:
  RowId add_row(std::string_view, RowId, std::int64_t) override { return 1; }
  RowId add_counter(std::string_view, std::string_view, RowId, std::int64_t) override { return 1; }
  void slice(const Slice&) override {}
  void value(RowId, std::int64_t cycle, std::int64_t value) override {
    told.emplace_back(cycle, value);
  }
  void note(std::int64_t, std::string_view) override {}
  void finish() override {}
  std::uint64_t bytes() const override { return 0; }
  std::vector<std::pair<std::int64_t, std::int64_t>> told;
};

TEST(CycleBucketsTest, FallToZeroWhereNothingComes) {
  Values values;
  CycleBuckets buckets(values, 1, 64);
  for (const std::int64_t cycle : {3, 60, 64, 1000}) buckets.add(cycle, 2);
  buckets.flush();
  using P = std::pair<std::int64_t, std::int64_t>;
  EXPECT_THAT(values.told, ElementsAre(P(0, 4), P(64, 2), P(128, 0), P(960, 2), P(1024, 0)));
}

TEST(CycleBucketsTest, KeepTheirSumThoughAmountsComeLate) {
  Values values;
  CycleBuckets buckets(values, 1, 64);
  std::int64_t sum = 0;
  for (std::int64_t n = 0; n < 1000; ++n) {
    buckets.add(n * 100 + (n % 7) * 4000, n);
    sum += n;
  }
  buckets.add(0, 5);
  buckets.flush();
  std::int64_t told = 0;
  std::int64_t last = -1;
  for (const auto& [cycle, value] : values.told) {
    told += value;
    EXPECT_GE(cycle, last);
    last = cycle;
  }
  EXPECT_EQ(told, sum + 5);
}

TEST(CycleBucketsTest, ShowALevelAsItStandsAfterEachBucket) {
  Values values;
  CycleBuckets buckets(values, 1, 64, CycleBuckets::Shows::kLevel);
  buckets.add(0, 3);
  buckets.add(200, -1);
  buckets.flush();
  using P = std::pair<std::int64_t, std::int64_t>;
  EXPECT_THAT(values.told, ElementsAre(P(0, 3), P(192, 2)));
}

TEST(ActivityTextTest, NumbersComeFirstAndWordsAfterThem) {
  const ActivityText text = read_activity("warp 3 pc 12 FADD R1, R2");
  ASSERT_EQ(text.numbers.size(), 2U);
  EXPECT_EQ(text.numbers[1].name, "pc");
  EXPECT_EQ(std::get<std::int64_t>(text.numbers[1].value), 12);
  EXPECT_EQ(text.rest, "FADD R1, R2");
  EXPECT_EQ(text.first_word(), "FADD");
  EXPECT_EQ(read_activity("").rest, "");
  EXPECT_EQ(read_activity("warp 3").rest, "");
  EXPECT_EQ(read_activity("line 0x40 sectors 1").rest, "line 0x40 sectors 1");
}

TEST(FanOutTest, EveryoneHearsEverything) {
  struct Ear : hw::Observer {
    void on_track(hw::TrackId, std::string_view) override { ++heard; }
    void on_issue(const hw::IssueEvent&) override { ++heard; }
    void on_stream(const hw::StreamEvent&) override { ++heard; }
    void on_program(const hw::ProgramEvent&) override { ++heard; }
    void on_sample(const hw::SampleEvent&) override { ++heard; }
    void on_activity(const hw::ActivityEvent&) override { ++heard; }
    void on_end(std::int64_t) override { ++heard; }
    int heard = 0;
  };
  Ear one;
  Ear other;
  FanOut both;
  EXPECT_TRUE(both.empty());
  both.add(one);
  both.add(other);
  both.on_track(0, "a");
  both.on_issue({});
  both.on_stream({});
  both.on_program({});
  both.on_sample({});
  both.on_activity({});
  both.on_end(0);
  EXPECT_EQ(one.heard, 7);
  EXPECT_EQ(other.heard, 7);
}

}  // namespace
}  // namespace metronome::waveforms::testing
