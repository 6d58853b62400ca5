// SPDX-License-Identifier: Apache-2.0
// Scalar functions of a lane, on bits, the same on every host. Without branches or calls of the
// maths library, so that loops over lanes become vector code. Every NaN that a function returns is
// 0x7fc00000: which NaN a host's own arithmetic gives differs between hosts.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace metronome::gpu {

inline constexpr std::uint32_t kNanBits = 0x7FC00000U;
inline constexpr std::uint32_t kInfinityBits = 0x7F800000U;

inline float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline std::int32_t signed_of(std::uint32_t bits) { return std::bit_cast<std::int32_t>(bits); }

/// The bits of `value`, or of the one NaN if it is any.
inline std::uint32_t canonical_bits(float value) {
  return value != value ? kNanBits : std::bit_cast<std::uint32_t>(value);
}

/// x + kToInteger has units as its last place for |x| < 2^51: that rounds x to the nearest integer,
/// half to even, and leaves it in the lower bits.
inline constexpr double kToInteger = 0x1.8p52;

/// 2^x, error below 0.51 ulp; subnormal results are kept.
inline std::uint32_t exp2_bits(std::uint32_t x_bits) {
  // 2^x = 2^n e^t with |t| <= ln(2) / 2: the first term that is left out, t^9 / 9!, is below 2^-32.
  // The steps are plain fp64 ones, none fused. Between the bounds 2^n is a normal fp64; beyond them
  // the result is 0 or infinite.
  const float x = float_of(x_bits);
  const double above = static_cast<double>(x) < -160.0 ? -160.0 : static_cast<double>(x);
  const double bounded = above > 0x1.FFFFFEp6 ? 0x1.FFFFFEp6 : above;  // the last fp32 below 128
  const double shifted = bounded + kToInteger;
  const double t = (bounded - (shifted - kToInteger)) * 0x1.62E42FEFA39EFp-1;  // ln 2
  double sum = 1.0 / 40320;
  sum = sum * t + 1.0 / 5040;
  sum = sum * t + 1.0 / 720;
  sum = sum * t + 1.0 / 120;
  sum = sum * t + 1.0 / 24;
  sum = sum * t + 1.0 / 6;
  sum = sum * t + 0.5;
  sum = sum * t + 1.0;
  sum = sum * t + 1.0;
  const std::uint64_t n = std::bit_cast<std::uint64_t>(shifted) << 52;  // to the exponent's place
  const auto power =
      static_cast<float>(std::bit_cast<double>(std::bit_cast<std::uint64_t>(sum) + n));
  const std::uint32_t ordered = x >= 128.0F ? kInfinityBits : std::bit_cast<std::uint32_t>(power);
  return x != x ? kNanBits : ordered;
}

/// 1/x, correctly rounded.
inline std::uint32_t reciprocal_bits(std::uint32_t x) { return canonical_bits(1.0F / float_of(x)); }

/// 1/sqrt(x), error below 0.51 ulp; NaN below zero.
inline std::uint32_t reciprocal_sqrt_bits(std::uint32_t x) {
  const double root = std::sqrt(static_cast<double>(float_of(x)));
  return canonical_bits(static_cast<float>(1.0 / root));
}

/// To the nearest integer, half to even, saturating; NaN gives 0.
inline std::uint32_t to_integer_bits(std::uint32_t x) {
  const auto value = static_cast<double>(float_of(x));
  const double number = value != value ? 0.0 : value;
  const double above = number < -2147483648.0 ? -2147483648.0 : number;
  const double bounded = above > 2147483647.0 ? 2147483647.0 : above;
  return static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(bounded + kToInteger));
}

/// The fp16 in the lower half of `word` as fp32, exact.
inline std::uint32_t from_half_bits(std::uint32_t word) {
  constexpr std::uint32_t kRebias = (127U - 15U) << 23;
  constexpr std::uint32_t kLeastNormal = kRebias + (1U << 23);  // 2^-14
  const std::uint32_t magnitude = word & 0x7FFFU;
  const std::uint32_t normal = (magnitude << 13) + kRebias;
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(
      float_of((magnitude << 13) + kLeastNormal) - float_of(kLeastNormal));
  const std::uint32_t finite = magnitude < 0x400U ? subnormal : normal;
  const std::uint32_t number = magnitude == 0x7C00U ? kInfinityBits : finite;
  return magnitude > 0x7C00U ? kNanBits : (number | (word & 0x8000U) << 16);
}

/// fp32 to fp16, half to even, in the lower half; NaN gives 0x7e00.
inline std::uint32_t to_half_bits(std::uint32_t word) {
  constexpr std::uint32_t kRebias = (127U - 15U) << 23;
  constexpr std::uint32_t kHalf = 0x3F000000U;      // 0.5, whose last place is that of subnormals
  constexpr std::uint32_t kInfinite = 0x477FF000U;  // 65520 and above
  const std::uint32_t magnitude = word & 0x7FFFFFFFU;
  const std::uint32_t normal = (magnitude - kRebias + 0xFFFU + (magnitude >> 13 & 1U)) >> 13;
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(float_of(magnitude) + float_of(kHalf)) - kHalf;
  const std::uint32_t finite = magnitude < kRebias + (1U << 23) ? subnormal : normal;
  const std::uint32_t number = magnitude >= kInfinite ? 0x7C00U : finite;
  return magnitude > kInfinityBits ? 0x7E00U : (number | (word >> 16 & 0x8000U));
}

}  // namespace metronome::gpu
