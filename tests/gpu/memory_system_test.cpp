// SPDX-License-Identifier: Apache-2.0
// Latencies of single accesses against the sum of their parts, ports, seeds and mechanisms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hw/gpu/address_map.h"
#include "tests/gpu/memory_rig.h"

namespace metronome::gpu {
namespace {

constexpr std::uint8_t kFirst = 0b1;

Cycle ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

Conditions with_off(std::initializer_list<Mechanism> off, std::uint64_t seed = 1) {
  Conditions c = Conditions::seeded(seed);
  for (const Mechanism m : off) c.off.set(static_cast<std::size_t>(m));
  return c;
}

/// The way of an L2 hit by its parts: port, crossbar, slice, and the flits of the reply.
Cycle hit_cycles(const MemoryRig& rig, int sm, int slice, std::uint8_t sectors) {
  const GpuSpec& s = rig.spec();
  const std::int64_t flits = std::popcount(sectors);
  const auto per_half = static_cast<int>(s.slices_per_half());
  const bool far = slice / per_half != rig.floorplan().half_of(sm);
  return 1 + s.request_cycles + rig.floorplan().distance(sm, slice % per_half) + s.l2_cycles +
         ceil_div(flits, s.l2_bytes_per_cycle / s.flit_bytes) + s.reply_cycles +
         (ceil_div(flits, s.gpc_port_bytes / s.flit_bytes) - 1) +
         (ceil_div(flits, s.sm_port_bytes / s.flit_bytes) - 1) + (far ? s.l2_far_cycles : 0);
}

class EveryPreset : public ::testing::TestWithParam<std::string> {
 protected:
  EveryPreset() : rig_("rig", gpu_preset(GetParam())) {
    rig_.reset(with_off({Mechanism::kTlb, Mechanism::kRefresh}));
  }
  MemoryRig rig_;
};

TEST_P(EveryPreset, AnL2HitTakesTheSumOfItsParts) {
  const AddressMap map(rig_.spec(), rig_.conditions());
  const auto per_half = static_cast<int>(rig_.spec().slices_per_half());
  for (const std::uint8_t sectors : {kFirst, rig_.all_sectors()}) {
    for (int n = 0; n < 40; ++n) {
      const Address line = static_cast<Address>(n * rig_.spec().line_bytes);
      const int sm = n % static_cast<int>(rig_.spec().sm_count);
      rig_.latency(line, sectors, sm);
      const int home = map.place(line).slice;
      const int near = rig_.floorplan().half_of(sm) * per_half + home % per_half;
      EXPECT_EQ(rig_.latency(line, sectors, sm), hit_cycles(rig_, sm, near, sectors)) << n;
      EXPECT_EQ(rig_.latency(line, sectors, sm, true), hit_cycles(rig_, sm, home, sectors)) << n;
    }
  }
}

TEST_P(EveryPreset, AnAccessToDramAddsTheWayThereAndTheDevice) {
  rig_.reset(with_off({Mechanism::kTlb, Mechanism::kRefresh, Mechanism::kRows}));
  const GpuSpec& s = rig_.spec();
  const AddressMap map(s, rig_.conditions());
  // A miss is answered as its data come back: the slice's pipeline is part of dram_path_ps.
  const double device = static_cast<double>(s.cl_ps + s.burst_ps + s.dram_path_ps) *
                        static_cast<double>(s.clock_hz) / 1e12;
  for (int n = 0; n < 40; ++n) {
    const Address line = static_cast<Address>(n * s.page_bytes);
    const int home = map.place(line).slice;
    const auto expected =
        static_cast<double>(hit_cycles(rig_, 0, home, kFirst) - s.l2_cycles) + device;
    const auto took = static_cast<double>(rig_.latency(line, kFirst));
    EXPECT_GE(took, expected - 1) << n;
    EXPECT_LE(took, expected + 4) << n << ": roundings to cycles";
  }
}

INSTANTIATE_TEST_SUITE_P(MemorySystem, EveryPreset,
                         ::testing::Values("teaching", "v100", "a100", "h100-pcie", "h100", "h200",
                                           "b200"),
                         [](const auto& preset) {
                           std::string name = preset.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(MemorySystem, APageIsWalkedOnceHoweverManyAskForIt) {
  MemoryRig rig("rig", gpu_preset("teaching"));
  const GpuSpec& s = rig.spec();
  const auto cold = [&](Address page) {
    const std::int64_t walks = rig.counter("tlb.walks");
    const Cycle took = rig.latency(page * static_cast<Address>(s.page_bytes), kFirst);
    return std::pair{took, rig.counter("tlb.walks") > walks};
  };
  int walked = 0;
  for (Address page = 0; page < 40; ++page) walked += cold(page).second ? 1 : 0;
  EXPECT_GT(walked, 8) << "some pages are known from before";
  EXPECT_LT(walked, 32);

  rig.reset(Conditions::seeded(1));
  const std::int64_t before = rig.counter("tlb.walks");
  for (int n = 0; n < 10; ++n) {
    rig.send_in(n, {static_cast<Address>(n % 2) * 64, kFirst, Access::kRead, false, n % 2, 0});
  }
  rig.run();
  EXPECT_LE(rig.counter("tlb.walks") - before, 1);
}

TEST(MemorySystem, TheTlbAddsWhatItsLevelsTake) {
  MemoryRig rig("rig", gpu_preset("teaching"));
  const GpuSpec& s = rig.spec();
  rig.reset(with_off({Mechanism::kRefresh}));
  for (Address n = 0; n < 30; ++n) {
    const Address line = n * static_cast<Address>(s.page_bytes);
    rig.latency(line, kFirst);
    const Cycle known = rig.latency(line, kFirst);
    // Push the page out of the SM's TLB, not out of the GPU's.
    for (Address other = 1; other <= static_cast<Address>(s.l1_tlb_entries); ++other) {
      rig.latency((n + 100 + other) * static_cast<Address>(s.page_bytes), kFirst);
    }
    EXPECT_EQ(rig.latency(line, kFirst), known + s.l2_tlb_cycles) << n;
  }
}

TEST(MemorySystem, AFullPortSaysSoAndCallsWhenItIsFree) {
  MemoryRig rig("rig", gpu_preset("teaching"));
  rig.reset(with_off({Mechanism::kTlb}));
  std::vector<std::vector<LineRequest>> lists(2);
  for (int n = 0; n < 300; ++n) {
    lists[0].push_back({static_cast<Address>(n) * 64, 0b11, Access::kWrite, false, 0, 0});
  }
  const Cycle took = rig.work_off(lists, 1000);
  EXPECT_EQ(rig.replies(0).size(), 300U);
  EXPECT_GT(rig.port_calls(), 50);
  EXPECT_GE(took, 300 * 3) << "a header and two sectors each, one flit a cycle";
  rig.reset(with_off({Mechanism::kTlb, Mechanism::kPorts}));
  rig.work_off(lists, 1000);
  EXPECT_EQ(rig.port_calls(), 0);
}

TEST(MemorySystem, TheSameSeedGivesTheSameCyclesAndAnotherOthers) {
  MemoryRig rig("rig", gpu_preset("teaching"));
  std::set<Cycle> same;
  std::set<Cycle> different;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    rig.reset(Conditions::seeded(7));
    same.insert(rig.work_off(rig.deal(0, 3000), 16));
    rig.reset(Conditions::seeded(seed));
    different.insert(rig.work_off(rig.deal(0, 3000), 16));
  }
  EXPECT_EQ(same.size(), 1U);
  EXPECT_GE(different.size(), 4U);
}

TEST(MemorySystem, EachCauseOfTheMemoryChangesSomethingOnItsOwn) {
  MemoryRig rig("rig", gpu_preset("teaching"));
  const auto trace = [&](const Conditions& c) {
    rig.reset(c);
    const std::int64_t lines = 5 * rig.spec().l2_bytes() / rig.spec().line_bytes / 4;
    rig.work_off(rig.deal(0, lines), 16);
    rig.work_off(rig.deal(0, lines), 16);
    std::vector<Cycle> cycles;
    for (int sm = 0; sm < rig.spec().sm_count; ++sm) {
      for (const Told& told : rig.replies(sm)) {
        cycles.push_back(told.cycle - rig.replies(0).front().cycle);
      }
    }
    return cycles;
  };
  const Conditions base = Conditions::seeded(1);
  const std::vector<Cycle> expected = trace(base);
  for (const Cause cause :
       {Cause::kPlacement, Cause::kRefresh, Cause::kRows, Cause::kCaches, Cause::kTlb}) {
    Conditions c = base;
    c.seeds[static_cast<std::size_t>(cause)] += 12345;
    EXPECT_NE(trace(c), expected) << causes()[static_cast<std::size_t>(cause)].name;
  }
  Conditions host = base;
  host.seeds[static_cast<std::size_t>(Cause::kHost)] += 12345;
  EXPECT_EQ(trace(host), expected);
}

TEST(MemorySystem, WithoutDistanceEverySliceOfAHalfIsEquallyFar) {
  MemoryRig rig("rig", gpu_preset("h100"));
  const auto spread = [&](const Conditions& c) {
    rig.reset(c);
    std::set<Cycle> latencies;
    for (Address line = 0; line < 64 * 128; line += 128) {
      rig.latency(line, kFirst);
      latencies.insert(rig.latency(line, kFirst));
    }
    return latencies.size();
  };
  EXPECT_GT(spread(with_off({Mechanism::kRefresh})), 10U);
  EXPECT_EQ(spread(with_off({Mechanism::kRefresh, Mechanism::kDistance})), 1U);
}

TEST(MemorySystem, WithOneHalfNothingIsFar) {
  MemoryRig rig("rig", gpu_preset("h100"));
  const auto far = [&](const Conditions& c) {
    rig.reset(c);
    rig.work_off(rig.deal(0, 4000), 8);
    return rig.counter("l2.far_sectors");
  };
  EXPECT_GT(far(with_off({})), 0);
  EXPECT_EQ(far(with_off({Mechanism::kHalves})), 0);
}

TEST(MemorySystem, BackgroundTrafficSlowsASmsWorkAndEndsWhenToldTo) {
  MemoryRig rig("rig", gpu_preset("teaching"));
  const auto took = [&](std::int64_t permille) {
    Conditions c = Conditions::seeded(3);
    c.background_permille = permille;
    rig.reset(c);
    const Cycle begin = rig.timeline().now();
    rig.memory().start_background(rig.timeline().now());
    rig.feed_until_answered(rig.deal(0, 4000), 8, 4000);
    EXPECT_EQ(rig.replies(0).size() + rig.replies(1).size(), 4000U);
    EXPECT_TRUE(rig.timeline().empty());
    return std::max(rig.replies(0).back().cycle, rig.replies(1).back().cycle) - begin;
  };
  const Cycle alone = took(0);
  const Cycle shared = took(500);
  EXPECT_GT(shared, alone);
  EXPECT_GT(took(1000), shared);
  EXPECT_LT(took(1000), 100 * alone);
}

TEST(MemorySystem, AnObserverHearsTheEventsThatTheCountersCount) {
  struct Listener : hw::Observer {
    void on_track(hw::TrackId track, std::string_view path) override { paths[track] = path; }
    void on_issue(const hw::IssueEvent& /*event*/) override {}
    void on_stream(const hw::StreamEvent& /*event*/) override {}
    void on_end(std::int64_t /*cycle*/) override {}
    void on_activity(const hw::ActivityEvent& event) override {
      ++kinds[std::string(event.kind)];
      EXPECT_TRUE(paths.contains(event.track));
    }
    std::map<hw::TrackId, std::string> paths;
    std::map<std::string, std::int64_t> kinds;
  };
  MemoryRig rig("rig", gpu_preset("teaching"));
  Listener listener;
  rig.watch().observe(&listener);
  rig.work_off(rig.deal(0, 500), 4);
  EXPECT_EQ(listener.kinds["l2.requests"], rig.counter("l2.requests"));
  EXPECT_EQ(listener.kinds["dram.row_hits"], rig.counter("dram.row_hits"));
  EXPECT_EQ(listener.kinds["dram.row_conflicts"], rig.counter("dram.row_conflicts"));
  EXPECT_EQ(listener.kinds["dram.row_opens"], rig.counter("dram.row_opens"));
}

}  // namespace
}  // namespace metronome::gpu
