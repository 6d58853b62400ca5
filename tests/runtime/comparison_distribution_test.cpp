// SPDX-License-Identifier: Apache-2.0
// Percentiles by nearest rank, against values found by hand, and bins that lose nothing.
#include <gtest/gtest.h>

#include <limits>

#include "hw/isa/error.h"
#include "runtime/comparison/distribution.h"

namespace metronome::comparison {
namespace {

Distribution of(const std::vector<std::int64_t>& values) {
  Distribution all;
  for (const std::int64_t value : values) all.add(value);
  return all;
}

TEST(ADistribution, TakesPercentilesThatWereObserved) {
  // Ranks of ten values: p50 the 5th, p90 the 9th, p99 and p99.9 the 10th.
  const Summary s = of({30, 10, 20, 40, 50, 60, 70, 80, 90, 1000}).summary();
  EXPECT_EQ(s, (Summary{10, 10, 50, 90, 1000, 1000, 1000}));
  EXPECT_EQ(s.spread(), 990);
  EXPECT_DOUBLE_EQ(s.tail_ratio(), 20.0);
}

TEST(ADistribution, OfAThousandValuesHasATrueTail) {
  Distribution all;
  for (std::int64_t value = 1000; value >= 1; --value) all.add(value);
  EXPECT_EQ(all.summary(), (Summary{1000, 1, 500, 900, 990, 999, 1000}));
}

TEST(ADistribution, OfAnOddCountHasItsMiddleValueAsMedian) {
  EXPECT_EQ(of({3, 1, 2}).summary().p50, 2);
  EXPECT_EQ(of({7}).summary(), (Summary{1, 7, 7, 7, 7, 7, 7}));
}

TEST(ADistribution, CountsRepeatedValues) {
  Distribution some;
  some.add(5, 98);
  some.add(9, 2);
  EXPECT_EQ(some.summary(), (Summary{100, 5, 5, 5, 9, 9, 9}));
  Distribution twice;
  twice.add(some);
  twice.add(some);
  EXPECT_EQ(twice.count(), 200);
  EXPECT_EQ(twice.at_permille(980), 5);
  EXPECT_EQ(twice.at_permille(981), 9);
}

TEST(ADistribution, TakesNegativeValues) {
  EXPECT_EQ(of({-5, 0, 5}).summary(), (Summary{3, -5, 0, 5, 5, 5, 5}));
}

TEST(ADistribution, DoesNotOverflowOnManyValues) {
  Distribution many;
  many.add(1, 5'000'000'000'000'000);
  many.add(2, 5'000'000'000'000'000);
  EXPECT_EQ(many.at_permille(500), 1);
  EXPECT_EQ(many.at_permille(501), 2);
}

TEST(ADistribution, WithoutValuesIsAllZeros) {
  EXPECT_EQ(Distribution().summary(), Summary{});
  EXPECT_THROW((void)Distribution().at_permille(500), InvariantError);
  EXPECT_THROW((void)of({1}).at_permille(1001), InvariantError);
}

void expect_whole(const Distribution& all, std::size_t most) {
  const std::vector<Bin> bins = all.bins(most);
  ASSERT_FALSE(bins.empty());
  EXPECT_LE(bins.size(), most);
  EXPECT_EQ(bins.front().from, all.summary().min);
  EXPECT_EQ(bins.back().to, all.summary().max);
  EXPECT_GT(bins.front().count, 0);
  EXPECT_GT(bins.back().count, 0);
  std::int64_t count = 0;
  for (std::size_t b = 0; b < bins.size(); ++b) {
    EXPECT_LE(bins[b].from, bins[b].to);
    if (b > 0) {
      EXPECT_EQ(bins[b].from, bins[b - 1].to + 1);
    }
    count += bins[b].count;
  }
  EXPECT_EQ(count, all.count());
}

TEST(ADistribution, IsCutIntoBinsThatHoldEveryValueOnce) {
  for (const std::vector<std::int64_t>& values : std::vector<std::vector<std::int64_t>>{
           {7}, {7, 7}, {0, 1}, {-5, 0, 5}, {1, 63}, {1, 64}, {1, 65}, {3, 1'000'000, 999}}) {
    for (const std::size_t most : {1U, 2U, 3U, 64U}) expect_whole(of(values), most);
  }
}

TEST(ADistribution, HasBinsOfOneValueEachWhereThereIsRoom) {
  EXPECT_EQ(of({4, 2, 4}).bins(64), (std::vector<Bin>{{2, 2, 1}, {3, 3, 0}, {4, 4, 2}}));
  EXPECT_EQ(of({4, 2, 4}).bins(2), (std::vector<Bin>{{2, 3, 1}, {4, 4, 2}}));
}

TEST(ADistribution, WithoutSpreadHasOneBin) {
  Distribution same;
  same.add(4222, 1000);
  EXPECT_EQ(same.bins(64), (std::vector<Bin>{{4222, 4222, 1000}}));
}

TEST(ADistribution, HasNoBinsWithoutValuesOrRoom) {
  EXPECT_TRUE(Distribution().bins(64).empty());
  EXPECT_TRUE(of({1, 2}).bins(0).empty());
}

TEST(ADistribution, HasBinsOverTheWholeRangeOfNumbers) {
  expect_whole(
      of({std::numeric_limits<std::int64_t>::min(), 0, std::numeric_limits<std::int64_t>::max()}),
      64);
}

}  // namespace
}  // namespace metronome::comparison
