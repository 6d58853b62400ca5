// SPDX-License-Identifier: Apache-2.0
// What instructions do to the values of a warp: arithmetic only, no time, no memory. Results are
// the same bits on every host.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

using LaneMask = std::uint32_t;

/// One register of a warp: a word a lane.
using LaneWords = std::array<std::uint32_t, kWarpLanes>;

/// The values of one warp.
struct WarpValues {
  LaneWords* registers = nullptr;        // [Kernel::registers]
  std::array<LaneMask, 8> predicates{};  // [kTruePredicate] is all ones
  LaneMask lanes = 0;                    // lanes that exist: the last warp of a CTA may have fewer
  const std::uint64_t* parameters = nullptr;
  std::uint32_t warp_in_cta = 0;
  std::uint32_t cta = 0;
  std::uint32_t ctas = 0;
  std::uint32_t cluster_rank = 0;
  std::uint32_t sm = 0;
};

/// Lanes in which `i` takes effect.
inline LaneMask active_lanes(const Instruction& i, const WarpValues& w) {
  const LaneMask guard = w.predicates[i.guard];
  return w.lanes & (i.guard_negated ? ~guard : guard);
}

/// Units kFma, kHalf, kInteger, kSfu, the warp-level multiplies of kTensor, and SHFL.
/// A lane outside `active` keeps what it had; SHFL from an inactive lane gives the reader's own a.
/// Errors: InvariantError for an opcode of another kind.
void execute(const Instruction& i, WarpValues& w, LaneMask active, Cycle now);

/// HGMMA: warps in order, four of them. d of warp w and lane l, register r: row 16 w + l/4 +
/// 8 (r/2 mod 2), column 8 (r/4) + 2 (l mod 4) + r mod 2. `a_bytes` [64][16] and `b_bytes` [N][16]
/// fp16, k along rows. Products and sums in fp32, ascending k.
void execute_warpgroup(const Instruction& i, std::span<WarpValues* const, 4> warps,
                       const std::uint8_t* a_bytes, const std::uint8_t* b_bytes);

}  // namespace metronome::gpu
