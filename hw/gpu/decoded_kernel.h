// SPDX-License-Identifier: Apache-2.0
// A kernel as the sub-cores read it: for each instruction what its unit, timing and operands are on
// one GPU, worked out once.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

struct DecodedInstruction {
  Instruction instruction;
  Unit unit = Unit::kControl;
  Format format = Format::kNone;
  Cycle latency = 1;   // result, for units that keep it
  Cycle interval = 1;  // the unit's latch is held
  Operands operands;   // without RZ
  std::uint8_t wait_mask = 0;
  bool accumulates = false;  // reads what it writes, in order with its own kind (HGMMA)
};

struct DecodedKernel {
  const Kernel* kernel = nullptr;
  std::vector<DecodedInstruction> code;
};

/// Errors: those of validate(kernel, spec).
DecodedKernel decode(const Kernel& kernel, const GpuSpec& spec);

}  // namespace metronome::gpu
