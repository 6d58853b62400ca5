// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/activation.h"

#include "compiler/ops/ops.h"

namespace metronome::gpu {
namespace {

/// x / (1 + 2^-y). For the largest negative y the divisor is infinite and the result zero.
Value sigmoid_times(KernelBuilder& k, Value x, Value minus_y) {
  return k.fmul(x, k.reciprocal(k.fadd(k.ex2(minus_y), 1.0F)));
}

}  // namespace

Value silu(KernelBuilder& k, Value x) { return sigmoid_times(k, x, k.fmul(x, -kLog2e)); }

Value gelu_tanh(KernelBuilder& k, Value x) {
  const Value square = k.fmul(x, x);
  const Value factor = k.ffma(square, ops::kGeluCubic, k.mov(1.0F));
  const Value z = k.fmul(k.fmul(x, factor), -2.0F * ops::kGeluScale * kLog2e);
  return sigmoid_times(k, x, z);
}

}  // namespace metronome::gpu
