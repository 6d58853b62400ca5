// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/half.h"

namespace metronome::ops {

Values add_position(std::span<const float> x, std::span<const std::uint16_t> table_row) {
  Values y(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = numerics::vxm_add(x[i], numerics::half_to_float(table_row[i]));
  }
  return y;
}

}  // namespace metronome::ops
