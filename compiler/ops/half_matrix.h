// SPDX-License-Identifier: Apache-2.0
// A matrix in the precision in which the chip keeps it: fp16, rounded half to even.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/graph/model.h"

namespace metronome::ops {

/// Reads row `row` of `m` as fp16 into `out` [cols].
/// Errors: UserError naming tensor, index and value if a weight is not finite in fp16.
void read_half_row(const graph::Matrix& m, std::int64_t row, const std::string& source,
                   std::span<std::uint16_t> out);

struct HalfMatrix {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<std::uint16_t> values;  // [rows, cols]

  std::span<const std::uint16_t> row(std::int64_t r) const {
    return std::span(values).subspan(static_cast<std::size_t>(r * cols),
                                     static_cast<std::size_t>(cols));
  }
};

HalfMatrix to_half(const graph::Matrix& m, const std::string& source);

}  // namespace metronome::ops
