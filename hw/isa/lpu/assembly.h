// SPDX-License-Identifier: Apache-2.0
// Programs as text: one line an instruction, stamped with its absolute cycle, as Groq's `.aa` is.
#pragma once

#include <string>
#include <string_view>

#include "hw/isa/lpu/image.h"
#include "hw/isa/lpu/program.h"

namespace metronome::lpu {

/// Operand fields as text without spaces, `address=12,out=E3`; `address_offset` is added to the
/// address. Streams `E12` or `E12:4`, `-` for none; sources also `alu3`, `imm`; bits `0x3f800000`.
std::string operand_text(const Instruction& instruction, int address_offset = 0);

// The text:
//
//   # from here to the end of the line is a comment; words stand between spaces; "a \"word\" \x0a"
//   .chip name=groq1 lanes_per_superlane=16 superlanes=20 ...      first; all fields of ChipSpec
//   .info model=.. architecture=.. precision=.. vocab=.. ...       at most once
//   .tokenizer                                                     at most once; then hex lines
//   .tensor NAME kind=constant hemisphere=west width=2 stripes=1 slices=0,1 address=0 rows=8
//       lanes=16 fill=0x00000000 value=1 step=1   (on one line); a constant's hex lines follow
//   .input kind=token_row tensor=3 block_rows=64 column_blocks=1 stripes=8 banks=2
//       tensors by number, from 0; the table's shape, if one is meant
//   .logits tensor=4                                               exactly once
//   .program NAME context=128 predicted=4711 outputs=91,92
//   .stream_program op=blk.0.attn_q step=load layer=0              by number, from 0 a program
//   .queue mem_e.slice_12                                          in the chip's queue order
//   35: Read address=12,out=E3 x4 every 2 step 1 ; reads 7+1 write 11+1 of 0
//
// The cycle counts from Notify, so 35 is the first; NOP, Repeat, Sync and Notify are implied.
// `x COUNT every STRIDE step ADDRESS_STEP` repeats; without `step` the address stays. After `;` the
// identities of operands and result: first, then its step a repeat; none named means none meant;
// and `of` the number of the stream program to which the instruction belongs.

/// A whole image as text; `assemble` of it gives the image's bytes back.
std::string disassemble(const Image& image);

/// Errors: UserError `origin:line:column: what, found, expected`.
Image assemble(std::string_view text, const std::string& origin);

}  // namespace metronome::lpu
