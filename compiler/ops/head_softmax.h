// SPDX-License-Identifier: Apache-2.0
// What every precision of attention does once it has its scores.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "compiler/ops/ops.h"

namespace metronome::ops {

/// softmax(scores) V of one head, in fp32 and ascending over positions; `first` is where the head
/// begins in a row of values.
/// Shapes: scores [positions], values [positions][...], out [head_dim].
void head_softmax(std::span<const float> scores, const std::vector<Values>& values,
                  std::size_t first, std::span<float> out);

}  // namespace metronome::ops
