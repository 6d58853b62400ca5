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

/// max(x, 0) - |x| tail(|x|), where tail is the normal distribution beyond |x|. Right and left of
/// zero are one formula, so no operand is selected by sign.
float gelu_erf(float x) {
  const float size = numerics::vxm_max(x, numerics::vxm_negate(x));
  const float root = numerics::vxm_rsqrt(vxm_add(vxm_multiply(size, kErfScale), 1.0F));
  const float t = vxm_multiply(root, root);
  float tail = vxm_multiply(t, kErfTail[4]);
  for (int i = 3; i >= 0; --i) tail = vxm_multiply(vxm_add(tail, kErfTail[i]), t);
  const float bell = numerics::vxm_exp(vxm_multiply(vxm_multiply(x, x), -0.5F));
  const float below = vxm_multiply(size, vxm_multiply(tail, bell));
  return numerics::vxm_subtract(numerics::vxm_relu(x), below);
}

}  // namespace

float activated(graph::Activation activation, float x) {
  switch (activation) {
    case graph::Activation::kSilu:
      return silu(x);
    case graph::Activation::kGeluTanh:
      return gelu_tanh(x);
    case graph::Activation::kGeluErf:
      return gelu_erf(x);
  }
  return x;
}

Values activate(graph::Activation activation, std::span<const float> x) {
  Values y(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = activated(activation, x[i]);
  return y;
}

}  // namespace metronome::ops
