// SPDX-License-Identifier: Apache-2.0
// The addresses of a warp's memory instruction, and what they come to: lines with sectors for
// global memory, passes over the banks for shared memory.
#pragma once

#include <array>
#include <cstdint>

#include "hw/gpu/execute.h"

namespace metronome::gpu {

struct LaneAddresses {
  std::array<Address, kWarpLanes> at{};  // of active lanes
  LaneMask active = 0;
  int bytes = 4;             // a lane
  bool consecutive = false;  // all 32 lanes, each behind the one before
};

/// register a + (parameter if has_base) + offset, in every active lane.
LaneAddresses lane_addresses(const Instruction& i, const WarpValues& w, LaneMask active, int bytes);

struct LinePart {
  Address line = 0;
  std::uint8_t sectors = 0;
};
struct Lines {
  std::array<LinePart, kWarpLanes> part{};
  int count = 0;
};

/// In the order of the lanes that first touch them. A lane's bytes lie within one line.
Lines coalesce(const LaneAddresses& addresses, std::int64_t line_bytes);

/// Times the banks are read: lanes go in groups of 128 bytes, and each group takes as many passes
/// as the worst bank has different words to give. Without `conflicts`, one pass a group.
int shared_passes(const LaneAddresses& addresses, std::int64_t banks, bool conflicts);

}  // namespace metronome::gpu
