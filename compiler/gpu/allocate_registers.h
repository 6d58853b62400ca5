// SPDX-License-Identifier: Apache-2.0
// Gives values registers and flags predicates by linear scan: a value holds its registers from its
// first to its last mention, and to the end of every loop that it comes into from before.
#pragma once

#include "compiler/gpu/virtual_code.h"

namespace metronome::gpu {

struct AllocatedCode {
  std::vector<Instruction> code;  // targets are instructions
  int registers = 0;
};

/// Errors: InvariantError naming `kernel` if the registers or predicates of a warp do not suffice.
AllocatedCode allocate_registers(const VirtualCode& code, const std::string& kernel);

}  // namespace metronome::gpu
