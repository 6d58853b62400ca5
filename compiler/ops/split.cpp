// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/half.h"

namespace metronome::ops {

SplitHalf split(std::span<const float> x) {
  SplitHalf parts{std::vector<std::uint16_t>(x.size()), std::vector<std::uint16_t>(x.size())};
  for (std::size_t i = 0; i < x.size(); ++i) {
    parts.high[i] = numerics::float_to_half_saturating(x[i]);
    parts.low[i] = numerics::float_to_half_saturating(
        numerics::vxm_subtract(x[i], numerics::half_to_float(parts.high[i])));
  }
  return parts;
}

}  // namespace metronome::ops
