// SPDX-License-Identifier: Apache-2.0
// The operators' meaning, as plain loops over the chip's numerics: what every machine's result is
// compared with, bit for bit. One source file an operator.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/ops/half_matrix.h"

namespace metronome::ops {

/// How a machine cuts vectors; sums are exact within a block and rounded once a block.
struct Geometry {
  int lanes = 320;
  int lanes_per_superlane = 16;
};

using Values = std::vector<float>;  // fp32

/// An activation as the sum of two fp16 numbers: 22 bits of precision through a fp16 matrix unit.
struct SplitHalf {
  std::vector<std::uint16_t> high;  // [n]
  std::vector<std::uint16_t> low;   // [n], fp16(x - high)
};
SplitHalf split(std::span<const float> x);

/// Embedding row of the token: fp16 values as fp32, times `scale` if it is not 1.
/// Shapes: table [vocab, width] -> [width].
Values embed(std::span<const std::uint16_t> table_row, float scale);

/// rsqrt(mean(x^2) + eps) as each superlane that x reaches has it. Squares are summed in fp32 in
/// the order of the lane reduction: over blocks of lanes, within each superlane, then over
/// superlanes, from each one's own place north and south.
/// Shapes: x [n] -> [superlanes of min(n, lanes)].
Values rms_scale(std::span<const float> x, float eps, Geometry g);

/// x * rms_scale(x) of the lane's superlane * weight.
/// Shapes: x, weight [n] -> [n].
Values rms_norm(std::span<const float> x, std::span<const float> weight, float eps, Geometry g);

/// Sum over all lanes as each superlane gets it. Shapes: [lanes] -> [lanes / lanes_per_superlane].
Values lane_sum(std::span<const float> lanes, int superlanes_used, Geometry g);

/// Sum of all values as each superlane gets it: blocks of lanes are added in ascending order, then
/// lane_sum. Lanes that the last block leaves empty must be zero.
/// Shapes: [n] -> [superlanes that n values touch].
Values vector_sum(std::span<const float> x, Geometry g);

/// c * rsqrt(mean(c^2) + eps) * weight (+ bias), c = x - mean(x). Both means are vector_sum times
/// 1/n, so each superlane subtracts and scales by its own. A machine that computes c in whole
/// blocks must clear the lanes beyond the end of x before it squares them.
/// Shapes: x, weight [n], bias [n] or empty -> [n].
Values layer_norm(std::span<const float> x, std::span<const float> weight,
                  std::span<const float> bias, float eps, Geometry g);

/// x plus the row of a learned table at the position, fp16 values as fp32.
/// Shapes: x, row [width] -> [width].
Values add_position(std::span<const float> x, std::span<const std::uint16_t> table_row);

/// x * factor. Shapes: [n] -> [n].
Values scale(std::span<const float> x, float factor);

// Source: torch.nn.functional.normalize, which divides by a length of at least 1e-12.
inline constexpr float kSmallestSquaredLength = 1e-24F;

/// The mean over tokens, summed in ascending order, divided by its length: the square root of
/// vector_sum of its squares. Shapes: x [tokens][n] -> [n]; at least one token.
Values pool(const std::vector<Values>& x, Geometry g);

/// W x + bias. K is cut into blocks of `k_block`; for each, the exact sums of the high and of the
/// low halves are rounded to fp32 and added in this order.
/// Shapes: w [rows, cols], x [cols], bias [rows] or empty -> [rows].
Values matmul(const HalfMatrix& w, std::span<const float> x, std::span<const float> bias,
              int k_block);

/// Rotation angles of one position: cos and sin for each pair of a head. Shapes: [head_dim / 2].
struct RopeRow {
  std::vector<float> cosine;
  std::vector<float> sine;
};
RopeRow rope_row(const graph::Rope& rope, std::int64_t head_dim, std::int64_t position);

/// (x[2i] c - x[2i+1] s, x[2i+1] c + x[2i] s), times `scale` if it is not 1.
/// Shapes: x [heads * head_dim] -> same.
Values rope(std::span<const float> x, const RopeRow& row, float scale);

/// softmax(q K) V for each head over the rows of the cache; q is already scaled. Products q k are
/// split into two fp16 and each part summed exactly; softmax is in fp32, ascending over positions.
/// Shapes: q [heads * head_dim]; keys, values [positions][kv_heads * head_dim] -> as q.
Values attention(std::span<const float> q, const std::vector<Values>& keys,
                 const std::vector<Values>& values, std::int64_t heads, std::int64_t kv_heads);

// The tanh form of GELU: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), Hendrycks and Gimpel
// 2016.
inline constexpr float kGeluCubic = 0.044715F;
inline constexpr float kGeluScale = 0.797884561F;

// The normal distribution beyond x >= 0: (c0 t + c1 t^2 + ... + c4 t^5) e^(-x^2 / 2) with
// t = 1 / (1 + kErfScale x), to 7.5e-8. Source: Abramowitz and Stegun 7.1.26, an erf to 1.5e-7;
// kErfScale is its p / sqrt(2), kErfTail half of its a1 to a5.
inline constexpr float kErfScale = 0.231641888F;
inline constexpr float kErfTail[] = {0.127414796F, -0.142248368F, 0.7107068705F, -0.7265760135F,
                                     0.5307027145F};

/// One value through the activation: SiLU by rsqrt, GELU by tanh or by the tail above.
float activated(graph::Activation activation, float x);

/// activation(x). Shapes: [n] -> [n].
Values activate(graph::Activation activation, std::span<const float> x);

/// activation(gate) * up. Shapes: [n] -> [n].
Values gate(graph::Activation activation, std::span<const float> gate, std::span<const float> up);

/// x + y. Shapes: [n] -> [n].
Values add(std::span<const float> x, std::span<const float> y);

}  // namespace metronome::ops
