// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/int8_matrix.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "hw/isa/error.h"
#include "hw/isa/numerics/integer.h"

namespace metronome::ops {

float quantise_row(std::span<const float> weights, std::span<std::int8_t> out) {
  float largest = 0.0F;
  for (const float w : weights) largest = std::max(largest, std::abs(w));
  const float scale = largest / 127.0F;
  if (scale == 0.0F) {
    std::fill(out.begin(), out.end(), std::int8_t{0});
    return scale;
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    out[i] = std::max<std::int8_t>(numerics::float_to_int8_saturating(weights[i] / scale), -127);
  }
  return scale;
}

float read_int8_row(const graph::Matrix& m, std::int64_t row, const std::string& source,
                    std::span<std::int8_t> out) {
  std::vector<float> weights(static_cast<std::size_t>(m.cols));
  m.read_row(row, weights);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (std::isfinite(weights[i])) continue;
    throw UserError(fmt::format("{}: {}[{}, {}]: found {}, a weight must be finite", source, m.name,
                                row, i, weights[i]));
  }
  return quantise_row(weights, out);
}

Int8Matrix to_int8(const graph::Matrix& m, const std::string& source) {
  Int8Matrix int8{m.rows, m.cols,
                  std::vector<std::int8_t>(static_cast<std::size_t>(m.rows * m.cols)),
                  std::vector<float>(static_cast<std::size_t>(m.rows))};
  for (std::int64_t r = 0; r < m.rows; ++r) {
    const auto row =
        std::span(int8.values)
            .subspan(static_cast<std::size_t>(r * m.cols), static_cast<std::size_t>(m.cols));
    int8.scales[static_cast<std::size_t>(r)] = read_int8_row(m, r, source, row);
  }
  return int8;
}

}  // namespace metronome::ops
