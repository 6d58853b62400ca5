// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

Values pool(const std::vector<Values>& x, Geometry g) {
  using numerics::vxm_multiply;
  const auto lanes = static_cast<std::size_t>(g.lanes);
  const auto width = static_cast<std::size_t>(g.lanes_per_superlane);
  Values mean = x.front();
  for (std::size_t t = 1; t < x.size(); ++t) mean = add(mean, x[t]);
  mean = scale(mean, 1.0F / static_cast<float>(x.size()));
  Values squares(mean.size());
  for (std::size_t i = 0; i < mean.size(); ++i) squares[i] = vxm_multiply(mean[i], mean[i]);
  Values inverse = vector_sum(squares, g);
  for (float& s : inverse) s = numerics::vxm_rsqrt(numerics::vxm_max(s, kSmallestSquaredLength));
  for (std::size_t i = 0; i < mean.size(); ++i) {
    mean[i] = vxm_multiply(mean[i], inverse[i % lanes / width]);
  }
  return mean;
}

}  // namespace metronome::ops
