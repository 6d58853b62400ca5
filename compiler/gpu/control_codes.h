// SPDX-License-Identifier: Apache-2.0
// Writes the control bits of a kernel: stall counts for results of fixed latency, dependence
// counters and wait masks for the others, reuse bits for operands read again.
//
// A stall count holds on every path because all results of fixed latency are there when a basic
// block ends. There are six counters: events that are first awaited by the same instruction share
// one, and so do others when more are open at once.
#pragma once

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

/// Fills in the control of every instruction, and puts in NOPs where a stall count is too small.
void write_control_codes(std::vector<Instruction>& code, const GpuSpec& spec);

}  // namespace metronome::gpu
