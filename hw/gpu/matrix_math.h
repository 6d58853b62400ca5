// SPDX-License-Identifier: Apache-2.0
// What the tensor cores compute. fp16 products are exact in fp32; each is added to the sum with one
// rounding, in ascending k, beginning with c. NaN gives 0x7fc00000. int8 sums are exact modulo
// 2^32.
#pragma once

#include "hw/gpu/execute.h"

namespace metronome::gpu {

/// HMMA.16816 and IMMA.16832 of one warp, on the fragments that PTX defines for mma.sync. All lanes
/// take part with their operands; those outside `active` keep what they had.
void multiply_tiles(const Instruction& i, WarpValues& w, LaneMask active);

}  // namespace metronome::gpu
