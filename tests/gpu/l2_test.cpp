// SPDX-License-Identifier: Apache-2.0
// What the L2 does with reads, writes and atomics, seen from the SMs of a small GPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "hw/gpu/random.h"
#include "tests/gpu/memory_rig.h"

namespace metronome::gpu {
namespace {

constexpr std::uint8_t kFirst = 0b01;
constexpr std::uint8_t kSecond = 0b10;
constexpr std::uint8_t kBoth = 0b11;

Conditions quiet(std::uint64_t seed = 1) {
  Conditions c = Conditions::seeded(seed);
  for (const Mechanism m : {Mechanism::kTlb, Mechanism::kRefresh}) {
    c.off.set(static_cast<std::size_t>(m));
  }
  return c;
}

/// The teaching GPU with an SM in each half.
GpuSpec small_spec() {
  GpuSpec spec = gpu_preset("teaching");
  spec.sms_per_gpc = 1;
  return spec;
}

class L2 : public ::testing::Test {
 protected:
  L2() : rig_("rig", small_spec()) { rig_.reset(quiet()); }
  Cycle write(Address line, std::uint8_t sectors, int sm = 0) {
    return rig_.latency({line, sectors, Access::kWrite, false, sm, 0});
  }
  Cycle atomic(Address line, std::uint8_t sectors, int sm = 0) {
    return rig_.latency({line, sectors, Access::kAtomic, false, sm, 0});
  }
  std::int64_t dram_reads() const {
    return rig_.counter("dram.bytes_read") / rig_.spec().burst_bytes;
  }
  std::int64_t dram_writes() const {
    return rig_.counter("dram.bytes_written") / rig_.spec().burst_bytes;
  }
  int other_half_sm(int sm) const {
    for (int s = 0; s < rig_.spec().sm_count; ++s) {
      if (rig_.floorplan().half_of(s) != rig_.floorplan().half_of(sm)) return s;
    }
    return -1;
  }

  MemoryRig rig_;
};

TEST_F(L2, OnlyTheSectorsAskedForAreFetchedAndTheRestLater) {
  rig_.latency(0, kFirst);
  EXPECT_EQ(dram_reads(), 1);
  rig_.latency(0, kFirst);
  EXPECT_EQ(dram_reads(), 1);
  rig_.latency(0, kBoth);
  EXPECT_EQ(dram_reads(), 2);
}

TEST_F(L2, AWriteFetchesNothingAndMakesItsSectorsValid) {
  write(0, kFirst);
  EXPECT_EQ(dram_reads(), 0);
  rig_.latency(0, kFirst);
  EXPECT_EQ(dram_reads(), 0);
  rig_.latency(0, kSecond);
  EXPECT_EQ(dram_reads(), 1);
  EXPECT_EQ(dram_writes(), 0) << "written back only when it has to leave";
}

TEST_F(L2, RequestsForALineOnItsWayWaitForTheOneFetch) {
  for (int n = 0; n < 4; ++n) rig_.send_in(n, {0, kBoth, Access::kRead, false, 0, 0});
  rig_.run();
  EXPECT_EQ(rig_.replies(0).size(), 4U);
  EXPECT_EQ(dram_reads(), 2);
  EXPECT_GT(rig_.counter("l2.merged_sectors"), 0);
}

TEST_F(L2, DirtyLinesAreWrittenBackOnceWhenTheyLeave) {
  const std::int64_t lines = 3 * rig_.spec().l2_bytes() / rig_.spec().line_bytes;
  rig_.work_off(rig_.deal(0, lines, Access::kWrite), 16);
  const std::int64_t sectors = lines * rig_.spec().sectors_per_line();
  EXPECT_EQ(rig_.counter("l2.written_sectors"), sectors);
  EXPECT_EQ(dram_reads(), 0);
  EXPECT_EQ(dram_writes(), rig_.counter("l2.written_back_sectors"));
  EXPECT_GE(dram_writes(), sectors * 2 / 3 - 8);
  EXPECT_LE(dram_writes(), sectors);
}

TEST_F(L2, WritesCannotRunAheadOfDram) {
  const std::int64_t lines = 8 * rig_.spec().l2_bytes() / rig_.spec().line_bytes;
  const Cycle took = rig_.work_off(rig_.deal(0, lines, Access::kWrite), 64);
  const double written = static_cast<double>(rig_.counter("dram.bytes_written"));
  EXPECT_LE(written / rig_.spec().seconds(took), rig_.spec().dram_peak_bytes_per_second());
  EXPECT_GE(written, 0.75 * static_cast<double>(lines * rig_.spec().line_bytes));
}

TEST_F(L2, AReadFillsTheNearHalfAndIsServedThereTheNextTime) {
  std::set<Cycle> first_reads;
  for (Address line = 0; line < 4096; line += 64) {
    rig_.latency(line, kBoth, other_half_sm(0));  // somebody else has brought it to its home
    const std::int64_t far = rig_.counter("l2.far_sectors");
    const Cycle first = rig_.latency(line, kBoth, 0);
    const Cycle again = rig_.latency(line, kBoth, 0);
    const bool was_far = rig_.counter("l2.far_sectors") > far;
    EXPECT_EQ(first - again, was_far ? rig_.spec().l2_far_cycles : 0) << line;
  }
}

TEST_F(L2, AWriteMakesTheOtherHalfsCopyStale) {
  const int near = 0;
  const int far = other_half_sm(near);
  ASSERT_GE(far, 0);
  for (Address line = 0; line < 2048; line += 64) {
    rig_.latency(line, kBoth, near);
    rig_.latency(line, kBoth, far);
    const Cycle hit_near = rig_.latency(line, kBoth, near);
    const Cycle hit_far = rig_.latency(line, kBoth, far);
    write(line, kFirst, near);
    const Cycle after =
        (rig_.latency(line, kBoth, near) - hit_near) + (rig_.latency(line, kBoth, far) - hit_far);
    EXPECT_EQ(after, rig_.spec().l2_far_cycles) << "one of the two has to ask home again";
  }
}

TEST_F(L2, StrongReadsAndAtomicsAreServedAtHomeAndSayWhen) {
  const Address line = 640;
  rig_.latency(line, kBoth);
  for (int n = 0; n < 2; ++n) rig_.latency(line, kFirst, 0, true);
  atomic(line, kFirst);
  ASSERT_EQ(rig_.services(0).size(), 3U);
  for (std::size_t n = 0; n < 3; ++n) {
    const Told& served = rig_.services(0)[n];
    const Told& answered = rig_.replies(0)[n + 1];
    EXPECT_EQ(served.token, answered.token);
    EXPECT_LT(served.cycle, answered.cycle);
  }
  EXPECT_EQ(rig_.counter("dram.bytes_read"), 64);
}

TEST_F(L2, AtomicsOnOneSectorTakeEffectInTurn) {
  for (int n = 0; n < 8; ++n) rig_.send_in(0, {0, kFirst, Access::kAtomic, false, n % 2, 0});
  rig_.run();
  std::multiset<Cycle> served;
  for (int sm = 0; sm < 2; ++sm) {
    for (const Told& told : rig_.services(sm)) served.insert(told.cycle);
  }
  EXPECT_EQ(served.size(), 8U);
  EXPECT_EQ(dram_reads(), 1) << "the sector is fetched before it is changed";
}

TEST_F(L2, ASmallTableOfMissesMakesRequestsWaitUnlessItsLimitIsOff) {
  const auto took = [&](bool limits) {
    Conditions c = quiet();
    if (!limits) c.off.set(static_cast<std::size_t>(Mechanism::kMshrLimits));
    rig_.reset(c);
    for (int n = 0; n < 64; ++n) {
      rig_.send_in(0, {static_cast<Address>(n) * 64, kBoth, Access::kRead, false, n % 2, 0});
    }
    rig_.run();
    return rig_.counter("l2.full");
  };
  EXPECT_GT(took(true), 0);
  EXPECT_EQ(took(false), 0);
}

TEST_F(L2, WithoutSliceBandwidthASliceServesAllAtOnce) {
  const auto took = [&](Mechanism off) {
    Conditions c = quiet();
    c.off.set(static_cast<std::size_t>(Mechanism::kPorts));
    c.off.set(static_cast<std::size_t>(off));
    rig_.reset(c);
    rig_.latency(0, kBoth);
    for (int n = 0; n < 50; ++n) rig_.send_in(0, {0, kBoth, Access::kRead, false, 0, 0});
    rig_.run();
    const auto& replies = rig_.replies(0);
    return replies.back().cycle - replies[1].cycle;
  };
  EXPECT_EQ(took(Mechanism::kRows), 49 * 2) << "64 bytes at 32 a cycle";
  EXPECT_EQ(took(Mechanism::kSliceBandwidth), 0);
}

TEST_F(L2, EverySectorAskedForIsAccountedForAndAnswered) {
  const std::int64_t lines = 2 * rig_.spec().l2_bytes() / rig_.spec().line_bytes;
  rig_.work_off(rig_.deal(0, lines), 24);
  rig_.work_off(rig_.deal(0, lines), 24);
  std::size_t answers = 0;
  for (int sm = 0; sm < rig_.spec().sm_count; ++sm) answers += rig_.replies(sm).size();
  EXPECT_EQ(answers, static_cast<std::size_t>(2 * lines));
  EXPECT_EQ(rig_.counter("l2.read_sectors"),
            rig_.counter("l2.hit_sectors") + rig_.counter("l2.copy_sectors") +
                rig_.counter("l2.merged_sectors") + rig_.counter("l2.missed_sectors") +
                rig_.counter("l2.far_sectors"));
  const std::int64_t asked = 2 * lines * rig_.spec().sectors_per_line();
  EXPECT_EQ(rig_.counter("crossbar.reply_flits"), asked);
  EXPECT_EQ(rig_.counter("crossbar.request_flits"), 2 * lines);
  EXPECT_EQ(rig_.counter("dram.bytes_read"), rig_.counter("l2.missed_sectors") * kSectorBytes);
  EXPECT_GE(rig_.counter("dram.bytes_read"), lines * rig_.spec().line_bytes) << "compulsory";
}

TEST_F(L2, InAnyMixEveryRequestIsAnsweredOnceAndEveryAtomicTakesEffectOnce) {
  Conditions conditions = Conditions::seeded(4);
  conditions.background_permille = 300;
  rig_.reset(conditions);
  const auto lines =
      static_cast<std::uint64_t>(3 * rig_.spec().l2_bytes() / rig_.spec().line_bytes / 2);
  constexpr int kRequests = 40'000;
  std::vector<std::vector<LineRequest>> lists(2);
  std::vector<std::uint32_t> to_serve;
  Random random(9);
  for (std::uint32_t n = 0; n < kRequests; ++n) {
    LineRequest r;
    r.line = random.below(lines) * static_cast<Address>(rig_.spec().line_bytes);
    r.sectors = static_cast<std::uint8_t>(1 + random.below(3));
    r.access =
        std::array{Access::kRead, Access::kRead, Access::kWrite, Access::kAtomic}[random.below(4)];
    if (r.access == Access::kAtomic) r.sectors = kSecond;
    r.strong = r.access == Access::kRead && random.below(4) == 0;
    r.sm = static_cast<int>(random.below(2));
    r.token = n;
    if (r.strong || r.access == Access::kAtomic) to_serve.push_back(n);
    lists[static_cast<std::size_t>(r.sm)].push_back(r);
  }
  rig_.memory().start_background(rig_.timeline().now());
  rig_.feed_until_answered(lists, 40, kRequests);
  std::vector<std::uint32_t> answered;
  std::vector<std::uint32_t> served;
  for (int sm = 0; sm < 2; ++sm) {
    for (const Told& told : rig_.replies(sm)) answered.push_back(told.token);
    for (const Told& told : rig_.services(sm)) served.push_back(told.token);
  }
  std::ranges::sort(answered);
  std::ranges::sort(served);
  ASSERT_EQ(answered.size(), static_cast<std::size_t>(kRequests));
  EXPECT_EQ(std::ranges::adjacent_find(answered), answered.end());
  EXPECT_EQ(served, to_serve);
  EXPECT_GT(rig_.counter("l2.far_sectors"), 0);
  EXPECT_GT(rig_.counter("l2.full"), 0);
}

}  // namespace
}  // namespace metronome::gpu
