// SPDX-License-Identifier: Apache-2.0
// One pseudo-channel: times worked out by hand, the order of service, and its mechanisms off.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "hw/gpu/dram_channel.h"

namespace metronome::gpu {
namespace {

using ::testing::ElementsAre;

/// A clock of 1 ps a cycle would overflow nothing and round nothing: times can be compared exactly.
constexpr std::int64_t kPicosecondClock = 1'000'000'000'000;
constexpr Picoseconds kStart = 1'000'000;  // when the first requests come

GpuSpec slow_spec() {
  GpuSpec spec = gpu_preset("teaching");
  spec.clock_hz = kPicosecondClock;
  spec.dram_banks = 8;
  spec.bank_groups = 4;
  spec.burst_ps = 2000;
  spec.rcd_ps = 15'000;
  spec.rp_ps = 13'000;
  spec.cl_ps = 11'000;
  spec.ras_ps = 30'000;
  spec.ccd_s_ps = 2000;
  spec.ccd_l_ps = 4000;
  spec.rrd_ps = 3000;
  spec.faw_ps = 20'000;
  spec.wr_ps = 16'000;
  spec.rtp_ps = 7000;
  spec.wtr_ps = 8000;
  spec.rtw_ps = 5000;
  spec.refi_ps = 4'000'000;
  spec.rfc_ps = 200'000;
  spec.dram_queue_entries = 8;
  return spec;
}

Conditions plain() {
  Conditions c = Conditions::seeded(1);
  c.off.set(static_cast<std::size_t>(Mechanism::kRefresh));
  return c;
}

Conditions plain_without(Mechanism m) {
  Conditions c = plain();
  c.off.set(static_cast<std::size_t>(m));
  return c;
}

class Channel : public DramListener, public Component {
 public:
  explicit Channel(const GpuSpec& spec, const Conditions& conditions = plain())
      : spec_(spec),
        conditions_(conditions),
        clock_(spec.clock_hz, {}, 0),
        timeline_("timeline"),
        channel_("channel", 0, spec_, timeline_, *this, watch_) {
    channel_.reset(conditions_, clock_, 0);
  }

  /// Its token is its number.
  void at(Picoseconds time, int bank, std::uint64_t row, int bursts = 1, bool write = false) {
    const auto token = static_cast<std::uint32_t>(requests_.size());
    requests_.push_back({token, bank, row, bursts, write});
    timeline_.schedule(time, *this, 0, token);
  }
  void run() {
    timeline_.run([] { return false; });
  }
  /// When the last data of the request have passed the bus.
  Picoseconds end(std::uint32_t token) const { return ends_.at(token); }
  const std::vector<std::uint32_t>& order() const { return order_; }
  const DramChannel::Counts& counts() const { return channel_.counts(); }

  void on_data(std::uint32_t token, Picoseconds time, Cycle /*now*/) override {
    ends_[token] = time;
    order_.push_back(token);
  }
  void on_event(std::uint32_t /*kind*/, std::uint32_t a, std::uint64_t /*b*/, Cycle now) override {
    channel_.add(requests_[a], now);
  }

 private:
  GpuSpec spec_;
  Conditions conditions_;
  Clock clock_;
  Watch watch_;
  Timeline timeline_;
  DramChannel channel_;
  std::vector<DramRequest> requests_;
  std::map<std::uint32_t, Picoseconds> ends_;
  std::vector<std::uint32_t> order_;
};

/// A row is open in bank 0 from the start of `c` on; later requests come when all is quiet.
constexpr Picoseconds kQuiet = 2'000'000;

TEST(DramChannel, ARowHitTakesTheLatencyAndTheBurst) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  c.at(kQuiet, 0, 5);
  c.run();
  EXPECT_EQ(c.end(1), kQuiet + 11'000 + 2000);
  EXPECT_EQ(c.counts().row_hits, 1);
}

TEST(DramChannel, ARowConflictClosesAndOpensFirst) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  c.at(kQuiet, 0, 6);
  c.run();
  EXPECT_EQ(c.end(1), kQuiet + 13'000 + 15'000 + 11'000 + 2000);
  EXPECT_GE(c.counts().row_conflicts, 1);
}

TEST(DramChannel, AClosedBankIsOpenedFirst) {
  const GpuSpec spec = slow_spec();
  Conditions conditions = plain();
  conditions.off.reset(static_cast<std::size_t>(Mechanism::kRefresh));
  Channel c(spec, conditions);
  c.at(kStart, 0, 5);
  // In this time every bank has been refreshed, and so closed; but no refresh is going on for the
  // seed: where it were, the request would wait longer.
  const Picoseconds later = kStart + 3 * spec.refi_ps + spec.refi_ps / 2;
  c.at(later, 0, 5);
  c.run();
  EXPECT_GE(c.counts().refreshes, 3);
  EXPECT_EQ(c.counts().row_hits, 0);
  const Picoseconds wait = c.end(1) - later;
  EXPECT_GE(wait, 15'000 + 11'000 + 2000);
  EXPECT_LE(wait, 15'000 + 11'000 + 2000 + spec.rfc_ps);
}

TEST(DramChannel, BurstsOfARowKeepTheDistanceOfTheirBankGroup) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  c.at(kQuiet, 0, 5, 4);
  c.run();
  EXPECT_EQ(c.end(1), kQuiet + 11'000 + 3 * 4000 + 2000);
}

TEST(DramChannel, BurstsOfDifferentBankGroupsFillTheBus) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  c.at(kStart, 1, 5);
  c.at(kQuiet, 0, 5, 4);
  c.at(kQuiet, 1, 5, 4);
  c.run();
  EXPECT_EQ(std::max(c.end(2), c.end(3)), kQuiet + 11'000 + 8 * 2000);
}

TEST(DramChannel, AConflictWaitsUntilItsRowHasBeenOpenLongEnough) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  c.at(kQuiet, 0, 6);           // opens at kQuiet + rp
  c.at(kQuiet + 14'000, 0, 7);  // closes no earlier than ras after that
  c.run();
  EXPECT_EQ(c.end(2), kQuiet + 13'000 + 30'000 + 13'000 + 15'000 + 11'000 + 2000);
}

TEST(DramChannel, AWriteRecoversBeforeItsRowCloses) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  c.at(kQuiet, 0, 5, 1, true);
  c.at(kQuiet + 12'000, 0, 6, 1, true);
  c.run();
  EXPECT_EQ(c.end(1), kQuiet + 11'000 + 2000);
  EXPECT_EQ(c.end(2), c.end(1) + 16'000 + 13'000 + 15'000 + 11'000 + 2000);
}

TEST(DramChannel, RowHitsGoBeforeOlderConflicts) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  for (int n = 0; n < 2; ++n) c.at(kQuiet, 0, 5);
  c.at(kQuiet, 0, 6);
  c.at(kQuiet, 0, 5);
  c.run();
  EXPECT_THAT(c.order(), ElementsAre(0, 1, 2, 4, 3));
}

TEST(DramChannel, WithoutReorderingTheFirstToComeIsTheFirstServed) {
  Channel c(slow_spec(), plain_without(Mechanism::kReordering));
  c.at(kStart, 0, 5);
  for (int n = 0; n < 2; ++n) c.at(kQuiet, 0, 5);
  c.at(kQuiet, 0, 6);
  c.at(kQuiet, 0, 5);
  c.run();
  EXPECT_THAT(c.order(), ElementsAre(0, 1, 2, 3, 4));
}

TEST(DramChannel, RowHitsDoNotStarveAConflictForLongerThanTheAgeCap) {
  GpuSpec spec = slow_spec();
  spec.dram_age_cap_ns = 100;
  Channel c(spec);
  c.at(kStart, 0, 5);
  for (int n = 0; n < 15; ++n) c.at(kQuiet, 0, 5);
  c.at(kQuiet, 0, 6);
  for (int n = 0; n < 200; ++n) c.at(kQuiet + n * 2000, 0, 5);
  c.run();
  EXPECT_LT(c.end(16), kQuiet + 200'000);
  EXPECT_GT(c.end(16), kQuiet + 100'000);
}

TEST(DramChannel, AReadAfterAWriteWaitsForTheBusToTurn) {
  Channel c(slow_spec());
  c.at(kStart, 0, 5);
  c.at(kStart, 1, 5);
  c.at(kQuiet, 0, 5, 1, true);
  c.at(kQuiet + 1, 1, 5);
  c.run();
  EXPECT_EQ(c.end(3) - c.end(2), 8000 + 11'000 + 2000);
}

TEST(DramChannel, WithoutTurnaroundAReadFollowsAWriteAtOnce) {
  Channel c(slow_spec(), plain_without(Mechanism::kTurnaround));
  c.at(kStart, 0, 5);
  c.at(kStart, 1, 5);
  c.at(kQuiet, 0, 5, 1, true);
  c.at(kQuiet + 1, 1, 5);
  c.run();
  EXPECT_EQ(c.end(3) - c.end(2), 2000);
}

TEST(DramChannel, WithRowsOffEveryAccessIsAHit) {
  Channel c(slow_spec(), plain_without(Mechanism::kRows));
  c.at(kStart, 0, 5);
  c.at(kQuiet, 0, 6);
  c.run();
  EXPECT_EQ(c.end(0), kStart + 11'000 + 2000);
  EXPECT_EQ(c.end(1), kQuiet + 11'000 + 2000);
  EXPECT_EQ(c.counts().row_hits, 2);
}

TEST(DramChannel, FourActivatesFillTheirWindow) {
  Channel c(slow_spec());
  for (int bank = 0; bank < 8; ++bank) c.at(kStart, bank, 5);
  for (int bank = 0; bank < 5; ++bank) c.at(kQuiet, bank, 6);
  c.run();
  // Four activates 3 ns apart; the fifth waits until 20 ns after the first.
  EXPECT_EQ(c.end(12), kQuiet + 13'000 + 20'000 + 15'000 + 11'000 + 2000);
}

TEST(DramChannel, WritesWaitForReadsUntilEnoughOfThemHaveCome) {
  const GpuSpec spec = slow_spec();
  Channel c(spec);
  c.at(kStart, 0, 5);
  c.at(kQuiet, 0, 5, 4);
  c.at(kQuiet, 0, 5, 1, true);
  for (int n = 0; n < 3; ++n) c.at(kQuiet, 0, 5, 1);
  c.run();
  EXPECT_THAT(c.order(), ElementsAre(0, 1, 3, 4, 5, 2));
  EXPECT_EQ(c.counts().turnarounds, 1);
}

TEST(DramChannel, ARefreshHoldsABankAndItsPhaseComesFromTheSeed) {
  const auto ends = [](std::uint64_t seed) {
    Conditions conditions = Conditions::seeded(1);
    conditions.seeds[static_cast<std::size_t>(Cause::kRefresh)] = seed;
    const GpuSpec spec = slow_spec();
    Channel c(spec, conditions);
    const Picoseconds step = 50'000;
    for (Picoseconds t = 0; t < 2 * spec.refi_ps; t += step) c.at(kStart + t, 0, 5);
    c.run();
    std::vector<Picoseconds> waits;
    for (Picoseconds t = 0; t < 2 * spec.refi_ps; t += step) {
      waits.push_back(c.end(static_cast<std::uint32_t>(t / step)) - kStart - t);
    }
    return waits;
  };
  const std::vector<Picoseconds> waits = ends(3);
  const Picoseconds longest = *std::ranges::max_element(waits);
  EXPECT_GT(longest, 150'000);
  EXPECT_LT(longest, 200'000 + 60'000);
  const auto held = std::ranges::count_if(waits, [](Picoseconds w) { return w > 45'000; });
  EXPECT_GE(held, 6) << "two or three refreshes of 200 ns, an access every 50 ns";
  EXPECT_LE(held, 15);
}

TEST(DramChannel, AStreamOfRowsFillsTheBus) {
  GpuSpec spec = gpu_preset("h100");
  spec.clock_hz = kPicosecondClock;
  Channel c(spec, plain());
  const std::uint64_t lines = 4000;
  // As the address map lays them: eight lines a row, rows round the bank groups.
  for (std::uint64_t n = 0; n < lines; ++n) {
    const std::uint64_t row = n / 8;
    c.at(kStart + static_cast<Picoseconds>(n) * 4 * spec.burst_ps, static_cast<int>(row % 32),
         row / 32, 4);
  }
  c.run();
  const double took = static_cast<double>(c.end(lines - 1) - kStart);
  const double least = static_cast<double>(lines) * 4 * static_cast<double>(spec.burst_ps);
  EXPECT_GE(took, least);
  EXPECT_LT(took, least / 0.97);
}

}  // namespace
}  // namespace metronome::gpu
