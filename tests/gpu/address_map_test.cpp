// SPDX-License-Identifier: Apache-2.0
// Where lines lie: every slice, channel and bank gets its share of any regular pattern.
#include "hw/gpu/address_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

GpuSpec spec_with_slices(std::int64_t slices) {
  GpuSpec spec = gpu_preset("h100");
  spec.l2_halves = slices % 2 == 0 ? 2 : 1;
  spec.l2_slices = slices;
  spec.pseudo_channels = 2 * slices;
  spec.dram_bytes = 4096 * kMiB;
  return spec;
}

Conditions without(Mechanism m) {
  Conditions c = Conditions::seeded(1);
  c.off.set(static_cast<std::size_t>(m));
  return c;
}

/// Lines of the most loaded slice over the mean.
double imbalance(const GpuSpec& spec, const Conditions& conditions, std::int64_t stride_lines,
                 std::int64_t lines) {
  const AddressMap map(spec, conditions);
  std::vector<std::int64_t> load(static_cast<std::size_t>(spec.l2_slices));
  for (std::int64_t n = 0; n < lines; ++n) {
    const auto line = static_cast<Address>(n * stride_lines * spec.line_bytes);
    ++load[static_cast<std::size_t>(map.place(line).slice)];
  }
  return static_cast<double>(*std::ranges::max_element(load)) * static_cast<double>(load.size()) /
         static_cast<double>(lines);
}

TEST(AddressMap, AnyNumberOfSlicesIsLoadedEvenlyByConsecutiveLines) {
  for (const std::int64_t slices : {1, 3, 7, 80, 96}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      EXPECT_LT(imbalance(spec_with_slices(slices), Conditions::seeded(seed), 1, slices * 500),
                1.01)
          << slices << " slices";
    }
  }
}

TEST(AddressMap, AnyNumberOfSlicesIsLoadedEvenlyByStrides) {
  for (const std::int64_t slices : {1, 3, 7, 80, 96}) {
    for (const std::int64_t stride : {2, 3, 7, 16, 32, 80, 96, 128, 1024}) {
      const std::int64_t lines = std::min<std::int64_t>(slices * 2000, 32'000'000 / stride);
      // Lines thrown at random over slices spread by the root of their share: five of those.
      const double share = static_cast<double>(lines) / static_cast<double>(slices);
      EXPECT_LT(imbalance(spec_with_slices(slices), Conditions::seeded(1), stride, lines),
                1.0 + 5.0 / std::sqrt(share))
          << slices << " slices, stride " << stride;
    }
  }
}

TEST(AddressMap, WithoutTheHashAStrideOfAllSlicesMeetsOneSlice) {
  const GpuSpec spec = spec_with_slices(8);
  EXPECT_NEAR(imbalance(spec, without(Mechanism::kHash), 8, 4000), 8.0, 0.01);
  EXPECT_NEAR(imbalance(spec, without(Mechanism::kHash), 1, 4000), 1.0, 0.01);
}

TEST(AddressMap, NoTwoLinesShareAPlace) {
  for (const std::int64_t slices : {3, 80}) {
    const GpuSpec spec = spec_with_slices(slices);
    const AddressMap map(spec, Conditions::seeded(5));
    std::set<std::pair<int, std::uint64_t>> seen;
    for (Address line = 0; line < 16 * kMiB; line += static_cast<Address>(spec.line_bytes)) {
      const Place p = map.place(line);
      ASSERT_GE(p.slice, 0);
      ASSERT_LT(p.slice, slices);
      ASSERT_TRUE(seen.emplace(p.slice, p.local).second) << line;
    }
  }
}

TEST(AddressMap, ARowHoldsAsManyLinesAsItsBytes) {
  const GpuSpec spec = spec_with_slices(80);
  const AddressMap map(spec, Conditions::seeded(5));
  std::map<std::tuple<int, int, std::uint64_t>, std::int64_t> lines;
  const std::int64_t locals = 4096;
  for (std::int64_t local = 0; local < locals; ++local) {
    const DramPlace at = map.dram({17, static_cast<std::uint64_t>(local)});
    EXPECT_EQ(at.channel / spec.channels_per_slice(), 17);
    ASSERT_LT(at.bank, spec.dram_banks);
    ++lines[{at.channel, at.bank, at.row}];
  }
  for (const auto& [row, count] : lines) EXPECT_EQ(count, spec.row_bytes / spec.line_bytes);
}

TEST(AddressMap, AStreamSpreadsOverAllBanksOfAChannel) {
  const GpuSpec spec = spec_with_slices(80);
  const AddressMap map(spec, Conditions::seeded(5));
  std::map<int, std::int64_t> banks;
  const std::int64_t rows = 64 * spec.dram_banks;
  const std::int64_t locals = rows * spec.row_bytes / spec.line_bytes * spec.channels_per_slice();
  for (std::int64_t local = 0; local < locals; ++local) {
    const DramPlace at = map.dram({3, static_cast<std::uint64_t>(local)});
    if (at.channel % spec.channels_per_slice() == 0) ++banks[at.bank];
  }
  ASSERT_EQ(banks.size(), static_cast<std::size_t>(spec.dram_banks));
  for (const auto& [bank, count] : banks) {
    EXPECT_EQ(count, locals / spec.channels_per_slice() / spec.dram_banks) << bank;
  }
}

TEST(AddressMap, PlacesDependOnTheSeedOfPlacementAlone) {
  const GpuSpec spec = spec_with_slices(80);
  Conditions other = Conditions::seeded(1);
  const auto differing = [&](const Conditions& conditions) {
    const AddressMap a(spec, Conditions::seeded(1));
    const AddressMap b(spec, conditions);
    int different = 0;
    for (Address line = 0; line < 1000 * 128; line += 128) {
      different += a.place(line).slice != b.place(line).slice ? 1 : 0;
    }
    return different;
  };
  for (const CauseInfo& cause : causes()) {
    if (cause.cause != Cause::kPlacement) ++other.seeds[static_cast<std::size_t>(cause.cause)];
  }
  EXPECT_EQ(differing(other), 0);
  ++other.seeds[static_cast<std::size_t>(Cause::kPlacement)];
  EXPECT_GT(differing(other), 900);
}

TEST(AddressMap, AnAddressBeyondTheMemoryIsAnError) {
  const GpuSpec spec = spec_with_slices(8);
  const AddressMap map(spec, Conditions::seeded(1));
  EXPECT_NO_THROW(map.place(static_cast<Address>(spec.dram_bytes) - 128));
  EXPECT_THROW(map.place(static_cast<Address>(spec.dram_bytes) * 2), InvariantError);
}

}  // namespace
}  // namespace metronome::gpu
