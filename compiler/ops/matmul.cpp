// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/ops/ops.h"
#include "hw/isa/numerics/exact_dot.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

Values matmul(const HalfMatrix& w, std::span<const float> x, std::span<const float> bias,
              int k_block) {
  const SplitHalf parts = split(x);
  Values y(static_cast<std::size_t>(w.rows));
  for (std::int64_t r = 0; r < w.rows; ++r) {
    const auto row = w.row(r);
    float sum = 0.0F;
    for (std::size_t k = 0; k < x.size(); k += static_cast<std::size_t>(k_block)) {
      const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(k_block), x.size() - k);
      const float high =
          numerics::exact_dot_f16(std::span(parts.high).subspan(k, n), row.subspan(k, n));
      const float low =
          numerics::exact_dot_f16(std::span(parts.low).subspan(k, n), row.subspan(k, n));
      sum = k == 0 ? high : numerics::vxm_add(sum, high);
      sum = numerics::vxm_add(sum, low);
    }
    y[static_cast<std::size_t>(r)] =
        bias.empty() ? sum : numerics::vxm_add(sum, bias[static_cast<std::size_t>(r)]);
  }
  return y;
}

}  // namespace metronome::ops
