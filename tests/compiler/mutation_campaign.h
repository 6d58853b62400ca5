// SPDX-License-Identifier: Apache-2.0
// Many mutations of one compiled program, each judged, and run on the chip if the judge accepts it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hw/isa/lpu/image.h"
#include "tests/compiler/mutate.h"

namespace metronome::compiler::testing {

struct Outcome {
  int caught = 0;    // the judge names the conflict
  int harmless = 0;  // accepted, and every result and cycle count is as before
  int silent = 0;    // accepted, and something is different: must not be
  std::map<Fault, std::array<int, 2>> by_fault;  // caught, harmless
  std::vector<std::string> complaints;

  int total() const { return caught + harmless + silent; }
};

/// Mutates the first program of `image` `count` times and decodes `tokens` with every mutation that
/// the judge accepts. One chip a process.
Outcome mutate_many(lpu::Image& image, int count, std::uint64_t seed,
                    const std::vector<std::int32_t>& tokens);

/// The counts as lines of text.
std::string report(const Outcome& outcome, const std::string& what, std::uint64_t seed);

}  // namespace metronome::compiler::testing
