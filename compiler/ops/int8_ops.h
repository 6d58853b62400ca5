// SPDX-License-Identifier: Apache-2.0
// The operators of the precisions with int8 weights, int8 and w8a16, as plain loops over the chip's
// numerics. Operators that are not here (rope, gate, add) are those of ops.h. One source file an
// operator.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ops/int8_matrix.h"
#include "compiler/ops/ops.h"
#include "compiler/ops/precision.h"
#include "compiler/ops/quantise.h"

namespace metronome::ops {

/// The longest product whose sum fits int32 whatever the values: 127 * 128 * 2^17 < 2^31.
inline constexpr std::int64_t kLongestInt8Dot = std::int64_t{1} << 17;

/// A vector as integers and one scale: x = scale * high, or scale * (256 * high + low) where there
/// is a low part.
struct QuantisedVector {
  std::vector<std::int8_t> high;  // [n]
  std::vector<std::int8_t> low;   // [n] in w8a16, empty in int8
  float scale = 0.0F;
};

/// The vector by its largest magnitude m, at least kLeastActivation. The reciprocal of m is the
/// square of its reciprocal root, as the vector unit has it.
///   int8:  high = int8(x * (127 / m)), scale = m * (1 / 127)
///   w8a16: z = x * (32512 / m), high = int8(z / 256), low = int8(z - 256 * high),
///          scale = m * (1 / 32512)
/// All conversions round half to even and saturate. A NaN in x makes the scale NaN.
/// Shapes: x [n] -> [n].
QuantisedVector quantise(std::span<const float> x, Precision precision);

/// The normalised vector, quantised: the integers are those of x * weight, and the reciprocal root
/// of the mean square, of rms_scale's first superlane, joins the scale. So the integers do not wait
/// for the sum of squares.
/// Shapes: x, weight [n] -> [n].
QuantisedVector rms_norm_int8(std::span<const float> x, std::span<const float> weight, float eps,
                              Geometry g, Precision precision);

/// (sum of w x as an exact integer, rounded to fp32) * x.scale * w.scale(row) + bias, in this
/// order. With a low part, the two exact sums are joined in fp32 as 256 * high + low.
/// Shapes: w [rows, cols], x [cols], bias [rows] or empty -> [rows].
/// Errors: InvariantError if the lengths differ or exceed kLongestInt8Dot.
Values matmul_int8(const Int8Matrix& w, const QuantisedVector& x, std::span<const float> bias);

/// Embedding row of the token: row * row_scale, times `scale` if it is not 1.
/// Shapes: row [width] -> [width].
Values embed_int8(std::span<const std::int8_t> row, float row_scale, float scale);

/// x as the cache of keys and values holds it: fp16, saturating, back in fp32.
/// Shapes: [n] -> [n].
Values half_rounded(std::span<const float> x);

/// As attention, over a cache of fp16: products q k are rounded to one fp16 each, saturating, and
/// summed exactly; softmax and the weighted sum are those of attention.
/// Shapes: q [heads * head_dim]; keys, values [positions][kv_heads * head_dim] as half_rounded
/// gives them -> as q.
Values attention_int8(std::span<const float> q, const std::vector<Values>& keys,
                      const std::vector<Values>& values, std::int64_t heads, std::int64_t kv_heads);

}  // namespace metronome::ops
