// SPDX-License-Identifier: Apache-2.0
// Which of a warp's six dependence counters each event raises.
#pragma once

#include "compiler/gpu/hazards.h"

namespace metronome::gpu {

/// By event; negative: nobody waits for it.
std::vector<int> allocate_counters(const std::vector<Instruction>& code,
                                   const std::vector<HazardEvent>& events);

}  // namespace metronome::gpu
