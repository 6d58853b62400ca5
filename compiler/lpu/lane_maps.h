// SPDX-License-Identifier: Apache-2.0
// Maps within a superlane, for Distribute.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace metronome::compiler {

using LaneMap = std::array<std::uint8_t, 16>;

/// Maps that bring lane 0, 1, ... of a superlane to all its lanes.
inline std::vector<LaneMap> broadcasts() {
  std::vector<LaneMap> maps(16);
  for (std::uint8_t lane = 0; lane < 16; ++lane) maps[lane].fill(lane);
  return maps;
}

/// Exchanges the two lanes of each pair.
inline LaneMap pair_swap() {
  LaneMap map{};
  for (std::uint8_t lane = 0; lane < 16; ++lane) map[lane] = lane ^ 1U;
  return map;
}

}  // namespace metronome::compiler
