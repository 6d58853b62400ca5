// SPDX-License-Identifier: Apache-2.0
// Kernels as text. Lossless: parse_kernel(to_text(kernel)) is the kernel again.
//
//   .kernel axpy          // name
//   .threads 32           // of a CTA
//   .registers 8
//   .shared 0             // bytes
//   .parameters 3
//   loop:
//     @!P0 LDG.128.CG R4, [c[1]+R2+16] {stall 2, write SB0}
//     FFMA R8, R4, c[2], R8 {stall 4, wait SB0}
//     ISETP.LT P0, R8, 100 {stall 4}
//     @P0 BRA loop
//     EXIT
//
// Operands stand in the order d, a, b, c. A number is an immediate, `1.5f` one in fp32.
#pragma once

#include <string>
#include <string_view>

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

std::string to_text(const Kernel& kernel);

/// Errors: UserError `source:line: what, found, expected`.
Kernel parse_kernel(std::string_view text, const std::string& source);

}  // namespace metronome::gpu
