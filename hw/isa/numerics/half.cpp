// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/numerics/half.h"

#include <algorithm>
#include <bit>

namespace metronome::numerics {
namespace {

constexpr uint32_t kFloatInfinityBits = 0x7f800000;
constexpr uint32_t kSmallestNormalHalf = 0x38800000;  // 2^-14 as fp32
constexpr uint32_t kHalfMaxBits = 0x477fe000;         // 65504 as fp32
constexpr uint32_t kHalfOverflowBits = 0x477ff000;    // 65520: halfway to 2^16, ties go up
constexpr uint32_t kRebias = (127 - 15) << 10;        // exponent bias of fp32 less that of fp16

// Rounds |value| < 65520, given as fp32 bits without sign.
uint16_t round_magnitude(uint32_t magnitude) {
  if (magnitude < kSmallestNormalHalf) {
    // Adding 1/2 leaves the multiple of 2^-24 in the low mantissa bits, rounded by the adder.
    const float aligned = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<uint16_t>(std::bit_cast<uint32_t>(aligned) - std::bit_cast<uint32_t>(0.5F));
  }
  const uint32_t odd = (magnitude >> 13) & 1U;
  return static_cast<uint16_t>(((magnitude + 0xfffU + odd) >> 13) - kRebias);
}

}  // namespace

float half_to_float(uint16_t half) {
  const uint32_t sign = (half & 0x8000U) << 16;
  const uint32_t magnitude = half & 0x7fffU;
  if (magnitude > kHalfInfinity) return std::bit_cast<float>(kFloatNaNBits);
  if (magnitude == kHalfInfinity) return std::bit_cast<float>(sign | kFloatInfinityBits);
  if (magnitude < 0x400U) {
    const float value = static_cast<float>(magnitude) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
  }
  return std::bit_cast<float>(sign | ((magnitude + kRebias) << 13));
}

uint16_t float_to_half(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffffU;
  const uint32_t sign = (bits >> 16) & 0x8000U;
  if (magnitude > kFloatInfinityBits) return kHalfNaN;
  if (magnitude >= kHalfOverflowBits) return static_cast<uint16_t>(sign | kHalfInfinity);
  return static_cast<uint16_t>(sign | round_magnitude(magnitude));
}

uint16_t float_to_half_saturating(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffffU;
  const uint32_t sign = (bits >> 16) & 0x8000U;
  if (magnitude > kFloatInfinityBits) return kHalfNaN;
  return static_cast<uint16_t>(sign | round_magnitude(std::min(magnitude, kHalfMaxBits)));
}

}  // namespace metronome::numerics
