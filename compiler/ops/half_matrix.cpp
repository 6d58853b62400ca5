// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/half_matrix.h"

#include <fmt/core.h>

#include "hw/isa/error.h"
#include "hw/isa/numerics/half.h"

namespace metronome::ops {

void read_half_row(const graph::Matrix& m, std::int64_t row, const std::string& source,
                   std::span<std::uint16_t> out) {
  std::vector<float> values(static_cast<std::size_t>(m.cols));
  m.read_row(row, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = numerics::float_to_half(values[i]);
    if (!numerics::half_is_finite(out[i])) {
      throw UserError(fmt::format("{}: {}[{}, {}]: found {}, fp16 holds at most 65504", source,
                                  m.name, row, i, values[i]));
    }
  }
}

HalfMatrix to_half(const graph::Matrix& m, const std::string& source) {
  HalfMatrix half{m.rows, m.cols,
                  std::vector<std::uint16_t>(static_cast<std::size_t>(m.rows * m.cols))};
  for (std::int64_t r = 0; r < m.rows; ++r) {
    read_half_row(
        m, r, source,
        std::span(half.values)
            .subspan(static_cast<std::size_t>(r * m.cols), static_cast<std::size_t>(m.cols)));
  }
  return half;
}

}  // namespace metronome::ops
