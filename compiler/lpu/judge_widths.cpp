// SPDX-License-Identifier: Apache-2.0
// The judge's rules for the number of streams that an instruction names. Operands are whole values
// besides, which is checked where they are sampled.
#include <fmt/core.h>

#include "compiler/lpu/judge.h"

namespace metronome::compiler {

using lpu::Field;
using lpu::Instruction;
using lpu::Opcode;
using lpu::StreamGroup;
using lpu::Unit;

namespace {

/// Streams that all groups of the instruction have; 0 if that depends on its value.
int fixed_width(const Instruction& i) {
  const lpu::OpcodeInfo& op = lpu::info(i.opcode);
  if (op.unit == Unit::kMem) return 1;
  if (op.unit == Unit::kMxmAccumulate) return 4;
  if (op.format == lpu::Format::kLoadWeights || op.unit == Unit::kSxmTranspose) return 16;
  return 0;
}

/// Bytes a lane of a vector unit's result.
int result_bytes(Opcode op) {
  if (op == Opcode::kCvtF32F16) return 2;
  return op == Opcode::kCvtF32I8 ? 1 : 4;
}

}  // namespace

void Judge::check_widths(const Event& e) {
  const Instruction& i = instruction(e);
  const lpu::OpcodeInfo& op = lpu::info(i.opcode);
  const int fixed = fixed_width(i);
  const auto driven = lpu::driven_stream(i);
  std::vector<StreamGroup> all = lpu::sampled_streams(i);
  if (driven) all.push_back(*driven);
  for (const StreamGroup& g : all) {
    if (fixed == 0 || g.width == fixed) continue;
    return fail(e.cycle,
                fmt::format("{} names {}, it takes {} streams", who(e), to_string(g), fixed));
  }
  if (op.unit == Unit::kVxm && driven && driven->width > result_bytes(i.opcode)) {
    return fail(e.cycle, fmt::format("{} drives {}, its result has {} bytes a lane", who(e),
                                     to_string(*driven), result_bytes(i.opcode)));
  }
  const bool same = op.format == lpu::Format::kShift || op.format == lpu::Format::kDistribute;
  if (same && all.front().width != all.back().width) {
    fail(e.cycle,
         fmt::format("{} takes {} onto {}", who(e), to_string(all.front()), to_string(all.back())));
  }
}

}  // namespace metronome::compiler
