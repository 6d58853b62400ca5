// SPDX-License-Identifier: Apache-2.0
// A matrix as int8 with one fp32 scale for each row: symmetric, no zero point.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/graph/model.h"

namespace metronome::ops {

/// Quantises one row, `weights` [cols], into `out` [cols] and returns its scale: the largest
/// magnitude / 127 in fp32. Each weight is divided by it, rounded half to even and clamped to
/// [-127, 127]. Where the scale is 0, as of a row of zeros or of weights below 2^-143, so are all
/// values. Weights must be finite.
float quantise_row(std::span<const float> weights, std::span<std::int8_t> out);

/// Reads row `row` of `m` as int8 into `out` [cols] and returns its scale.
/// Errors: UserError naming tensor, row, column and value if a weight is not finite.
float read_int8_row(const graph::Matrix& m, std::int64_t row, const std::string& source,
                    std::span<std::int8_t> out);

struct Int8Matrix {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<std::int8_t> values;  // [rows, cols], -127 to 127
  std::vector<float> scales;        // [rows], not negative

  std::span<const std::int8_t> row(std::int64_t r) const {
    return std::span(values).subspan(static_cast<std::size_t>(r * cols),
                                     static_cast<std::size_t>(cols));
  }
  float scale(std::int64_t r) const { return scales[static_cast<std::size_t>(r)]; }
};

/// Errors: as read_int8_row.
Int8Matrix to_int8(const graph::Matrix& m, const std::string& source);

}  // namespace metronome::ops
