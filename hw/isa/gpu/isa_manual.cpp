// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/gpu/isa_manual.h"

#include <fmt/core.h>

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {
namespace {

constexpr std::string_view kIntroduction = R"(# GPU warp instruction set

Generated from `hw/isa/gpu/opcodes.def`; edit that.

An instruction is carried out for the 32 lanes of a warp. Mnemonics are those of published SASS; the
encoding is ours, and kernels are text:

```
.kernel axpy          // name
.threads 32           // of a CTA
.registers 8          // a thread
.shared 0             // bytes of a CTA
.parameters 3
loop:
  @!P0 LDG.128.CG R4, [c[1]+R2+16] {stall 2, write SB0}
  FFMA R4, R4, c[2], R4 {stall 4, wait SB0}
  ISETP.LT P0, R4, 100 {stall 13}
  @P0 BRA loop
  EXIT
```

- `R0` to `R254` are registers of 32 bits a lane; `RZ` reads 0 and loses what is written to it.
- `P0` to `P6` are predicates, a bit a lane; `PT` is always true. `@P0` before an instruction leaves
  out the lanes where P0 is false, `@!P0` those where it is true; they keep what they had.
- *b* stands for a register, a number (`7`, `-1`, `0x10`; `1.5f` in fp32) or a parameter `c[2]`, of
  which the lower 32 bits are read.
- *address* is `[R2]`, `[R2+16]`, `[c[1]+R2-4]`: register, parameter and bytes added up.
- *width* is nothing, `.64` or `.128`: one, two or four registers a lane. *cache* is nothing (L1 and
  L2), `.CG` (not L1) or `.STRONG` (the home slice of the L2: sees other SMs' stores).
- A group of registers is named by its first. Multiplies read four registers at *a*, two at *b*, four
  at *c* and write four at *d*; HGMMA accumulates in N/2 registers at *d*.
)";

constexpr std::string_view kControlBits = R"(
## Control bits

Written by the compiler behind an instruction, in braces; all may be left out.

| text | meaning |
|---|---|
| `stall n` | the warp issues its next instruction n cycles later, 0 to 15; 0 counts as 1, the default |
| `yield` | not this warp in the next cycle |
| `write SBn` | counter n of SB0 to SB5 rises, and falls when the result is there |
| `read SBn` | the same, and falls when the operands have been read |
| `wait SBn SBm` | issues once these counters are zero |
| `reuse a b c` | these operands stay in the register-file cache |

Results of the units fma, half, integer and control come after a fixed time that `stall` must cover:
a program that reads one too early is stopped with an error. For the other units the program waits
through the counters. Source: HU25.

## What is not modelled

Lanes of a warp that branch apart (a branch whose predicate differs between lanes is an error), fp64,
textures, traps, the encoding in bits, and instructions that are not in the tables.
)";

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string_view operand_syntax(const OpcodeInfo& op) {
  switch (op.format) {
    case Format::kNone:
      return "";
    case Format::kUnary:
      return "d, *b*";
    case Format::kBinary:
    case Format::kShuffle:
      return "d, a, *b*";
    case Format::kTernary:
      return "d, a, *b*, c";
    case Format::kMma:
      return "d, a, b, c";
    case Format::kCompare:
      return ".LT .LE .GT .GE .EQ or .NE, then p, a, *b*";
    case Format::kSelect:
      return "d, a, *b*, p";
    case Format::kSpecial:
      return op.opcode == Opcode::kClock ? "d" : "d, special register";
    case Format::kWarpgroup:
      return "d, address register of A, of B, N";
    case Format::kCount:
      return op.opcode == Opcode::kMbarrierWait ? "barrier, count" : "count";
    case Format::kLoad:
      if (op.opcode == Opcode::kLdsm) return "d, *address*";
      return op.opcode == Opcode::kLdsRemote ? "*width* d, *address*, rank *b*"
                                             : "*width* *cache* d, *address*";
    case Format::kStore:
      return "*width* *cache* *address*, b";
    case Format::kCopy:
      return op.opcode == Opcode::kBulkCopy ? "[shared register], *address*, bytes / 16, barrier"
                                            : "*cache* [shared register], *address*";
    case Format::kAtomic:
      return "d, *address*, b";
    case Format::kBranch:
      return "label";
    case Format::kDepbar:
      return "counter, count";
  }
  return "";
}

}  // namespace

std::string isa_manual() {
  std::string out = std::string(kIntroduction) + std::string(kControlBits);
  for (int u = 0; u < kUnits; ++u) {
    const auto unit = static_cast<Unit>(u);
    out += fmt::format("\n## {}\n\n{}\n\n", name(unit),
                       has_fixed_latency(unit) ? "Waited for by stall counts."
                                               : "Waited for through dependence counters.");
    out += "| mnemonic | operands | meaning | source |\n|---|---|---|---|\n";
    for (const Opcode opcode : opcodes()) {
      const OpcodeInfo& op = info(opcode);
      if (op.unit != unit) continue;
      out += fmt::format("| `{}` | {} | {} | {} |\n", op.mnemonic, cell(operand_syntax(op)),
                         cell(op.meaning), cell(op.source));
    }
  }
  return out;
}

}  // namespace metronome::gpu
