// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

using numerics::vxm_add;
using numerics::vxm_multiply;

Values vector_sum(std::span<const float> x, Geometry g) {
  const auto lanes = static_cast<std::size_t>(g.lanes);
  const auto width = static_cast<std::size_t>(g.lanes_per_superlane);
  Values folded(lanes, 0.0F);
  for (std::size_t i = 0; i < x.size(); ++i) {
    folded[i % lanes] = i < lanes ? x[i] : vxm_add(folded[i % lanes], x[i]);
  }
  const std::size_t used = (std::min(x.size(), lanes) + width - 1) / width;
  return lane_sum(folded, static_cast<int>(used), g);
}

Values layer_norm(std::span<const float> x, std::span<const float> weight,
                  std::span<const float> bias, float eps, Geometry g) {
  const auto lanes = static_cast<std::size_t>(g.lanes);
  const auto width = static_cast<std::size_t>(g.lanes_per_superlane);
  const float inverse = 1.0F / static_cast<float>(x.size());
  Values mean = vector_sum(x, g);
  for (float& m : mean) m = vxm_multiply(m, inverse);
  Values centred(x.size());
  Values squares(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    centred[i] = numerics::vxm_subtract(x[i], mean[i % lanes / width]);
    squares[i] = vxm_multiply(centred[i], centred[i]);
  }
  Values scale = vector_sum(squares, g);
  for (float& s : scale) s = numerics::vxm_rsqrt(vxm_add(vxm_multiply(s, inverse), eps));
  Values y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = vxm_multiply(vxm_multiply(centred[i], scale[i % lanes / width]), weight[i]);
    if (!bias.empty()) y[i] = vxm_add(y[i], bias[i]);
  }
  return y;
}

}  // namespace metronome::ops
