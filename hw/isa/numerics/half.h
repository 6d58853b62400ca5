// SPDX-License-Identifier: Apache-2.0
// IEEE 754 binary16 (fp16) as MEM stores it and MXM and VXM read it, bit for bit.
// Rounding is to nearest, ties to even. Subnormals are kept. Every NaN that a conversion
// returns is the canonical quiet one, whatever payload went in.
#pragma once

#include <cstdint>

namespace metronome::numerics {

inline constexpr uint16_t kHalfNaN = 0x7e00;
inline constexpr uint16_t kHalfInfinity = 0x7c00;
inline constexpr uint16_t kHalfMax = 0x7bff;  // 65504
inline constexpr uint32_t kFloatNaNBits = 0x7fc00000;

/// fp16 to fp32, exact. NaN gives 0x7fc00000.
float half_to_float(uint16_t half);

/// fp32 to fp16. From 65520 upwards the result is infinity; NaN gives 0x7e00.
uint16_t float_to_half(float value);

/// fp32 to fp16; what would overflow, infinities included, gives +-65504; NaN gives 0x7e00.
uint16_t float_to_half_saturating(float value);

/// True for every code but infinities and NaN.
inline constexpr bool half_is_finite(uint16_t half) {
  return (half & kHalfInfinity) != kHalfInfinity;
}

}  // namespace metronome::numerics
