// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "hw/isa/error.h"
#include "hw/isa/numerics/integer.h"

namespace metronome::numerics {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(Integer, TiesRoundToEvenAndNeighboursOfTiesDoNot) {
  const float ties[] = {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F};
  const int expected[] = {0, 2, 2, 0, -2, -2};
  for (size_t i = 0; i < std::size(ties); ++i) {
    EXPECT_EQ(float_to_int8_saturating(ties[i]), expected[i]) << ties[i];
    EXPECT_EQ(float_to_int32_saturating(ties[i]), expected[i]) << ties[i];
  }
  EXPECT_EQ(float_to_int8_saturating(0.49999997F), 0);
  EXPECT_EQ(float_to_int8_saturating(0.50000006F), 1);
  EXPECT_EQ(float_to_int32_saturating(4194304.5F), 4194304);
  EXPECT_EQ(float_to_int32_saturating(4194305.5F), 4194306);
  EXPECT_EQ(float_to_int32_saturating(8388607.5F), 8388608);
}

TEST(Integer, OutOfRangeFloatsClampAndNaNGivesZero) {
  EXPECT_EQ(float_to_int8_saturating(127.5F), 127);
  EXPECT_EQ(float_to_int8_saturating(-128.5F), -128);
  EXPECT_EQ(float_to_int8_saturating(kInfinity), 127);
  EXPECT_EQ(float_to_int8_saturating(-kInfinity), -128);
  EXPECT_EQ(float_to_int8_saturating(kNaN), 0);
  EXPECT_EQ(float_to_int32_saturating(2147483520.0F), 2147483520);
  EXPECT_EQ(float_to_int32_saturating(2147483648.0F), kMax);
  EXPECT_EQ(float_to_int32_saturating(-2147483648.0F), kMin);
  EXPECT_EQ(float_to_int32_saturating(kInfinity), kMax);
  EXPECT_EQ(float_to_int32_saturating(-kInfinity), kMin);
  EXPECT_EQ(float_to_int32_saturating(kNaN), 0);
}

TEST(Integer, QuantisingIsUnbiased) {
  constexpr uint32_t kSeed = 20;
  std::mt19937 random(kSeed);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  double error = 0;  // in steps
  for (int i = 0; i < 10000; ++i) {
    const float scaled = uniform(random) * 127.0F;
    error += float_to_int8_saturating(scaled) - static_cast<double>(scaled);
  }
  EXPECT_LT(std::abs(error / 10000), 0.05) << "seed " << kSeed;
}

TEST(Integer, SaturatingArithmeticStopsAtTheLimits) {
  EXPECT_EQ(add_saturating(kMax, 1), kMax);
  EXPECT_EQ(add_saturating(kMin, -1), kMin);
  EXPECT_EQ(add_saturating(kMax, kMin), -1);
  EXPECT_EQ(subtract_saturating(kMin, 1), kMin);
  EXPECT_EQ(subtract_saturating(0, kMin), kMax);
  EXPECT_EQ(multiply_saturating(kMin, -1), kMax);
  EXPECT_EQ(multiply_saturating(kMin, kMax), kMin);
  EXPECT_EQ(multiply_saturating(46341, 46341), kMax);
  EXPECT_EQ(multiply_saturating(-46340, 46340), -2147395600);
  EXPECT_EQ(int32_to_int8_saturating(128), 127);
  EXPECT_EQ(int32_to_int8_saturating(kMin), -128);
  EXPECT_EQ(int32_to_int8_saturating(-7), -7);
}

TEST(Integer, ModuloArithmeticWraps) {
  EXPECT_EQ(add_modulo(kMax, 1), kMin);
  EXPECT_EQ(subtract_modulo(kMin, 1), kMax);
  EXPECT_EQ(multiply_modulo(kMin, -1), kMin);
  EXPECT_EQ(multiply_modulo(65536, 65537), 65536);
}

TEST(Integer, ShiftsCopyTheSignRightwardsAndRefuseCountsOutsideTheWord) {
  EXPECT_EQ(shift_left(0x80000001U, 1), 2U);
  EXPECT_EQ(shift_left(1U, 31), 0x80000000U);
  EXPECT_EQ(shift_right_arithmetic(-8, 1), -4);
  EXPECT_EQ(shift_right_arithmetic(-1, 31), -1);
  EXPECT_THROW(shift_left(1U, 32), InvariantError);
  EXPECT_THROW(shift_right_arithmetic(1, -1), InvariantError);
}

}  // namespace
}  // namespace metronome::numerics
