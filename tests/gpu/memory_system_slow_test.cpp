// SPDX-License-Identifier: Apache-2.0
// Streams at the speed of DRAM, and the latency curve of a pointer chase through larger and larger
// buffers (V5 and V7), by the memory system alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "hw/gpu/random.h"
#include "tests/gpu/memory_rig.h"

namespace metronome::gpu {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

/// Of the peak, by lines in the order of their addresses with `window` lines in flight an SM.
double stream_share(MemoryRig& rig, std::int64_t lines, std::size_t window) {
  const Cycle took = rig.work_off(rig.deal(0, lines), window);
  const double bytes = static_cast<double>(lines * rig.spec().line_bytes);
  EXPECT_GE(rig.counter("dram.bytes_read"), lines * rig.spec().line_bytes);
  return bytes / rig.spec().seconds(took) / rig.spec().dram_peak_bytes_per_second();
}

struct StreamRow {
  std::string preset;
  double least;  // of the peak
};
void PrintTo(const StreamRow& row, std::ostream* out) { *out << row.preset; }

class Stream : public ::testing::TestWithParam<StreamRow> {};

TEST_P(Stream, ReadsUseMostOfThePeakAndNeverMore) {
  MemoryRig rig("rig", gpu_preset(GetParam().preset));
  Conditions bare = Conditions::seeded(1);
  bare.used_before = false;  // lest what others left be written back meanwhile
  rig.reset(bare);
  const std::int64_t lines = GetParam().preset == "teaching" ? 100'000 : 600'000;
  const double share = stream_share(rig, lines, 192);
  RecordProperty("share", std::to_string(share));
  EXPECT_GE(share, GetParam().least);
  EXPECT_LE(share, 1.0);
}

// HBM3e is faster than the L2's tables of misses let one stream be.
INSTANTIATE_TEST_SUITE_P(MemorySystem, Stream,
                         ::testing::Values(StreamRow{"teaching", 0.85}, StreamRow{"v100", 0.85},
                                           StreamRow{"a100", 0.85}, StreamRow{"h100-pcie", 0.85},
                                           StreamRow{"h100", 0.85}, StreamRow{"h200", 0.70},
                                           StreamRow{"b200", 0.65}),
                         [](const auto& row) {
                           std::string name = row.param.preset;
                           std::erase(name, '-');
                           return name;
                         });

TEST(MemorySystem, AMemoryOfHalfTheSpeedStreamsHalfAsFast) {
  const GpuSpec fast = gpu_preset("h100");
  GpuSpec slow = fast;
  slow.burst_ps *= 2;
  MemoryRig fast_rig("fast", fast);
  MemoryRig slow_rig("slow", slow);
  const std::int64_t lines = 400'000;
  const double fast_seconds = fast.seconds(fast_rig.work_off(fast_rig.deal(0, lines), 96));
  const double slow_seconds = slow.seconds(slow_rig.work_off(slow_rig.deal(0, lines), 96));
  EXPECT_NEAR(slow_seconds / fast_seconds, 2.0, 0.2);
}

/// Mean cycles of one SM's dependent reads, in a random order, of a buffer that has been read
/// twice.
double chase(MemoryRig& rig, double mebibytes) {
  rig.reset(Conditions::seeded(3));
  const auto line_bytes = static_cast<Address>(rig.spec().line_bytes);
  std::vector<Address> order(
      static_cast<std::size_t>(mebibytes * kMiB / static_cast<double>(line_bytes)));
  std::iota(order.begin(), order.end(), Address{0});
  Random random(5);
  for (std::size_t n = order.size(); n > 1; --n) {
    std::swap(order[n - 1], order[random.below(n)]);
  }
  std::vector<std::vector<LineRequest>> lists(1);
  for (const Address line : order) {
    lists[0].push_back({line * line_bytes, 0b1, Access::kRead, false, 0, 0});
  }
  rig.work_off(lists, 64);
  rig.work_off(lists, 64);
  return static_cast<double>(rig.work_off(lists, 1)) / static_cast<double>(order.size());
}

TEST(MemorySystem, AChaseThroughLargerBuffersClimbsAsPublished) {
  MemoryRig rig("rig", gpu_preset("h100-pcie"));
  struct Point {
    double mebibytes;
    double cycles;  // V5, GPUB
  };
  const std::vector<Point> points = {{2.0, 265.0},  {22.0, 265.0}, {26.6, 320.0}, {35.0, 475.0},
                                     {47.0, 475.0}, {57.0, 563.0}, {76.0, 650.0}};
  // The SM's own part of a load, before its request leaves and after its reply has come.
  const double in_sm = points.front().cycles - chase(rig, points.front().mebibytes);
  EXPECT_GT(in_sm, 10.0);
  EXPECT_LT(in_sm, 34.0) << "an L1 hit takes 34 in all";
  for (const Point& p : points) {
    EXPECT_NEAR(chase(rig, p.mebibytes) + in_sm, p.cycles, 0.1 * p.cycles) << p.mebibytes << " MiB";
  }
}

TEST(MemorySystem, HitsOfOneSmSpreadAsPublished) {
  MemoryRig rig("rig", gpu_preset("h100"));
  rig.reset(Conditions::seeded(3));
  std::vector<Cycle> cycles;
  const int lines = 256;
  for (int pass = 0; pass < 2; ++pass) {
    cycles.clear();
    for (int n = 0; n < lines; ++n) {
      cycles.push_back(rig.latency(static_cast<Address>(n * rig.spec().line_bytes), 0b1));
    }
  }
  std::ranges::sort(cycles);
  const auto at = [&](int percent) {
    return static_cast<double>(cycles[static_cast<std::size_t>(lines * percent / 100)]);
  };
  // V7, MT4G: p5 179, p50 222, p95 231, the SM's own part of 38 at most included.
  EXPECT_NEAR(at(50) - at(5), 222 - 179, 15);
  EXPECT_NEAR(at(95) - at(50), 231 - 222, 8);
  EXPECT_GT(at(50), 222 - 38 - 22);
  EXPECT_LT(at(50), 222);
}

}  // namespace
}  // namespace metronome::gpu
