// SPDX-License-Identifier: Apache-2.0
// Activations as warp operations, by 2^x and 1/x.
#pragma once

#include "compiler/gpu/kernel_builder.h"

namespace metronome::gpu {

inline constexpr float kLog2e = 1.44269504F;

/// x / (1 + e^-x).
Value silu(KernelBuilder& k, Value x);
/// 0.5 x (1 + tanh(z)) = x / (1 + e^-2z), z = sqrt(2/pi) (x + 0.044715 x^3).
Value gelu_tanh(KernelBuilder& k, Value x);

}  // namespace metronome::gpu
