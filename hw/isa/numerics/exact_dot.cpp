// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/numerics/exact_dot.h"

#include <bit>
#include <cmath>
#include <cstdlib>

#include "hw/isa/error.h"
#include "hw/isa/numerics/half.h"

namespace metronome::numerics {
namespace {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

// A finite fp16 as a multiple of 2^-24: |multiple| < 2^40.
int64_t as_multiple_of_smallest(uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const int64_t fraction = half & 0x3ff;
  const int64_t magnitude = exponent == 0 ? fraction : (fraction | 0x400) << (exponent - 1);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

int bit_length(Uint128 value) {
  const auto high = static_cast<uint64_t>(value >> 64);
  const auto low = static_cast<uint64_t>(value);
  return static_cast<int>(high != 0 ? 64 + std::bit_width(high) : std::bit_width(low));
}

// sum * 2^-48 in fp32, rounded once, half to even.
float round_to_float(Int128 sum) {
  constexpr int kMantissaBits = 24;
  constexpr int kScale = -48;
  const Uint128 magnitude = static_cast<Uint128>(sum < 0 ? -sum : sum);
  const int excess = bit_length(magnitude) - kMantissaBits;
  float result = 0.0F;
  if (excess <= 0) {
    result = std::ldexp(static_cast<float>(static_cast<uint32_t>(magnitude)), kScale);
  } else {
    const Uint128 half = static_cast<Uint128>(1) << (excess - 1);
    const Uint128 rest = magnitude & ((half << 1) - 1);
    auto mantissa = static_cast<uint32_t>(magnitude >> excess);
    if (rest > half || (rest == half && (mantissa & 1U) != 0)) ++mantissa;  // may become 2^24
    result = std::ldexp(static_cast<float>(mantissa), excess + kScale);
  }
  return sum < 0 ? -result : result;
}

}  // namespace

float exact_dot_f16(std::span<const uint16_t> a, std::span<const uint16_t> b) {
  check(a.size() == b.size(), "numerics", 0, "exact_dot_f16: lengths differ");
  check(a.size() <= kMaxDotLength, "numerics", 0, "exact_dot_f16: longer than kMaxDotLength");
  Int128 sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!half_is_finite(a[i]) || !half_is_finite(b[i])) return std::bit_cast<float>(kFloatNaNBits);
    sum += static_cast<Int128>(as_multiple_of_smallest(a[i])) * as_multiple_of_smallest(b[i]);
  }
  return round_to_float(sum);
}

int32_t exact_dot_i8(std::span<const int8_t> a, std::span<const int8_t> b) {
  check(a.size() == b.size(), "numerics", 0, "exact_dot_i8: lengths differ");
  check(a.size() <= kMaxDotLength, "numerics", 0, "exact_dot_i8: longer than kMaxDotLength");
  int32_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += int32_t{a[i]} * b[i];
  return sum;
}

}  // namespace metronome::numerics
