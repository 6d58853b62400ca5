// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/half.h"

namespace metronome::ops {

Values embed(std::span<const std::uint16_t> table_row, float scale) {
  Values x(table_row.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = numerics::half_to_float(table_row[i]);
    if (scale != 1.0F) x[i] = numerics::vxm_multiply(x[i], scale);
  }
  return x;
}

}  // namespace metronome::ops
