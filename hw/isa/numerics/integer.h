// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic of VXM, in its saturating and modulo forms, and the conversions from fp32.
// Conversions round to nearest, ties to even, then clamp; NaN gives 0.
#pragma once

#include <cstdint>

namespace metronome::numerics {

/// fp32 to int8: round half to even, clamp to [-128, 127]; NaN gives 0.
int8_t float_to_int8_saturating(float value);

/// fp32 to int32: round half to even, clamp to [-2^31, 2^31 - 1]; NaN gives 0.
int32_t float_to_int32_saturating(float value);

/// int32 to int8: clamp to [-128, 127].
int8_t int32_to_int8_saturating(int32_t value);

/// a op b, clamped to the range of int32.
int32_t add_saturating(int32_t a, int32_t b);
int32_t subtract_saturating(int32_t a, int32_t b);
int32_t multiply_saturating(int32_t a, int32_t b);

/// a op b modulo 2^32, as two's complement.
int32_t add_modulo(int32_t a, int32_t b);
int32_t subtract_modulo(int32_t a, int32_t b);
int32_t multiply_modulo(int32_t a, int32_t b);

/// Bit shifts by `count` in [0, 31]. Right shifts copy the sign.
/// Errors: InvariantError if count is outside [0, 31].
uint32_t shift_left(uint32_t value, int count);
int32_t shift_right_arithmetic(int32_t value, int count);

}  // namespace metronome::numerics
