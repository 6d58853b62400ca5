// SPDX-License-Identifier: Apache-2.0
// bfloat16: the upper half of an IEEE 754 binary32. Rounding is to nearest, ties to even.
// Subnormals are kept. Every NaN that a conversion returns is the canonical quiet one.
#pragma once

#include <cstdint>

namespace metronome::numerics {

inline constexpr uint16_t kBfloat16NaN = 0x7fc0;
inline constexpr uint16_t kBfloat16Infinity = 0x7f80;
inline constexpr uint16_t kBfloat16Max = 0x7f7f;  // 255 * 2^120

/// bf16 to fp32, exact. NaN gives 0x7fc00000.
float bfloat16_to_float(uint16_t bfloat16);

/// fp32 to bf16; overflow gives infinity, NaN gives 0x7fc0.
uint16_t float_to_bfloat16(float value);

/// fp32 to bf16; what would overflow, infinities included, gives the largest finite value with
/// its sign; NaN gives 0x7fc0.
uint16_t float_to_bfloat16_saturating(float value);

}  // namespace metronome::numerics
