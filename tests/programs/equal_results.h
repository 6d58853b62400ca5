// SPDX-License-Identifier: Apache-2.0
// Chip and reference side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/lpu/compile.h"
#include "hw/isa/lpu/image.h"
#include "tests/harness/random_model.h"

namespace metronome::testing {

/// Feeds `tokens` to the chip and to the reference executor. Fails the running test unless, for
/// every token, all logits are the same bits, the simulated cycles are the predicted ones, and
/// every token of one program takes the same cycles. One chip a process.
void expect_chip_equals_reference(const graph::Model& model, const lpu::Image& image,
                                  const std::vector<std::int32_t>& tokens);

/// Compiles the random model of `shape` and compares as above over `tokens` random ones.
void expect_equal_results(const harness::RandomShape& shape, const lpu::ChipSpec& spec,
                          std::size_t tokens, ops::Precision precision = ops::Precision::kFp16);

/// What `compile` takes by default, but the precision.
compiler::CompileOptions in(ops::Precision precision);

}  // namespace metronome::testing
