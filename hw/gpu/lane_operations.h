// SPDX-License-Identifier: Apache-2.0
// What a lane makes of its own operands, for all lanes at once.
#pragma once

#include "hw/gpu/execute.h"

namespace metronome::gpu {

/// d[lane] = f(a[lane], b[lane], c[lane]). `d` may be any of the others.
using LaneOperation = void (*)(const LaneWords& a, const LaneWords& b, const LaneWords& c,
                               LaneWords& d);

/// nullptr for opcodes whose lanes do not work each on its own.
LaneOperation lane_operation(Opcode opcode);

}  // namespace metronome::gpu
