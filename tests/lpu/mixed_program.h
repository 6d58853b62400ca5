// SPDX-License-Identifier: Apache-2.0
// A program in which all kinds of units work at once and feed each other: both hemispheres
// multiply, the vector unit requantises the sum of their results through a chain of ALUs, the
// switch units transpose and shift, memory gathers and scatters.
#pragma once

#include "tests/harness/lpu_bench.h"

namespace metronome::lpu::testing {

/// Three superlanes on the full-size floor plan.
ChipSpec mixed_spec();
void put_mixed_operands(Bench& bench);
ProgramBuilder mixed_program(const Bench& bench);
/// Every stored row by hemisphere, slice and address, empty where nothing is stored.
std::vector<Bytes> memory_of(Bench& bench);

}  // namespace metronome::lpu::testing
