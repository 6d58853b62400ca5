// SPDX-License-Identifier: Apache-2.0
// What the compiler believes about time: exact for units with a fixed latency, a guess for others.
#pragma once

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

/// Cycles from issue until the result may be read. For variable latencies that of an undisturbed
/// machine, which orders instructions and is never relied on.
Cycle expected_latency(const Instruction& i, const GpuSpec& spec);

/// Reads and writes memory of some kind, or orders such accesses.
bool touches_memory(const Instruction& i);

}  // namespace metronome::gpu
