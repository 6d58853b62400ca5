// SPDX-License-Identifier: Apache-2.0
#include "compiler/ops/int8_matrix.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "hw/isa/error.h"
#include "hw/isa/numerics/integer.h"

namespace metronome::ops {

float read_int8_row(const graph::Matrix& m, std::int64_t row, const std::string& source,
                    std::span<std::int8_t> out) {
  thread_local std::vector<float> values;
  values.resize(static_cast<std::size_t>(m.cols));
  m.read_row(row, values);
  float absmax = 0.0F;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw UserError(fmt::format("{}: {}[{}, {}]: found {}, int8 needs finite weights", source,
                                  m.name, row, i, values[i]));
    }
    absmax = std::max(absmax, std::fabs(values[i]));
  }
  const float scale = absmax / 127.0F;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = scale == 0.0F ? std::int8_t{0}
                           : std::max<std::int8_t>(
                                 numerics::float_to_int8_saturating(values[i] / scale), -127);
  }
  return scale;
}

}  // namespace metronome::ops
