// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

Values add(std::span<const float> x, std::span<const float> y) {
  Values z(x.size());
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = numerics::vxm_add(x[i], y[i]);
  return z;
}

}  // namespace metronome::ops
