// SPDX-License-Identifier: Apache-2.0
// What a watched GPU tells: its events add up to its counters, and watching changes nothing.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "tests/gpu/machine_bench.h"

namespace metronome::gpu::testing {
namespace {

class CountingObserver : public hw::Observer {
 public:
  void on_track(hw::TrackId track, std::string_view path) override { paths[track] = path; }
  void on_issue(const hw::IssueEvent&) override {}
  void on_stream(const hw::StreamEvent&) override {}
  void on_end(std::int64_t cycle) override {
    for (auto& [track, slot] : slots) settle(slot, cycle);
  }
  void on_activity(const hw::ActivityEvent& event) override {
    const std::string kind(event.kind);
    amounts[kind] += event.amount;
    if (event.level < 0) ++counts[kind];
    if (kind.starts_with("slots.") && event.level < 0) {
      EXPECT_LE(event.cycle + event.duration_cycles, latest + event.duration_cycles);
      return;  // told when it is over
    }
    if (kind.starts_with("dram.row_") || kind.starts_with("dram.bytes_") || kind == "sm.ctas") {
      EXPECT_GE(event.cycle, latest);  // planned ahead
    } else {
      EXPECT_GE(event.cycle, latest) << kind << " is told late";
      latest = event.cycle;
    }
    if (event.level >= 0 && !kind.starts_with("slots.")) {
      levels[{event.track, kind}] = event.level;
      most[kind] = std::max(most[kind], event.level);
    }
    const std::size_t sectors_at = event.text.find("sectors ");
    if (sectors_at != std::string_view::npos) {
      const std::string_view bits = event.text.substr(sectors_at);
      sectors[kind] += std::count(bits.begin(), bits.end(), '1');
    }
    if (kind.starts_with("slots.")) turn(slots[event.track], kind, event.cycle);
    if (kind == "sm.instructions") turn(slots[event.track], "slots.issued", event.cycle);
  }

  std::map<hw::TrackId, std::string> paths;
  std::map<std::string, std::int64_t> counts;
  std::map<std::string, std::int64_t> amounts;
  std::map<std::string, std::int64_t> sectors;  // named in texts
  std::map<std::string, std::int64_t> most;     // of levels
  std::map<std::pair<hw::TrackId, std::string>, std::int64_t> levels;
  std::map<std::string, std::int64_t> slot_cycles;
  std::int64_t latest = 0;

 private:
  /// What a sub-core's slot is spent on since when.
  struct Slot {
    std::string kind = "slots.no_warp";
    std::int64_t since = 0;
  };
  void settle(Slot& slot, std::int64_t cycle) {
    slot_cycles[slot.kind] += cycle - slot.since;
    slot.since = cycle;
  }
  void turn(Slot& slot, const std::string& kind, std::int64_t cycle) {
    settle(slot, cycle);
    slot.kind = kind;
  }
  std::map<hw::TrackId, Slot> slots;
};

TEST(GpuEvents, CountersEqualTheEventsOfTheirKind) {
  Machine m(gpu_preset("teaching"));
  CountingObserver observer;
  m.gpu.observe(&observer);
  m.stream(4);
  for (const char* kind : {"sm.instructions", "shared.accesses", "l2.requests", "dram.row_hits",
                           "dram.row_opens", "dram.row_conflicts"}) {
    EXPECT_EQ(observer.counts[kind], m.counter(kind)) << kind;
  }
  EXPECT_EQ(observer.counts["launches"], 1);
  EXPECT_EQ(observer.counts["sm.ctas"], 4);
}

TEST(GpuEvents, TheFirstCtaGoesToTheSmThatWasNamedBefore) {
  Machine m(gpu_preset("h100"));
  std::set<int> named;
  for (std::uint64_t seed = 1; seed < 5; ++seed) {
    m.gpu.reset(Conditions::seeded(seed));
    CountingObserver observer;
    m.gpu.observe(&observer);
    named.insert(m.gpu.first_sm());
    const std::string path = fmt::format("sm_{}", m.gpu.first_sm());
    m.run(".kernel idle\nEXIT\n", 1);
    int filled = 0;
    for (const auto& [what, level] : observer.levels) {
      if (what.second != "sm.resident_ctas") continue;
      EXPECT_EQ(observer.paths.at(what.first), path);
      ++filled;
    }
    EXPECT_EQ(filled, 1);
  }
  EXPECT_GT(named.size(), 1U) << "differs from part to part";
}

TEST(GpuEvents, CountersEqualTheAmountsOfTheirEventsAndWhatBeginsEnds) {
  Machine m(gpu_preset("teaching"));
  CountingObserver observer;
  m.gpu.observe(&observer);
  m.stream(4);
  for (const char* kind : {"dram.bytes_read", "dram.bytes_written", "slots.no_warp", "slots.fetch",
                           "slots.fixed_latency", "slots.global_memory"}) {
    EXPECT_EQ(observer.amounts[kind], m.counter(kind)) << kind;
  }
  const std::pair<const char*, const char*> sectors[] = {
      {"l1.hits", "l1.hit_sectors"},        {"l1.misses", "l1.missed_sectors"},
      {"l1.replies", "l1.replied_sectors"}, {"l1.writes", "l1.sectors_written"},
      {"l2.hits", "l2.hit_sectors"},        {"l2.misses", "l2.missed_sectors"},
      {"l2.far_reads", "l2.far_sectors"},   {"l2.writes", "l2.written_sectors"}};
  for (const auto& [kind, counter] : sectors) {
    EXPECT_EQ(observer.amounts[kind], m.counter(counter)) << kind;
  }
  for (const std::string kind : {"runs", "launches", "sm.ctas"}) {
    EXPECT_EQ(observer.counts[kind + ".ended"], observer.counts[kind]) << kind;
  }
}

TEST(GpuEvents, SectorsInTheTextsOfEventsAddUpToTheirCounters) {
  Machine m(gpu_preset("teaching"));
  CountingObserver observer;
  m.gpu.observe(&observer);
  m.stream(8);
  EXPECT_EQ(observer.sectors["l1.hits"], m.counter("l1.hit_sectors"));
  EXPECT_EQ(observer.sectors["l1.misses"], m.counter("l1.missed_sectors"));
  EXPECT_EQ(observer.sectors["l1.merges"], m.counter("l1.merged_sectors"));
  EXPECT_EQ(observer.sectors["l1.writes"], m.counter("l1.sectors_written"));
  EXPECT_EQ(observer.sectors["l2.hits"],
            m.counter("l2.hit_sectors") + m.counter("l2.copy_sectors"));
  EXPECT_EQ(observer.sectors["l2.misses"], m.counter("l2.missed_sectors"));
  EXPECT_EQ(observer.sectors["l2.far_reads"], m.counter("l2.far_sectors"));
}

TEST(GpuEvents, WhatIssueSlotsAreSpentOnIsToldForEachCycle) {
  Machine m(gpu_preset("teaching"));
  CountingObserver observer;
  m.gpu.observe(&observer);
  m.stream(8);
  observer.on_end(m.gpu.now());
  const auto slots = m.gpu.slot_cycles();
  std::int64_t told = 0;
  std::int64_t counted = 0;
  for (std::size_t r = 0; r < slots.size(); ++r) {
    const std::string kind = "slots." + std::string(info(static_cast<StallReason>(r)).name);
    counted += slots[r];
    told += observer.slot_cycles[kind];
    // Sub-cores that never had a warp tell nothing.
    if (kind != "slots.no_warp") {
      EXPECT_EQ(observer.slot_cycles[kind], slots[r]) << kind;
    }
  }
  EXPECT_LE(told, counted);
  EXPECT_GT(observer.slot_cycles["slots.global_memory"], 0);
}

TEST(GpuEvents, LevelsKeepTheirLimitsAndFallToNothing) {
  const GpuSpec spec = gpu_preset("teaching");
  Machine m(spec);
  CountingObserver observer;
  m.gpu.observe(&observer);
  m.stream(8);
  EXPECT_LE(observer.most["l1.mshrs"], spec.l1_mshrs);
  EXPECT_LE(observer.most["sm.resident_ctas"], spec.ctas_per_sm);
  for (const char* kind :
       {"l1.mshrs", "l2.queue", "l2.mshrs", "dram.queue", "sm.resident_ctas", "launches.running"}) {
    EXPECT_GT(observer.most[kind], 0) << kind;
  }
  for (const auto& [what, level] : observer.levels) {
    EXPECT_EQ(level, 0) << observer.paths[what.first] << " " << what.second;
  }
}

TEST(GpuEvents, WhatAnObserverDoesNotWantItDoesNotHear) {
  struct OneTrack : CountingObserver {
    bool wants(hw::TrackId track) override { return paths.at(track) == "sm_0.l1"; }
    void on_activity(const hw::ActivityEvent& event) override {
      EXPECT_EQ(paths.at(event.track), "sm_0.l1");
      ++counts[std::string(event.kind)];
    }
  };
  Machine m(gpu_preset("teaching"));
  OneTrack observer;
  m.gpu.observe(&observer);
  m.stream(8);
  EXPECT_GT(observer.counts["l1.misses"], 0);
}

TEST(GpuEvents, WatchingChangesNoCycle) {
  Machine m(gpu_preset("teaching"));
  const Cycle alone = m.stream(8).cycles();
  m.gpu.reset(Conditions{});
  CountingObserver observer;
  m.gpu.observe(&observer);
  m.gpu.memory().clear();
  EXPECT_EQ(m.stream(8).cycles(), alone);
}

}  // namespace
}  // namespace metronome::gpu::testing
