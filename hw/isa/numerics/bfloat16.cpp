// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/numerics/bfloat16.h"

#include <algorithm>
#include <bit>

#include "hw/isa/numerics/half.h"

namespace metronome::numerics {
namespace {

constexpr uint32_t kFloatInfinityBits = 0x7f800000;
constexpr uint32_t kBfloat16MaxBits = 0x7f7f0000;

// Rounds a magnitude given as fp32 bits without sign, not NaN; a carry may reach infinity.
uint32_t round_magnitude(uint32_t magnitude) {
  const uint32_t odd = (magnitude >> 16) & 1U;
  return (magnitude + 0x7fffU + odd) >> 16;
}

}  // namespace

float bfloat16_to_float(uint16_t bfloat16) {
  if ((bfloat16 & 0x7fffU) > kBfloat16Infinity) return std::bit_cast<float>(kFloatNaNBits);
  return std::bit_cast<float>(static_cast<uint32_t>(bfloat16) << 16);
}

uint16_t float_to_bfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffffU;
  const uint32_t sign = (bits >> 16) & 0x8000U;
  if (magnitude > kFloatInfinityBits) return kBfloat16NaN;
  return static_cast<uint16_t>(sign | round_magnitude(magnitude));
}

uint16_t float_to_bfloat16_saturating(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffffU;
  const uint32_t sign = (bits >> 16) & 0x8000U;
  if (magnitude > kFloatInfinityBits) return kBfloat16NaN;
  return static_cast<uint16_t>(sign | round_magnitude(std::min(magnitude, kBfloat16MaxBits)));
}

}  // namespace metronome::numerics
