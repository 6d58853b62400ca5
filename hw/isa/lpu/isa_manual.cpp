// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/isa_manual.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/lpu/opcode.h"

namespace metronome::lpu {
namespace {

constexpr std::string_view kIntroduction = R"(# LPU instruction set

Generated from `hw/isa/lpu/opcodes.def`; edit that.

A word is one opcode byte, then the operands in the order of the table, little-endian; `:n` is the
number of bytes. Encodings are ours: the real ones are not public.

- *result*: cycles from dispatch until the result is on its stream register or in its buffer.
- *busy*: cycles the unit is held.
- *skew*: cycles from dispatch until operands are sampled.
- *crossings*: superlane crossings on top of *result*, each (superlanes - 1) cycles.
- Operands in text: `E12` is stream 12 eastward, `E12:4` four streams from there, `W` westward; an
  operand marked `?` may be `-`, none; one marked `*` is a stream group, `alu3` (what that ALU
  delivers in the cycle of dispatch) or `imm`.
)";

std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string operand_list(Format format) {
  std::string out;
  for (const FieldLayout& layout : fields(format)) {
    std::string_view mark;
    switch (layout.kind) {
      case FieldKind::kOptionalStream:
        mark = "?";
        break;
      case FieldKind::kSource:
        mark = "*";
        break;
      case FieldKind::kNumber:
      case FieldKind::kSigned:
      case FieldKind::kStream:
      case FieldKind::kBits:
        break;
    }
    out += fmt::format("{}`{}{}:{}`", out.empty() ? "" : " ", layout.name, mark, layout.bytes);
  }
  return out;
}

}  // namespace

std::string isa_manual() {
  std::string out(kIntroduction);
  for (int u = 0; u <= static_cast<int>(Unit::kC2c); ++u) {
    const auto unit = static_cast<Unit>(u);
    const auto all = opcodes();
    if (std::none_of(all.begin(), all.end(), [&](const auto& op) { return op.unit == unit; })) {
      continue;
    }
    out += fmt::format("\n## {}\n\n", to_string(unit));
    out += "| mnemonic | operands | result | busy | skew | crossings | meaning | source |\n";
    out += "|---|---|---|---|---|---|---|---|\n";
    for (const OpcodeInfo& op : all) {
      if (op.unit != unit) continue;
      out += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} |\n", op.mnemonic,
                         operand_list(op.format), op.result_cycles, op.busy_cycles, op.skew_cycles,
                         op.crossings, cell(op.meaning), cell(op.source));
    }
  }
  return out;
}

}  // namespace metronome::lpu
