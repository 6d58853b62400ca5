// SPDX-License-Identifier: Apache-2.0
// A matrix as the chip keeps it in int8: one scale a row, values half to even.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "compiler/graph/model.h"

namespace metronome::ops {

/// Reads row `row` as int8 into `out` [cols] and returns its scale, absmax / 127: value = int8 *
/// scale. A row of zeros has scale 0.
/// Errors: UserError naming the matrix and the place if a value is not finite.
float read_int8_row(const graph::Matrix& m, std::int64_t row, const std::string& source,
                    std::span<std::int8_t> out);

}  // namespace metronome::ops
