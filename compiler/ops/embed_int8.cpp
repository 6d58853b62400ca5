// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/int8_ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

Values embed_int8(std::span<const std::int8_t> row, float row_scale, float scale) {
  Values x(row.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = numerics::vxm_multiply(static_cast<float>(row[i]), row_scale);
    if (scale != 1.0F) x[i] = numerics::vxm_multiply(x[i], scale);
  }
  return x;
}

}  // namespace metronome::ops
