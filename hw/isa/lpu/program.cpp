// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/program.h"

#include <algorithm>

namespace metronome::lpu {
namespace {

void add_source(std::vector<Operand>& all, const Source& source) {
  switch (source.kind) {
    case Source::Kind::kStream:
      all.push_back({OperandRole::kStream, source.stream, 0});
      break;
    case Source::Kind::kAlu:
      all.push_back({OperandRole::kAlu, {}, source.alu});
      break;
    case Source::Kind::kNone:
    case Source::Kind::kImmediate:
      break;
  }
}

/// True if the instruction takes its unit's accumulator as an operand.
bool accumulates(const Instruction& i) {
  if (i.opcode == Opcode::kAccAddF32 || i.opcode == Opcode::kAccMaxF32 ||
      i.opcode == Opcode::kAccOr) {
    return (i.get(Field::kFlags) & kFlagInit) == 0;
  }
  if (i.opcode == Opcode::kAccI32 || i.opcode == Opcode::kAccF32) {
    return (i.get(Field::kFlags) & kFlagAdd) != 0;
  }
  return i.opcode == Opcode::kAccRead;
}

}  // namespace

std::vector<Operand> operands(const Instruction& i) {
  std::vector<Operand> all;
  for (const FieldLayout& layout : fields(info(i.opcode).format)) {
    if (layout.kind == FieldKind::kSource) {
      add_source(all, i.source(layout.field));
    } else if (layout.kind == FieldKind::kStream && layout.field != Field::kOut) {
      all.push_back({OperandRole::kStream, i.stream(layout.field), 0});
    }
  }
  const Unit unit = info(i.opcode).unit;
  if (i.opcode == Opcode::kRead || i.opcode == Opcode::kGather) {
    all.push_back({OperandRole::kMemory, {}, 0});
  }
  if (i.opcode == Opcode::kIwI8 || i.opcode == Opcode::kIwF16 || unit == Unit::kMxmActivations) {
    all.push_back({OperandRole::kWeights, {}, 0});
  }
  if (unit == Unit::kMxmAccumulate) all.push_back({OperandRole::kProduct, {}, 0});
  if (accumulates(i)) all.push_back({OperandRole::kAccumulator, {}, 0});
  return all;
}

Cycle barrier_cycles() { return info(Opcode::kNotify).result_cycles; }

Cycle completion(const Issue& issue, const ChipSpec& spec) {
  const OpcodeInfo& op = info(issue.instruction.opcode);
  const Cycle last = issue.cycle + static_cast<Cycle>(issue.count - 1) * issue.stride;
  return last + std::max(op.latency(spec.superlanes), op.busy_cycles);
}

Cycle total_cycles(const Program& program, const ChipSpec& spec) {
  Cycle end = 0;
  for (const QueueProgram& queue : program.queues) {
    for (const Issue& issue : queue.issues) end = std::max(end, completion(issue, spec));
  }
  return barrier_cycles() + end;
}

}  // namespace metronome::lpu
