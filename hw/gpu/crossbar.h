// SPDX-License-Identifier: Apache-2.0
// Ports of the crossbar: each carries a number of flits a cycle, in the order in which they come.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hw/gpu/conditions.h"

namespace metronome::gpu {

/// A port as a server of flits: time is kept in slots, so that several flits fit in a cycle.
class Port {
 public:
  void reset(std::int64_t flits_per_cycle) {
    rate_ = flits_per_cycle;
    free_slot_ = 0;
  }
  /// Takes `flits` that are there in `now`; the cycle in which the last has passed.
  Cycle pass(std::int64_t flits, Cycle now) {
    if (rate_ == 0) return now + 1;
    const Cycle begin = std::max(free_slot_, now * rate_);
    free_slot_ = begin + flits;
    return (free_slot_ + rate_ - 1) / rate_;
  }
  /// Flits that wait in `now`.
  std::int64_t waiting(Cycle now) const {
    return rate_ == 0 ? 0 : std::max<std::int64_t>(0, free_slot_ - now * rate_);
  }
  /// The first cycle in which at most `flits` wait.
  Cycle drained_to(std::int64_t flits) const {
    return rate_ == 0 ? 0 : (free_slot_ - flits + rate_ - 1) / rate_;
  }

 private:
  std::int64_t rate_ = 1;  // 0: no limit
  std::int64_t free_slot_ = 0;
};

struct Crossbar {
  std::vector<Port> requests;  // by SM
  std::vector<Port> replies;   // by SM
  std::vector<Port> gpcs;      // replies, by GPC
  std::vector<Port> slices;    // replies, by slice
  std::int64_t request_flits = 0;
  std::int64_t reply_flits = 0;

  void reset(const GpuSpec& spec, const Conditions& conditions);
};

}  // namespace metronome::gpu
