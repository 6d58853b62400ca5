// SPDX-License-Identifier: Apache-2.0
// Number format conversions over whole vectors on host SIMD. Each element equals, bit for bit,
// the scalar conversion named beside it in hw/isa/numerics.
// Arrays hold n elements and need no alignment; nothing beyond n is read or written. Input and
// output must not overlap, except that they may be the same array where the element sizes agree.
#pragma once

#include <cstddef>
#include <cstdint>

namespace metronome::lpu::simd {

void f16_to_f32(const uint16_t* in, float* out, size_t n);              // half_to_float
void f32_to_f16(const float* in, uint16_t* out, size_t n);              // float_to_half
void f32_to_f16_saturating(const float* in, uint16_t* out, size_t n);   // .._half_saturating
void bf16_to_f32(const uint16_t* in, float* out, size_t n);             // bfloat16_to_float
void f32_to_bf16(const float* in, uint16_t* out, size_t n);             // float_to_bfloat16
void f32_to_bf16_saturating(const float* in, uint16_t* out, size_t n);  // .._bfloat16_saturating
void i8_to_i32(const int8_t* in, int32_t* out, size_t n);               // exact
void i8_to_f32(const int8_t* in, float* out, size_t n);                 // exact
void i32_to_f32(const int32_t* in, float* out, size_t n);               // nearest, ties to even
void i32_to_i8_saturating(const int32_t* in, int8_t* out, size_t n);    // int32_to_int8_saturating
void f32_to_i32_saturating(const float* in, int32_t* out, size_t n);    // float_to_int32_saturating
void f32_to_i8_saturating(const float* in, int8_t* out, size_t n);      // float_to_int8_saturating

}  // namespace metronome::lpu::simd
