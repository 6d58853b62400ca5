// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "hw/isa/numerics/half.h"

namespace metronome::numerics {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The value of a finite code, from the definition of binary16.
double value_of(uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const int fraction = half & 0x3ff;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(Half, EveryFiniteCodeHasItsDefinedValueAndRoundTrips) {
  for (uint32_t code = 0; code <= 0xffff; ++code) {
    const auto half = static_cast<uint16_t>(code);
    if (!half_is_finite(half)) continue;
    const float value = half_to_float(half);
    EXPECT_EQ(value, value_of(half)) << "code " << code;
    EXPECT_EQ(std::signbit(value), (half & 0x8000) != 0) << "code " << code;
    EXPECT_EQ(float_to_half(value), half) << "code " << code;
    EXPECT_EQ(float_to_half_saturating(value), half) << "code " << code;
  }
}

TEST(Half, InfinitiesAreKeptAndEveryNaNBecomesTheCanonicalOne) {
  EXPECT_EQ(half_to_float(0x7c00), kInfinity);
  EXPECT_EQ(half_to_float(0xfc00), -kInfinity);
  for (uint32_t code = 0; code <= 0xffff; ++code) {
    if ((code & 0x7fff) <= 0x7c00) continue;
    const float value = half_to_float(static_cast<uint16_t>(code));
    EXPECT_EQ(std::bit_cast<uint32_t>(value), kFloatNaNBits) << "code " << code;
  }
  for (const uint32_t bits : {0x7fc00000U, 0xffc00000U, 0x7f800001U, 0xff800001U, 0x7fffffffU}) {
    EXPECT_EQ(float_to_half(std::bit_cast<float>(bits)), kHalfNaN) << bits;
    EXPECT_EQ(float_to_half_saturating(std::bit_cast<float>(bits)), kHalfNaN) << bits;
  }
}

TEST(Half, BetweenNeighboursTheNearerWinsAndATieGoesToTheEvenCode) {
  for (uint32_t code = 0; code < 0x7bff; ++code) {
    const auto low = static_cast<uint16_t>(code);
    const auto high = static_cast<uint16_t>(code + 1);
    const auto even = (low & 1U) == 0 ? low : high;
    const auto middle = static_cast<float>((value_of(low) + value_of(high)) / 2);
    for (const uint16_t sign : {uint16_t{0}, uint16_t{0x8000}}) {
      const float s = sign == 0 ? 1.0F : -1.0F;
      EXPECT_EQ(float_to_half(s * middle), even | sign) << "code " << code;
      EXPECT_EQ(float_to_half(s * std::nextafter(middle, 0.0F)), low | sign) << "code " << code;
      EXPECT_EQ(float_to_half(s * std::nextafter(middle, kInfinity)), high | sign) << code;
      EXPECT_EQ(float_to_half_saturating(s * middle), even | sign) << "code " << code;
    }
  }
}

TEST(Half, OverflowBeginsHalfwayToTheNextPowerOfTwo) {
  EXPECT_EQ(float_to_half(65519.996F), kHalfMax);
  EXPECT_EQ(float_to_half(65520.0F), kHalfInfinity);
  EXPECT_EQ(float_to_half(-65520.0F), 0xfc00);
  EXPECT_EQ(float_to_half(3.4e38F), kHalfInfinity);
  EXPECT_EQ(float_to_half(kInfinity), kHalfInfinity);
  EXPECT_EQ(float_to_half_saturating(65520.0F), kHalfMax);
  EXPECT_EQ(float_to_half_saturating(3.4e38F), kHalfMax);
  EXPECT_EQ(float_to_half_saturating(kInfinity), kHalfMax);
  EXPECT_EQ(float_to_half_saturating(-kInfinity), 0xfbff);
}

TEST(Half, SmallNumbersBecomeSubnormalsInsteadOfZero) {
  EXPECT_EQ(float_to_half(0x1p-15F), 0x0200);
  EXPECT_EQ(float_to_half(0x1p-24F), 0x0001);
  EXPECT_EQ(float_to_half(0x1p-25F), 0x0000);
  EXPECT_EQ(float_to_half(std::nextafter(0x1p-25F, 1.0F)), 0x0001);
  EXPECT_EQ(float_to_half(std::bit_cast<float>(0x387FE000U)), 0x0400);
  EXPECT_EQ(float_to_half(-0x1p-140F), 0x8000);
}

}  // namespace
}  // namespace metronome::numerics
