// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "compiler/ops/ops.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::ops {

using numerics::vxm_add;
using numerics::vxm_multiply;

Values lane_sum(std::span<const float> lanes, int superlanes_used, Geometry g) {
  const auto used = static_cast<std::size_t>(superlanes_used);
  const auto width = static_cast<std::size_t>(g.lanes_per_superlane);
  Values partial(used);
  for (std::size_t s = 0; s < used; ++s) {
    partial[s] = lanes[s * width];
    for (std::size_t l = 1; l < width; ++l) partial[s] = vxm_add(partial[s], lanes[s * width + l]);
  }
  if (used == 1) return partial;
  Values total(used);
  for (std::size_t s = 0; s < used; ++s) {
    const auto at = [&](std::size_t i) { return i < used ? partial[i] : 0.0F; };
    float from_south = partial[s];
    for (std::size_t j = 1; j < used; ++j) from_south = vxm_add(from_south, at(s - j));
    float from_north = at(s + 1);
    for (std::size_t j = 2; j < used; ++j) from_north = vxm_add(from_north, at(s + j));
    total[s] = vxm_add(from_south, from_north);
  }
  return total;
}

Values rms_scale(std::span<const float> x, float eps, Geometry g) {
  const auto lanes = static_cast<std::size_t>(g.lanes);
  const auto width = static_cast<std::size_t>(g.lanes_per_superlane);
  Values squares(lanes, 0.0F);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float square = vxm_multiply(x[i], x[i]);
    squares[i % lanes] = i < lanes ? square : vxm_add(squares[i % lanes], square);
  }
  // Blocks beyond the end of x add +0 to the lanes they leave empty, which changes nothing.
  const std::size_t used = (std::min(x.size(), lanes) + width - 1) / width;
  Values scale = lane_sum(squares, static_cast<int>(used), g);
  const float inverse = 1.0F / static_cast<float>(x.size());
  for (float& s : scale) {
    s = numerics::vxm_rsqrt(vxm_add(vxm_multiply(s, inverse), eps));
  }
  return scale;
}

Values rms_norm(std::span<const float> x, std::span<const float> weight, float eps, Geometry g) {
  const auto lanes = static_cast<std::size_t>(g.lanes);
  const auto width = static_cast<std::size_t>(g.lanes_per_superlane);
  const Values scale = rms_scale(x, eps, g);
  Values y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = vxm_multiply(vxm_multiply(x[i], scale[i % lanes / width]), weight[i]);
  }
  return y;
}

}  // namespace metronome::ops
