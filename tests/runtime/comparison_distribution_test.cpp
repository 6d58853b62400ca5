// SPDX-License-Identifier: Apache-2.0
// Percentiles by nearest rank, against values found by hand.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace metronome::comparison
