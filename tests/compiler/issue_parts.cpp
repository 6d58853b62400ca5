// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/issue_parts.h"

namespace metronome::compiler::testing {

using lpu::Field;
using lpu::FieldKind;
using lpu::Instruction;
using lpu::Issue;
using lpu::Opcode;
using lpu::StreamGroup;

const lpu::OpcodeInfo& op(const Issue& issue) { return lpu::info(issue.instruction.opcode); }

bool is_write(const Issue& issue) {
  return issue.instruction.opcode == Opcode::kWrite || issue.instruction.opcode == Opcode::kScatter;
}

bool is_memory(const Issue& issue) { return op(issue).unit == lpu::Unit::kMem; }

Issue issues_from(const Issue& issue, int repeat, int count) {
  Issue part = issue;
  part.cycle += static_cast<lpu::Cycle>(repeat) * issue.stride;
  part.count = count;
  const auto moved = [&](Field f, int step) {
    const int value = static_cast<int>(issue.instruction.get(f)) + repeat * step;
    part.instruction.set(f, static_cast<std::uint32_t>(value));
  };
  if (is_memory(issue)) moved(Field::kAddress, issue.address_step);
  if (issue.instruction.opcode == Opcode::kLwF16) moved(Field::kRow, 8);
  if (issue.instruction.opcode == Opcode::kLwI8) moved(Field::kRow, 16);
  for (lpu::ValueRange& r : part.reads) r.first = r.at(repeat);
  part.write.first = part.write.at(repeat);
  return part;
}

StreamGroup StreamField::get(const Instruction& i) const {
  return is_source ? i.source(field).stream : i.stream(field);
}

void StreamField::set(Instruction& i, StreamGroup group) const {
  if (is_source) {
    i.set(field, lpu::Source::from(group));
  } else {
    i.set(field, group);
  }
}

std::vector<StreamField> streams_of(const Instruction& i) {
  std::vector<StreamField> all;
  for (const lpu::FieldLayout& f : lpu::fields(lpu::info(i.opcode).format)) {
    const bool optional = f.kind == FieldKind::kOptionalStream && i.get(f.field) != lpu::kNoStream;
    if (f.kind == FieldKind::kStream || optional) all.push_back({f.field, false});
    const bool source = f.kind == FieldKind::kSource;
    if (source && i.source(f.field).kind == lpu::Source::Kind::kStream) {
      all.push_back({f.field, true});
    }
  }
  return all;
}

}  // namespace metronome::compiler::testing
