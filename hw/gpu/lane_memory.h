// SPDX-License-Identifier: Apache-2.0
// What memory instructions do to values: registers of a warp against bytes of a memory. No time.
#pragma once

#include <cstdint>
#include <functional>

#include "hw/gpu/coalescer.h"

namespace metronome::gpu {

/// Host view of `bytes` bytes at an address of whichever memory is meant.
/// Errors: InvariantError where nothing lies.
class ByteMemory {
 public:
  ByteMemory() = default;
  ByteMemory(const ByteMemory&) = delete;
  ByteMemory& operator=(const ByteMemory&) = delete;
  virtual ~ByteMemory() = default;
  virtual std::uint8_t* bytes(Address address, std::int64_t count) = 0;
};

/// d.. of each lane of `lanes` = `width` words at its address.
void load_lanes(const Instruction& i, WarpValues& w, const LaneAddresses& from, LaneMask lanes,
                ByteMemory& memory);
/// The words at each active lane's address = b.. . Of lanes with one address the last wins.
void store_lanes(const Instruction& i, const WarpValues& w, const LaneAddresses& to,
                 ByteMemory& memory);
/// LDSM: lane 8 m + r has the address of row r of matrix m.
void load_matrices(const Instruction& i, WarpValues& w, const LaneAddresses& from,
                   ByteMemory& memory);
/// What ATOM.ADD adds, by lane: read when it issues, long before the L2 adds.
LaneWords addends(const Instruction& i, const WarpValues& w);
/// ATOM.ADD for `lanes`, in the order of the lanes.
void add_lanes(const Instruction& i, WarpValues& w, const LaneWords& addends,
               const LaneAddresses& at, LaneMask lanes, ByteMemory& memory);
/// 16 bytes a lane.
void copy_lanes(const LaneAddresses& from, ByteMemory& source, const LaneAddresses& to,
                ByteMemory& target);

}  // namespace metronome::gpu
