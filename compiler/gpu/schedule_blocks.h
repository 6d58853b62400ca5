// SPDX-License-Identifier: Apache-2.0
// Reorders the instructions of each basic block so that results are awaited as little as possible:
// of what may issue, the instruction with the longest way to the end of the block goes first, so
// loads rise to the top. Ties keep the order of the code.
#pragma once

#include "compiler/gpu/virtual_code.h"

namespace metronome::gpu {

void schedule_blocks(VirtualCode& code, const GpuSpec& spec);

}  // namespace metronome::gpu
