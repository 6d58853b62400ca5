// SPDX-License-Identifier: Apache-2.0
// Turns placed stream programs into instructions with value identities, and issues into repeats.
#include <algorithm>
#include <bit>

#include "compiler/lpu/placer.h"
#include "hw/isa/error.h"
#include "hw/isa/lpu/codec.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Field;
using lpu::Instruction;
using lpu::kNoStream;
using lpu::kNoValue;
using lpu::Opcode;
using lpu::QueueId;
using lpu::StreamGroup;
using lpu::TensorKind;
using lpu::Unit;
using lpu::ValueId;

StreamGroup Placer::input_group(const Cluster& c, const Node& user, std::size_t input) const {
  const auto producer = static_cast<std::size_t>(user.inputs[input]);
  const Choice& choice = choices_[producer];
  return {choice.direction, static_cast<std::uint8_t>(choice.stream),
          static_cast<std::uint8_t>(c.nodes()[producer].width)};
}

ValueId Placer::input_value(const Cluster& c, const Node& user, std::size_t input,
                            int issue) const {
  const auto producer = static_cast<std::size_t>(user.inputs[input]);
  const Node& p = c.nodes()[producer];
  const int taken = p.count > user.count ? p.count - 1 : issue;
  if (p.kind == NodeKind::kRead) return row_value(p.tensor, p.row + taken * p.row_step);
  return choices_[producer].value + static_cast<ValueId>(taken);
}

ValueId Placer::row_value(TensorId tensor, std::int64_t row) const {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(tensor)];
  if (t.kind == TensorKind::kConstant) return t.first_value + static_cast<ValueId>(row);
  const auto& rows = rows_[static_cast<std::size_t>(tensor)];
  if (t.kind == TensorKind::kState) return rows[0].value + static_cast<ValueId>(row);
  return rows[static_cast<std::size_t>(row)].value;
}

lpu::Source Placer::source(const Cluster& c, const Node& user, std::size_t input) const {
  const auto producer = static_cast<std::size_t>(user.inputs[input]);
  if (Cluster::chained(c.nodes()[producer], user)) {
    return lpu::Source::from_alu(static_cast<std::uint8_t>(choices_[producer].alu));
  }
  return lpu::Source::from(input_group(c, user, input));
}

void Placer::name_values(const Cluster& c) {
  for (std::size_t at = 0; at < c.nodes().size(); ++at) {
    const Node& n = c.nodes()[at];
    if (n.kind == NodeKind::kRead || n.kind == NodeKind::kWrite) continue;
    choices_[at].value = next_value_;
    // A scatter renews all rows of its tensor: any of them may be the one.
    next_value_ += static_cast<ValueId>(
        n.kind == NodeKind::kScatter ? tensors_[static_cast<std::size_t>(n.tensor)].rows : n.count);
    if (n.kind == NodeKind::kMultiply) {
      choices_[at].product = next_value_;
      next_value_ += static_cast<ValueId>(n.count);
    }
  }
}

void Placer::emit_memory(const Cluster& c, std::size_t at, Cycle start) {
  const Node& n = c.nodes()[at];
  const Choice& choice = choices_[at];
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(n.tensor)];
  for (int i = 0; i < n.count; ++i) {
    const Cycle when = n.issued_at(start, i);
    const std::int64_t row = n.row + i * n.row_step;
    for (int b = 0; b < n.width; ++b) {
      Element e;
      e.cycle = when;
      e.queue = lpu::mem_queue(spec_, t.hemisphere, t.slice(row, b));
      e.instruction.opcode = n.opcode;
      e.index = t.address_of(row);
      const auto byte_of = [b](StreamGroup g) {
        return StreamGroup{g.direction, static_cast<std::uint8_t>(g.first + b), 1};
      };
      const StreamGroup out{choice.direction, static_cast<std::uint8_t>(choice.stream + b), 1};
      if (n.kind == NodeKind::kRead) {
        const ValueId value = row_value(n.tensor, row);
        e.instruction.set(Field::kOut, out);
        e.reads = {value};
        e.write = value;
      } else if (n.kind == NodeKind::kGather) {
        e.instruction.set(Field::kIn2, input_group(c, n, 0)).set(Field::kOut, out);
        e.reads = {input_value(c, n, 0, i), row_value(n.tensor, row)};
        e.write = choice.value + static_cast<ValueId>(i);
      } else if (n.kind == NodeKind::kWrite) {
        e.instruction.set(Field::kIn, byte_of(input_group(c, n, 0)));
        e.reads = {input_value(c, n, 0, i)};
        e.write = e.reads[0];
      } else {
        e.instruction.set(Field::kIn, byte_of(input_group(c, n, 0)))
            .set(Field::kIn2, input_group(c, n, 1));
        e.reads = {input_value(c, n, 0, i), input_value(c, n, 1, i)};
        e.write = choice.value;
      }
      emit(std::move(e));
    }
  }
}

void Placer::emit_vxm(const Cluster& c, std::size_t at, Cycle start) {
  const Node& n = c.nodes()[at];
  const Choice& choice = choices_[at];
  for (int i = 0; i < n.count; ++i) {
    Element e;
    e.cycle = n.issued_at(start, i);
    e.queue = lpu::vxm_queue(spec_, choice.alu);
    Instruction& z = e.instruction;
    z.opcode = n.opcode;
    z.set(Field::kSuperlanes, static_cast<std::uint32_t>(n.superlanes));
    const bool out = choice.drives && i >= n.count - results(n);
    if (out) {
      z.set(Field::kResult, StreamGroup{choice.direction, static_cast<std::uint8_t>(choice.stream),
                                        static_cast<std::uint8_t>(n.width)});
    } else {
      z.set(Field::kResult, kNoStream);
    }
    if (n.kind == NodeKind::kAccumulatorRead) {
      const auto from = static_cast<std::size_t>(n.inputs[0]);
      e.reads = {choices_[from].value + static_cast<ValueId>(c.nodes()[from].count - 1)};
    } else {
      z.set(Field::kSourceA, source(c, n, 0));
      e.reads.push_back(input_value(c, n, 0, i));
      if (n.inputs.size() > 1) {
        z.set(Field::kSourceB, source(c, n, 1));
        e.reads.push_back(input_value(c, n, 1, i));
      } else if (n.immediate) {
        z.set(Field::kSourceB, lpu::Source::immediate());
        z.set(Field::kImmediate, std::bit_cast<std::uint32_t>(*n.immediate));
      }
      if (accumulates(n)) {
        if (i == 0) {
          z.set(Field::kFlags, lpu::kFlagInit);
        } else {
          e.reads.push_back(choice.value + static_cast<ValueId>(i - 1));
        }
      }
    }
    e.write = choice.value + static_cast<ValueId>(i);
    emit(std::move(e));
  }
}

void Placer::emit_multiply(const Cluster& c, std::size_t at, Cycle start) {
  const Node& n = c.nodes()[at];
  const Choice& choice = choices_[at];
  PlaneState& plane = used_plane(n.hemisphere);
  ValueId& accumulator = plane.accumulators[n.slot];
  const lpu::OpcodeInfo& op = lpu::info(n.opcode);
  for (int i = 0; i < n.count; ++i) {
    const Cycle when = n.issued_at(start, i);
    Element abc;
    abc.cycle = when;
    abc.queue = mxm(n, Unit::kMxmActivations);
    abc.instruction.opcode = n.opcode;
    abc.instruction.set(Field::kIn, input_group(c, n, 0))
        .set(Field::kSuperlanes, static_cast<std::uint32_t>(n.superlanes));
    abc.reads = {input_value(c, n, 0, i), plane.weights};
    abc.write = choice.product + static_cast<ValueId>(i);

    Element acc;
    acc.cycle = when + op.result_cycles;
    acc.queue = mxm(n, Unit::kMxmAccumulate);
    acc.instruction.opcode = Cluster::accumulate_opcode(n);
    acc.instruction.set(Field::kSlot, static_cast<std::uint32_t>(n.slot));
    const bool adds = !n.fold.each && (i > 0 || n.fold.continues);
    const bool emits = n.fold.each || (n.fold.emits && i + 1 == n.count);
    acc.instruction.set(Field::kFlags, (adds ? lpu::kFlagAdd : 0U) | (emits ? lpu::kFlagEmit : 0U));
    acc.instruction.set(Field::kResult, kNoStream);
    if (emits) {
      acc.instruction.set(Field::kResult, StreamGroup{choice.direction,
                                                      static_cast<std::uint8_t>(choice.stream), 4});
    }
    acc.reads = {abc.write};
    if (adds) acc.reads.push_back(accumulator);
    acc.write = choice.value + static_cast<ValueId>(i);
    accumulator = acc.write;
    hold_array(n, when + op.busy_cycles);
    emit(std::move(abc));
    emit(std::move(acc));
  }
}

/// A fp16 multiply holds the arrays of both planes of the pair.
void Placer::hold_array(const Node& multiply, Cycle until) {
  const int at = chosen_plane(multiply.hemisphere);
  const bool pair = multiply.opcode != Opcode::kAbcI8;
  for (const int index : {at, pair ? at ^ 1 : at}) {
    Cycle& free = plane(multiply.hemisphere, index).array_free;
    free = std::max(free, until);
  }
}

void Placer::emit_switch(const Cluster& c, std::size_t at, Cycle start) {
  const Node& n = c.nodes()[at];
  const Choice& choice = choices_[at];
  for (int i = 0; i < n.count; ++i) {
    Element e;
    e.cycle = n.issued_at(start, i);
    e.queue =
        lpu::sxm_queue(spec_, n.hemisphere,
                       n.kind == NodeKind::kShift ? Unit::kSxmShift : Unit::kSxmDistribute, 0);
    e.instruction.opcode = n.opcode;
    e.instruction.set(Field::kIn, input_group(c, n, 0))
        .set(Field::kOut, StreamGroup{choice.direction, static_cast<std::uint8_t>(choice.stream),
                                      static_cast<std::uint8_t>(n.width)});
    if (n.kind == NodeKind::kShift) {
      e.instruction.set(Field::kAmount,
                        static_cast<std::uint32_t>(n.amounts[static_cast<std::size_t>(i)]));
    } else {
      lpu::set_distribute_map(e.instruction, n.maps[static_cast<std::size_t>(i)]);
    }
    e.reads = {input_value(c, n, 0, i)};
    e.write = choice.value + static_cast<ValueId>(i);
    emit(std::move(e));
  }
}

void Placer::commit(const Cluster& c, Cycle start) {
  begin_piece(c.step());
  name_values(c);
  for (std::size_t at = 0; at < c.nodes().size(); ++at) {
    switch (c.nodes()[at].kind) {
      case NodeKind::kRead:
      case NodeKind::kGather:
      case NodeKind::kWrite:
      case NodeKind::kScatter:
        emit_memory(c, at, start);
        break;
      case NodeKind::kVxm:
      case NodeKind::kAccumulatorRead:
        emit_vxm(c, at, start);
        break;
      case NodeKind::kMultiply:
        emit_multiply(c, at, start);
        break;
      case NodeKind::kDistribute:
      case NodeKind::kShift:
        emit_switch(c, at, start);
        break;
    }
  }
  // After all operands were named: what the cluster leaves behind in memory.
  for (std::size_t at = 0; at < c.nodes().size(); ++at) {
    const Node& n = c.nodes()[at];
    if (n.tensor < 0 ||
        tensors_[static_cast<std::size_t>(n.tensor)].kind == TensorKind::kConstant) {
      continue;
    }
    for (int i = 0; i < n.count; ++i) {
      const Cycle when = n.issued_at(start, i);
      RowState& state = row_state(n.tensor, n.row + i * n.row_step);
      state.last_use = std::max(state.last_use, when);
      if (n.kind == NodeKind::kWrite || n.kind == NodeKind::kScatter) {
        state.ready = when + lpu::info(n.opcode).result_cycles;
        state.value = n.kind == NodeKind::kWrite ? input_value(c, n, 0, i) : choices_[at].value;
      }
    }
  }
}

namespace {

Field index_field(const Instruction& i) {
  return lpu::info(i.opcode).format == lpu::Format::kLoadWeights ? Field::kRow : Field::kAddress;
}

lpu::Issue first_issue(const Element& e) {
  lpu::Issue issue;
  issue.cycle = e.cycle;
  issue.instruction = e.instruction;
  if (lpu::info(e.instruction.opcode).unit == Unit::kMem ||
      index_field(e.instruction) == Field::kRow) {
    issue.instruction.set(index_field(e.instruction), static_cast<std::uint32_t>(e.index));
  }
  for (ValueId v : e.reads) issue.reads.push_back({v, 0});
  issue.write = {e.write, 0};
  issue.stream_program = e.stream_program;
  return issue;
}

/// Identity steps are kept small: the image's reader bounds them.
bool small(ValueId to, ValueId from) {
  const std::int64_t step = std::int64_t{to} - std::int64_t{from};
  return step > -(1 << 20) && step < (1 << 20);
}

bool loads_weights(const Instruction& i) { return index_field(i) == Field::kRow; }

/// Rows by which a repeated load goes on; fixed by the instruction, not by the Repeat.
int rows_a_load(const Instruction& i) {
  return i.opcode == Opcode::kLwF16 ? lpu::kWeightStreams / 2 : lpu::kWeightStreams;
}

/// Makes `issue`, so far one issue, a repeat of two with `e`, if the repeat rule allows it.
bool begin_repeat(lpu::Issue& issue, const Element& first, const Element& e) {
  const Cycle stride = e.cycle - issue.cycle;
  const int step = e.index - first.index;
  const bool loads = loads_weights(e.instruction);
  if (stride > lpu::kMaxStride || stride < lpu::info(e.instruction.opcode).busy_cycles)
    return false;
  if (step < -32768 || step > 32767 || (loads && step != rows_a_load(e.instruction))) return false;
  if (!small(e.write, first.write)) return false;
  for (std::size_t i = 0; i < e.reads.size(); ++i) {
    if (!small(e.reads[i], first.reads[i])) return false;
  }
  issue.stride = static_cast<int>(stride);
  issue.address_step = loads ? 0 : step;
  for (std::size_t i = 0; i < e.reads.size(); ++i) {
    issue.reads[i].step = static_cast<std::int32_t>(e.reads[i] - first.reads[i]);
  }
  issue.write.step = static_cast<std::int32_t>(e.write - first.write);
  issue.count = 2;
  return true;
}

/// Takes `e` as the next of `issue`'s repeats if it is that.
bool continue_repeat(lpu::Issue& issue, const Element& first, const Element& e) {
  const int step = loads_weights(e.instruction) ? rows_a_load(e.instruction) : issue.address_step;
  if (issue.count == lpu::kMaxCount ||
      e.cycle != issue.cycle + static_cast<Cycle>(issue.count) * issue.stride ||
      e.index != first.index + issue.count * step || e.write != issue.write.at(issue.count)) {
    return false;
  }
  for (std::size_t i = 0; i < e.reads.size(); ++i) {
    if (e.reads[i] != issue.reads[i].at(issue.count)) return false;
  }
  ++issue.count;
  return true;
}

/// Extends `issue` by `e` if the repeat rule holds: same instruction, same stride and steps.
bool extend(lpu::Issue& issue, const Element& first, const Element& e) {
  if (!(e.instruction == first.instruction) || e.reads.size() != issue.reads.size() ||
      e.stream_program != first.stream_program) {
    return false;
  }
  return issue.count == 1 ? begin_repeat(issue, first, e) : continue_repeat(issue, first, e);
}

}  // namespace

std::vector<lpu::QueueProgram> to_queues(std::vector<Element> elements) {
  std::sort(elements.begin(), elements.end(), [](const Element& a, const Element& b) {
    return a.queue != b.queue ? a.queue < b.queue : a.cycle < b.cycle;
  });
  std::vector<lpu::QueueProgram> queues;
  const Element* first = nullptr;
  for (const Element& e : elements) {
    const bool same_queue = !queues.empty() && queues.back().queue == e.queue;
    if (!same_queue) queues.push_back({e.queue, {}});
    auto& issues = queues.back().issues;
    if (same_queue && extend(issues.back(), *first, e)) continue;
    issues.push_back(first_issue(e));
    first = &e;
  }
  return queues;
}

lpu::Program Placer::program(std::string name, std::int64_t context) {
  lpu::Program program;
  program.name = std::move(name);
  program.context = context;
  program.stream_programs = pieces_;
  program.queues = to_queues(elements_);
  program.predicted_cycles = lpu::total_cycles(program, spec_);
  return program;
}

}  // namespace metronome::compiler
