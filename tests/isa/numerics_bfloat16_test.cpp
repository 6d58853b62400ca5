// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "hw/isa/numerics/bfloat16.h"
#include "hw/isa/numerics/half.h"

namespace metronome::numerics {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Bfloat16, EveryCodeButNaNIsTheUpperHalfOfAFloatAndRoundTrips) {
  for (uint32_t code = 0; code <= 0xffff; ++code) {
    const auto bfloat16 = static_cast<uint16_t>(code);
    const float value = bfloat16_to_float(bfloat16);
    if ((code & 0x7fffU) > kBfloat16Infinity) {
      EXPECT_EQ(std::bit_cast<uint32_t>(value), kFloatNaNBits) << "code " << code;
      EXPECT_EQ(float_to_bfloat16(std::bit_cast<float>(code << 16 | 1U)), kBfloat16NaN) << code;
    } else {
      EXPECT_EQ(std::bit_cast<uint32_t>(value), code << 16) << "code " << code;
      EXPECT_EQ(float_to_bfloat16(value), bfloat16) << "code " << code;
    }
  }
}

TEST(Bfloat16, BetweenNeighboursTheNearerWinsAndATieGoesToTheEvenCode) {
  for (uint32_t code = 0; code <= 0xffff; ++code) {
    if ((code & 0x7fffU) >= kBfloat16Infinity) continue;
    const uint32_t middle = code << 16 | 0x8000U;
    const auto convert = [](uint32_t bits) {
      return float_to_bfloat16(std::bit_cast<float>(bits));
    };
    EXPECT_EQ(convert(middle - 1), code) << "code " << code;
    EXPECT_EQ(convert(middle), code + (code & 1U)) << "code " << code;
    EXPECT_EQ(convert(middle + 1), code + 1) << "code " << code;
  }
}

TEST(Bfloat16, SaturationClampsOnlyWhatWouldOverflow) {
  constexpr float kMaxFloat = std::numeric_limits<float>::max();
  EXPECT_EQ(float_to_bfloat16(kMaxFloat), kBfloat16Infinity);
  EXPECT_EQ(float_to_bfloat16_saturating(kMaxFloat), kBfloat16Max);
  EXPECT_EQ(float_to_bfloat16_saturating(-kMaxFloat), 0xff7f);
  EXPECT_EQ(float_to_bfloat16_saturating(kInfinity), kBfloat16Max);
  EXPECT_EQ(float_to_bfloat16_saturating(-kInfinity), 0xff7f);
  EXPECT_EQ(float_to_bfloat16_saturating(std::bit_cast<float>(0xffc00001U)), kBfloat16NaN);
  for (uint32_t code = 0; code <= 0xffff; ++code) {
    if ((code & 0x7fffU) >= kBfloat16Infinity) continue;
    const auto value = std::bit_cast<float>(code << 16 | 0x4001U);
    EXPECT_EQ(float_to_bfloat16_saturating(value), float_to_bfloat16(value)) << "code " << code;
  }
}

}  // namespace
}  // namespace metronome::numerics
