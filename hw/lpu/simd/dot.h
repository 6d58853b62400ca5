// SPDX-License-Identifier: Apache-2.0
// MXM arithmetic on host SIMD: one activation vector against many weight rows. Results equal
// numerics::exact_dot_f16 and exact_dot_i8 bit for bit on every target.
// Arrays need no alignment; nothing beyond k elements of a row is read.
#pragma once

#include <cstddef>
#include <cstdint>

namespace metronome::lpu::simd {

/// Largest |value| of a fp16 row; +inf if any element is not finite; 0 if k is 0.
float absmax_f16(const uint16_t* row, size_t k);

/// out[n] = exact_dot_f16(activations, rows[n]) for n in [0, row_count).
/// row_absmax[n] is absmax_f16 of rows[n], computed once when the weights are installed; a larger
/// value costs speed only, a smaller one breaks exactness.
/// Shapes: activations [k] fp16; rows [row_count] of [k] fp16; row_absmax, out [row_count].
/// Errors: InvariantError if k > numerics::kMaxDotLength.
void dot_rows_f16(const uint16_t* activations, size_t k, const uint16_t* const* rows,
                  size_t row_count, const float* row_absmax, float* out);

/// out[n] = exact_dot_i8(activations, rows[n]) for n in [0, row_count).
/// Shapes: activations [k] int8; rows [row_count] of [k] int8; out [row_count] int32.
/// Errors: InvariantError if k > numerics::kMaxDotLength.
void dot_rows_i8(const int8_t* activations, size_t k, const int8_t* const* rows, size_t row_count,
                 int32_t* out);

}  // namespace metronome::lpu::simd
