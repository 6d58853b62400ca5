// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {
namespace {

using numerics::vxm_add;
using numerics::vxm_multiply;

/// x / (1 + e^-x), the quotient as the square of a reciprocal root.
float silu(float x) {
  const float root = numerics::vxm_rsqrt(vxm_add(numerics::vxm_exp(numerics::vxm_negate(x)), 1.0F));
  return vxm_multiply(x, vxm_multiply(root, root));
}

float gelu_tanh(float x) {
  const float cube = vxm_multiply(vxm_multiply(x, x), x);
  const float inner = vxm_multiply(vxm_add(x, vxm_multiply(cube, kGeluCubic)), kGeluScale);
  return vxm_multiply(vxm_multiply(x, 0.5F), vxm_add(numerics::vxm_tanh(inner), 1.0F));
}

}  // namespace

Values gate(graph::Activation activation, std::span<const float> gate, std::span<const float> up) {
  Values y(gate.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const float a = activation == graph::Activation::kSilu ? silu(gate[i]) : gelu_tanh(gate[i]);
    y[i] = vxm_multiply(a, up[i]);
  }
  return y;
}

}  // namespace metronome::ops
