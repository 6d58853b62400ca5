// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/half.h"

namespace metronome::numerics {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

uint32_t bits(float x) { return std::bit_cast<uint32_t>(x); }

struct Sweep {
  double worst_error = 0;  // relative
  float worst_at = 0;
  bool monotone = true;
  int points = 0;
};

// Visits every `stride`th float from `low` to `high`, both of one sign, low nearer to zero.
template <class Function, class Exact>
Sweep sweep(float low, float high, uint32_t stride, bool increasing, Function function,
            Exact exact) {
  Sweep result;
  float previous = function(low);
  for (uint32_t code = bits(low); code <= bits(high); code += stride) {
    const auto x = std::bit_cast<float>(code);
    const float y = function(x);
    const long double truth = exact(static_cast<long double>(x));
    const auto error = static_cast<double>(std::abs((y - truth) / truth));
    if (error > result.worst_error) {
      result.worst_error = error;
      result.worst_at = x;
    }
    result.monotone = result.monotone && (increasing ? y >= previous : y <= previous);
    previous = y;
    ++result.points;
  }
  return result;
}

void expect_within(const Sweep& result, double bound, const char* name) {
  EXPECT_LE(result.worst_error, bound) << name << " at " << result.worst_at;
  EXPECT_TRUE(result.monotone) << name;
  ::testing::Test::RecordProperty(std::string(name) + "_points", result.points);
}

TEST(Functions, ExpStaysWithinItsStatedErrorAndIsMonotone) {
  const auto exact = [](long double x) { return std::exp(x); };
  const Sweep up = sweep(0x1p-30F, kExpHighest, 397, true, vxm_exp, exact);
  const Sweep down = sweep(-0x1p-30F, kExpLowest, 397, false, vxm_exp, exact);
  EXPECT_GE(up.points + down.points, 1000000);
  expect_within(up, kExpMaxRelativeError, "exp_positive");
  expect_within(down, kExpMaxRelativeError, "exp_negative");
}

TEST(Functions, ExpIsMonotoneFromFloatToFloatWhereTheRangeReductionSteps) {
  for (int n = -125; n <= 126; ++n) {  // steps at (n + 1/2) ln 2
    const auto step = static_cast<float>((n + 0.5) * std::log(2.0));
    float x = step - 200 * std::abs(step) * 0x1p-24F;
    for (int i = 0; i < 400; ++i) {
      const float next = std::nextafter(x, kInfinity);
      ASSERT_LE(vxm_exp(x), vxm_exp(next)) << "n " << n << " x " << x;
      x = next;
    }
  }
}

TEST(Functions, ExpOfNonPositiveNumbersFallsFromOneToZero) {
  EXPECT_EQ(vxm_exp(0.0F), 1.0F);
  EXPECT_EQ(vxm_exp(-0.0F), 1.0F);
  EXPECT_EQ(vxm_exp(-0x1p-149F), 1.0F);
  float previous = 1.0F;
  for (int i = 0; i <= 30000; ++i) {
    const float y = vxm_exp(-0.01F * static_cast<float>(i));
    ASSERT_LE(y, previous) << i;
    ASSERT_GE(y, 0.0F) << i;
    previous = y;
  }
  EXPECT_EQ(bits(vxm_exp(-300.0F)), 0U);
  EXPECT_EQ(bits(vxm_exp(-std::numeric_limits<float>::max())), 0U);
  EXPECT_EQ(bits(vxm_exp(-kInfinity)), 0U);
}

TEST(Functions, ExpEndsAtTheSmallestNormalAndBelowInfinity) {
  EXPECT_GE(vxm_exp(kExpLowest), std::numeric_limits<float>::min());
  EXPECT_EQ(vxm_exp(std::nextafter(kExpLowest, -kInfinity)), 0.0F);
  EXPECT_LT(std::exp(static_cast<double>(std::nextafter(kExpLowest, -kInfinity))), 0x1p-126);
  EXPECT_LT(vxm_exp(kExpHighest), kInfinity);
  EXPECT_EQ(vxm_exp(std::nextafter(kExpHighest, kInfinity)), kInfinity);
  EXPECT_GT(std::exp(static_cast<double>(std::nextafter(kExpHighest, kInfinity))),
            static_cast<double>(std::numeric_limits<float>::max()));
  EXPECT_EQ(vxm_exp(kInfinity), kInfinity);
  EXPECT_EQ(bits(vxm_exp(std::bit_cast<float>(0xffc12345U))), kFloatNaNBits);
}

TEST(Functions, TanhStaysWithinItsStatedErrorAndIsMonotone) {
  const auto exact = [](long double x) { return std::tanh(x); };
  const Sweep all = sweep(0x1p-100F, 20.0F, 853, true, vxm_tanh, exact);
  const Sweep core = sweep(0x1p-4F, 10.0F, 67, true, vxm_tanh, exact);
  EXPECT_GE(all.points + core.points, 1000000);
  expect_within(all, kTanhMaxRelativeError, "tanh");
  expect_within(core, kTanhMaxRelativeError, "tanh_core");
}

TEST(Functions, TanhIsOddAndNeverExceedsOne) {
  for (uint32_t code = 0; code < 0x7f800000U; code += 4999) {
    const auto x = std::bit_cast<float>(code);
    const float y = vxm_tanh(x);
    ASSERT_LE(y, 1.0F) << x;
    ASSERT_EQ(bits(vxm_tanh(-x)), bits(y) | 0x80000000U) << x;
  }
  EXPECT_EQ(vxm_tanh(kInfinity), 1.0F);
  EXPECT_EQ(vxm_tanh(-kInfinity), -1.0F);
  EXPECT_EQ(vxm_tanh(0x1p-149F), 0x1p-149F);
  EXPECT_EQ(bits(vxm_tanh(-kNaN)), kFloatNaNBits);
}

TEST(Functions, RsqrtStaysWithinItsStatedErrorAndIsMonotone) {
  const auto exact = [](long double x) { return 1.0L / std::sqrt(x); };
  const Sweep all =
      sweep(0x1p-149F, std::numeric_limits<float>::max(), 4001, false, vxm_rsqrt, exact);
  const Sweep core = sweep(0.125F, 4.0F, 41, false, vxm_rsqrt, exact);
  EXPECT_GE(all.points + core.points, 1000000);
  expect_within(all, kRsqrtMaxRelativeError, "rsqrt");
  expect_within(core, kRsqrtMaxRelativeError, "rsqrt_core");
  EXPECT_EQ(vxm_rsqrt(0.0F), kInfinity);
  EXPECT_EQ(vxm_rsqrt(-0.0F), -kInfinity);
  EXPECT_EQ(bits(vxm_rsqrt(kInfinity)), 0U);
  EXPECT_EQ(bits(vxm_rsqrt(-1.0F)), kFloatNaNBits);
  EXPECT_EQ(bits(vxm_rsqrt(-kInfinity)), kFloatNaNBits);
  EXPECT_EQ(vxm_rsqrt(4.0F), 0.5F);
}

TEST(Functions, MaxAndMinTakeTheSecondOfEqualsAndPassNaNOn) {
  EXPECT_EQ(vxm_max(1.0F, 2.0F), 2.0F);
  EXPECT_EQ(vxm_min(1.0F, 2.0F), 1.0F);
  EXPECT_EQ(bits(vxm_max(0.0F, -0.0F)), bits(-0.0F));
  EXPECT_EQ(bits(vxm_max(-0.0F, 0.0F)), bits(0.0F));
  EXPECT_EQ(bits(vxm_min(0.0F, -0.0F)), bits(-0.0F));
  EXPECT_EQ(bits(vxm_min(-0.0F, 0.0F)), bits(0.0F));
  for (const auto function : {vxm_max, vxm_min}) {
    EXPECT_EQ(bits(function(kNaN, 1.0F)), kFloatNaNBits);
    EXPECT_EQ(bits(function(1.0F, -kNaN)), kFloatNaNBits);
  }
}

TEST(Functions, ReluKeepsPositivesAndNaNAndZeroesTheRest) {
  EXPECT_EQ(vxm_relu(3.0F), 3.0F);
  EXPECT_EQ(bits(vxm_relu(-3.0F)), 0U);
  EXPECT_EQ(bits(vxm_relu(-0.0F)), 0U);
  EXPECT_EQ(bits(vxm_relu(-kInfinity)), 0U);
  EXPECT_EQ(bits(vxm_relu(-kNaN)), kFloatNaNBits);
}

TEST(Functions, NegateFlipsOnlyTheSignBit) {
  for (const uint32_t code : {0U, 0x80000000U, 0x7f800001U, 0xffc12345U, 0x3f800000U}) {
    EXPECT_EQ(bits(vxm_negate(std::bit_cast<float>(code))), code ^ 0x80000000U);
  }
}

TEST(Functions, NaNFromArithmeticIsTheCanonicalOne) {
  EXPECT_EQ(bits(vxm_add(kInfinity, -kInfinity)), kFloatNaNBits);
  EXPECT_EQ(bits(vxm_subtract(kInfinity, kInfinity)), kFloatNaNBits);
  EXPECT_EQ(bits(vxm_multiply(kInfinity, 0.0F)), kFloatNaNBits);
  EXPECT_EQ(bits(vxm_add(std::bit_cast<float>(0xff812345U), 1.0F)), kFloatNaNBits);
}

// FNV-1a over the results at every 1009th fp32 code.
template <class Function>
uint64_t fingerprint(Function function) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (uint64_t code = 0; code <= 0xffffffffU; code += 1009) {
    const uint32_t result = bits(function(std::bit_cast<float>(static_cast<uint32_t>(code))));
    hash = (hash ^ result) * 0x100000001b3U;
  }
  return hash;
}

TEST(Functions, EveryCompilerAndOptimisationLevelComputesTheSameBits) {
  EXPECT_EQ(fingerprint(vxm_exp), 7338346788381465022U);
  EXPECT_EQ(fingerprint(vxm_tanh), 11293954490780392119U);
  EXPECT_EQ(fingerprint(vxm_rsqrt), 3521894012297697958U);
}

}  // namespace
}  // namespace metronome::numerics
