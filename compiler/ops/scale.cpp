// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

Values scale(std::span<const float> x, float factor) {
  Values y(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = numerics::vxm_multiply(x[i], factor);
  return y;
}

}  // namespace metronome::ops
