// SPDX-License-Identifier: Apache-2.0
// A resident warp: its values, where it is in its program, and what it waits for.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <vector>

#include "hw/gpu/decoded_kernel.h"
#include "hw/gpu/execute.h"

namespace metronome::gpu {

enum class StallReason : std::uint8_t {
#define GPU_STALL(enumerator, name, memory, sentence) enumerator,
#include "hw/gpu/stall_reasons.def"
#undef GPU_STALL
};
inline constexpr std::size_t kStallReasons =
    std::initializer_list<StallReason>{
#define GPU_STALL(enumerator, name, memory, sentence) StallReason::enumerator,
#include "hw/gpu/stall_reasons.def"
#undef GPU_STALL
    }
        .size();
struct StallInfo {
  std::string_view name;
  bool memory;
  std::string_view sentence;
};
const StallInfo& info(StallReason reason);

inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

/// kEnding: past EXIT, with memory instructions still on their way.
enum class WarpState : std::uint8_t { kAbsent, kRunning, kAtBarrier, kEnding };

struct Warp {
  WarpState state = WarpState::kAbsent;
  int index = -1;        // of the SM's warps
  int cta = -1;          // slot of its CTA in the SM
  std::int64_t age = 0;  // of arrivals in the SM: larger is younger
  const DecodedKernel* kernel = nullptr;
  std::int32_t pc = 0;
  Cycle ready_at = 0;     // by stall counts and starts
  Cycle yielded_at = -1;  // it gives way in this cycle
  StallReason ready_reason = StallReason::kFixedLatency;

  std::array<std::uint8_t, kDependenceCounters> counters{};
  std::array<StallReason, kDependenceCounters> counter_reason{};
  std::uint8_t pending = 0;  // bit c: counter c is not zero
  std::uint8_t unseen = 0;   // of those: raised so late that they are not seen yet
  Cycle seen_from = 0;       // from when on they are

  std::array<Cycle, 8> buffer{};  // when each instruction of the buffer is there, a ring
  std::uint8_t buffer_head = 0;

  int operations = 0;                         // in the memory stage
  int stores = 0;                             // on their way to the L2; outlives the warp
  int tensor_unfinished = 0;                  // warpgroup multiplies
  std::vector<RegisterRange> tensor_results;  // of those not yet accepted, oldest first
  int copies_open = 0;                        // background copies of the group not closed yet
  std::vector<int> copy_groups;       // unfinished copies of each closed group, oldest first
  std::int64_t copy_groups_done = 0;  // groups dropped from the front of the list

  std::vector<LaneWords> registers;   // [Kernel::registers]
  std::vector<Cycle> register_ready;  // [Kernel::registers]; kNever while on its way
  std::array<Cycle, 8> predicate_ready{};
  WarpValues values;

  const DecodedInstruction& next() const { return kernel->code[static_cast<std::size_t>(pc)]; }
  std::uint8_t pending_seen(Cycle now) const {
    return now < seen_from ? static_cast<std::uint8_t>(pending & ~unseen) : pending;
  }
};

}  // namespace metronome::gpu
