// SPDX-License-Identifier: Apache-2.0
// The next token: the likeliest one, or a seeded draw that is the same on every host.
#include "runtime/generation/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hw/isa/error.h"

namespace metronome::runtime {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;

std::vector<std::int32_t> draws(const std::vector<float>& logits, SamplingOptions options,
                                int count) {
  Sampler sampler(options);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < count; ++i) ids.push_back(sampler.pick(logits));
  return ids;
}

TEST(SplitMix64, GivesThePublishedNumbers) {
  SplitMix64 random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(SplitMix64, GivesUnitNumbersBelowOne) {
  SplitMix64 random(7);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.next_unit();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
    EXPECT_EQ(value * 0x1p53, std::floor(value * 0x1p53));
  }
}

TEST(Sampler, TakesTheLowestOfEqualLogits) {  // I08
  Sampler greedy({});
  EXPECT_EQ(greedy.pick(std::vector<float>{1.0F, 3.0F, 2.0F, 3.0F}), 1);
  EXPECT_EQ(greedy.pick(std::vector<float>{-0.0F, 0.0F}), 0);
  EXPECT_EQ(greedy.pick(std::vector<float>(5, -std::numeric_limits<float>::infinity())), 0);
}

TEST(Sampler, RefusesALogitThatIsNotANumber) {
  const std::vector<float> logits = {0.0F, std::numeric_limits<float>::quiet_NaN()};
  for (const double temperature : {0.0, 1.0}) {
    Sampler sampler({temperature, 1.0, 1});
    EXPECT_THROW(sampler.pick(logits), InvariantError);
  }
}

TEST(Sampler, DrawsTheSameIdsFromTheSameSeed) {
  const std::vector<float> logits = {0.5F, 1.5F, -1.0F, 2.0F, 1.5F, 0.0F};
  EXPECT_EQ(draws(logits, {1.0, 1.0, 7}, 16),
            (std::vector<std::int32_t>{1, 3, 0, 1, 1, 3, 1, 3, 3, 1, 3, 5, 0, 0, 0, 1}));
  EXPECT_EQ(draws(logits, {0.5, 0.9, 7}, 16),
            (std::vector<std::int32_t>{3, 3, 4, 1, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 3}));
}

TEST(Sampler, KeepsTheLikeliestTokensUpToTopP) {
  // Probabilities 0.4, 0.3, 0.2, 0.1.
  const std::vector<float> logits = {std::log(4.0F), std::log(3.0F), std::log(2.0F), 0.0F};
  EXPECT_THAT(draws(logits, {1.0, 0.6, 3}, 300), ::testing::Each(AnyOf(0, 1)));
  EXPECT_THAT(draws(logits, {1.0, 0.01, 3}, 50), ::testing::Each(0));
}

TEST(Sampler, CutsEqualProbabilitiesByRisingId) {
  const std::vector<float> logits(4, 1.0F);
  const std::vector<std::int32_t> ids = draws(logits, {1.0, 0.5, 11}, 200);
  EXPECT_THAT(ids, ::testing::Each(AnyOf(0, 1)));
  EXPECT_THAT(ids, ::testing::Contains(0));
  EXPECT_THAT(ids, ::testing::Contains(1));
}

TEST(Sampler, DrawsInProportionToTheProbabilities) {
  const std::vector<float> logits = {std::log(3.0F), 0.0F};
  const std::vector<std::int32_t> ids = draws(logits, {1.0, 1.0, 5}, 10000);
  // Five standard deviations of a binomial of 10,000 at 3/4: 217.
  EXPECT_NEAR(static_cast<double>(std::ranges::count(ids, 0)), 7500.0, 217.0);
}

}  // namespace
}  // namespace metronome::runtime
