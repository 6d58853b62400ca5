// SPDX-License-Identifier: Apache-2.0
// The few lane-wise functions that deserve the host's SIMD. All targets give the same bits.
#pragma once

#include <cstdint>

#include "hw/gpu/execute.h"

namespace metronome::gpu {

/// d = a * b + c in fp32, rounded once. d may be a, b or c.
void fused_multiply_add(const LaneWords& a, const LaneWords& b, const LaneWords& c, LaneWords& d);

/// The lower or upper fp16 of each word as fp32, exact; NaN gives 0x7fc00000.
void half_to_float(const LaneWords& b, bool upper, LaneWords& d);

}  // namespace metronome::gpu
