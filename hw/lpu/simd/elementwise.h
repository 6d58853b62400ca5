// SPDX-License-Identifier: Apache-2.0
// Elementwise VXM arithmetic over whole vectors on host SIMD. Each element equals, bit for bit,
// the scalar definition named beside it in hw/isa/numerics.
// Arrays hold n elements and need no alignment; nothing beyond n is read or written. `out` may be
// the same array as an input; otherwise arrays must not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace metronome::lpu::simd {

// fp32: vxm_add, vxm_subtract, vxm_multiply, vxm_max, vxm_min of (a[i], b[i]).
void add_f32(const float* a, const float* b, float* out, size_t n);
void subtract_f32(const float* a, const float* b, float* out, size_t n);
void multiply_f32(const float* a, const float* b, float* out, size_t n);
void max_f32(const float* a, const float* b, float* out, size_t n);
void min_f32(const float* a, const float* b, float* out, size_t n);

// The same of (a[i], b).
void add_scalar_f32(const float* a, float b, float* out, size_t n);
void subtract_scalar_f32(const float* a, float b, float* out, size_t n);
void multiply_scalar_f32(const float* a, float b, float* out, size_t n);
void max_scalar_f32(const float* a, float b, float* out, size_t n);
void min_scalar_f32(const float* a, float b, float* out, size_t n);

// fp32: vxm_relu, vxm_negate, vxm_exp, vxm_tanh, vxm_rsqrt of a[i].
void relu_f32(const float* a, float* out, size_t n);
void negate_f32(const float* a, float* out, size_t n);
void exp_f32(const float* a, float* out, size_t n);
void tanh_f32(const float* a, float* out, size_t n);
void rsqrt_f32(const float* a, float* out, size_t n);

// int32: add_saturating and its kin, add_modulo and its kin, of (a[i], b[i]).
void add_saturating_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n);
void subtract_saturating_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n);
void multiply_saturating_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n);
void add_modulo_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n);
void subtract_modulo_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n);
void multiply_modulo_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n);

// Bitwise.
void and_u32(const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n);
void or_u32(const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n);
void xor_u32(const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n);

/// shift_left(a[i], count) and shift_right_arithmetic(a[i], count).
/// Errors: InvariantError if count is outside [0, 31].
void shift_left_u32(const uint32_t* a, int count, uint32_t* out, size_t n);
void shift_right_arithmetic_i32(const int32_t* a, int count, int32_t* out, size_t n);

}  // namespace metronome::lpu::simd
