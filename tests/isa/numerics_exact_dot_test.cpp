// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "hw/isa/error.h"
#include "hw/isa/numerics/exact_dot.h"
#include "hw/isa/numerics/half.h"

namespace metronome::numerics {
namespace {

__extension__ typedef __int128 Int128;
using Halves = std::vector<uint16_t>;

uint16_t half(double value) { return float_to_half(static_cast<float>(value)); }

// x in units of 2^-48: exact for any product of two fp16.
Int128 units(double x) { return static_cast<Int128>(std::ldexp(x, 48)); }

Int128 sum_of_products(const Halves& a, const Halves& b) {
  Int128 sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += units(static_cast<double>(half_to_float(a[i])) * half_to_float(b[i]));
  }
  return sum;
}

// Whether no fp32 is nearer to sum * 2^-48, and at a tie the even one was taken. Compares twice
// the sum with twice the midpoints to both neighbours, which need fewer than 64 bits.
bool is_nearest_even(float result, Int128 sum) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const long double middle = result;
  const long double twice_low = middle + std::nextafter(result, -kInfinity);
  const long double twice_high = middle + std::nextafter(result, kInfinity);
  const long double twice_sum = std::ldexp(static_cast<long double>(sum), -47);
  const bool even = (std::bit_cast<uint32_t>(result) & 1U) == 0;
  return even ? twice_sum >= twice_low && twice_sum <= twice_high
              : twice_sum > twice_low && twice_sum < twice_high;
}

TEST(ExactDot, ASumOfZeroIsPositiveZero) {
  const Halves minus_zero = {0x8000, 0x8000};
  const Halves ones = {half(1), half(1)};
  const Halves opposite = {half(1), half(-1)};
  EXPECT_EQ(std::bit_cast<uint32_t>(exact_dot_f16({}, {})), 0U);
  EXPECT_EQ(std::bit_cast<uint32_t>(exact_dot_f16(minus_zero, ones)), 0U);
  EXPECT_EQ(std::bit_cast<uint32_t>(exact_dot_f16(ones, opposite)), 0U);
}

TEST(ExactDot, InfinityOrNaNAnywhereGivesTheCanonicalNaN) {
  for (const uint16_t code : {0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff}) {
    const Halves odd = {half(1), code};
    const Halves zeros = {0, 0};
    EXPECT_EQ(std::bit_cast<uint32_t>(exact_dot_f16(odd, zeros)), kFloatNaNBits) << code;
    EXPECT_EQ(std::bit_cast<uint32_t>(exact_dot_f16(zeros, odd)), kFloatNaNBits) << code;
  }
}

TEST(ExactDot, HalfwayGoesToEvenAndTheSmallestExtraTermDecides) {
  const double tie = 0x1p-12;       // squared: half a unit in the last place of 1
  const double smallest = 0x1p-24;  // squared: 2^-48
  const Halves a = {half(1), half(tie), half(smallest)};
  EXPECT_EQ(exact_dot_f16(a, Halves{half(1), half(tie), 0}), 1.0F);
  EXPECT_EQ(exact_dot_f16(a, Halves{half(1), half(tie), half(smallest)}), 0x1.000002p0F);
  EXPECT_EQ(exact_dot_f16(a, Halves{half(1), half(tie), half(-smallest)}), 1.0F);
  EXPECT_EQ(exact_dot_f16(a, Halves{half(-1), half(-tie), half(-smallest)}), -0x1.000002p0F);
}

TEST(ExactDot, TermsThatCancelLeaveTheSmallestProductWhole) {
  const Halves a = {kHalfMax, 0x0001, kHalfMax};
  const Halves b = {kHalfMax, 0x0001, static_cast<uint16_t>(kHalfMax | 0x8000)};
  EXPECT_EQ(exact_dot_f16(a, b), 0x1p-48F);
}

TEST(ExactDot, TheLongestSumOfTheLargestProductsDoesNotOverflow) {
  const Halves most(kMaxDotLength, kHalfMax);
  EXPECT_EQ(exact_dot_f16(most, most), static_cast<float>(1024.0 * 65504.0 * 65504.0));
  EXPECT_THROW(exact_dot_f16(Halves(1025, 0), Halves(1025, 0)), InvariantError);
  EXPECT_THROW(exact_dot_f16(Halves(2, 0), Halves(1, 0)), InvariantError);
}

TEST(ExactDot, RandomSumsAreRoundedOnceToTheNearest) {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  constexpr uint32_t kSeed = 7;
  std::mt19937 random(kSeed);
  for (int round = 0; round < 20000; ++round) {
    // Narrow exponents keep the sum within the 64 bits that the check can hold.
    Halves a(1 + random() % 40);
    Halves b(a.size());
    const uint32_t base = random() % 26;
    for (auto* side : {&a, &b}) {
      for (auto& code : *side) {
        code = static_cast<uint16_t>((random() & 0x83ff) | ((base + random() % 5) << 10));
      }
    }
    const float result = exact_dot_f16(a, b);
    ASSERT_TRUE(is_nearest_even(result, sum_of_products(a, b)))
        << "seed " << kSeed << " round " << round << " result " << result;
  }
}

TEST(ExactDot, Int8SumsOfTheMostNegativeProductsDoNotWrap) {
  const auto dot = [](size_t k) {
    const std::vector<int8_t> lowest(k, -128);
    return exact_dot_i8(lowest, lowest);
  };
  EXPECT_EQ(dot(0), 0);
  EXPECT_EQ(dot(2), 32768);
  EXPECT_EQ(dot(16), 262144);
  EXPECT_EQ(dot(kMaxDotLength), 1 << 24);
  EXPECT_THROW(dot(kMaxDotLength + 1), InvariantError);
}

}  // namespace
}  // namespace metronome::numerics
