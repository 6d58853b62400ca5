// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/assembly_issue.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "hw/isa/lpu/codec.h"
#include "hw/isa/lpu/image_fields.h"
#include "hw/isa/lpu/validate_program.h"

namespace metronome::lpu {
namespace {

/// Where each field of the line stands; 0 where it does not.
using Columns = std::array<std::size_t, kFieldCount>;

Opcode parse_mnemonic(const AssemblyLine& line, const Word& word, const QueueInfo& queue) {
  const std::optional<Opcode> opcode = opcode_named(word.text);
  if (!opcode) {
    std::vector<std::string_view> names;
    for (const OpcodeInfo& row : opcodes()) names.push_back(row.mnemonic);
    line.fail(word, "instruction",
              fmt::format("a mnemonic, such as {}", nearest(word.text, names)));
  }
  if (const auto fault = placement_fault(*opcode, queue)) {
    line.fail(word.column, fault->what, fault->found, fault->expected);
  }
  return *opcode;
}

std::uint32_t parse_source(const AssemblyLine& line, const Word& word, std::string_view name) {
  if (word.text == "imm") return pack(Source::immediate());
  if (word.text.starts_with("alu")) {
    return pack(
        Source::from_alu(static_cast<std::uint8_t>(line.number(word.part(3), name, 0, 15))));
  }
  if (word.text.starts_with('E') || word.text.starts_with('W')) {
    return pack(Source::from(line.stream(word, name)));
  }
  line.fail(word, name, "a stream group, an ALU or imm");
}

std::uint32_t parse_value(const AssemblyLine& line, const Word& word, const FieldLayout& layout) {
  switch (layout.kind) {
    case FieldKind::kNumber:
      return static_cast<std::uint32_t>(
          line.number(word, layout.name, 0, (std::int64_t{1} << (8U * layout.bytes)) - 1));
    case FieldKind::kSigned:
      return static_cast<std::uint16_t>(line.number(word, layout.name, INT16_MIN, INT16_MAX));
    case FieldKind::kStream:
      return pack(line.stream(word, layout.name));
    case FieldKind::kOptionalStream:
      return word.text == "-" ? kNoStream : pack(line.stream(word, layout.name));
    case FieldKind::kSource:
      return parse_source(line, word, layout.name);
    case FieldKind::kBits:
      return line.bits(word, layout.name);
  }
  return 0;
}

/// `name=value` words between commas, in any order.
void parse_operands(const AssemblyLine& line, const Word& all, Instruction& instruction,
                    Columns& columns) {
  const OpcodeInfo& op = info(instruction.opcode);
  const auto layouts = fields(op.format);
  for (std::size_t at = 0; !all.text.empty() && at <= all.text.size();) {
    const std::size_t comma = std::min(all.text.find(',', at), all.text.size());
    const Word word = all.part(at, comma - at);
    const std::size_t equals = std::min(word.text.find('='), word.text.size());
    const auto layout = std::find_if(layouts.begin(), layouts.end(), [&](const FieldLayout& l) {
      return l.name == word.text.substr(0, equals);
    });
    if (layout == layouts.end() || equals == word.text.size()) {
      std::string names;
      for (const FieldLayout& l : layouts) names += fmt::format(" {}=", l.name);
      line.fail(word, "operand", fmt::format("of {}:{}", op.mnemonic, names));
    }
    std::size_t& column = columns[static_cast<std::size_t>(layout->field)];
    if (column != 0) line.fail(word, "operand", fmt::format("one {}=", layout->name));
    const Word value = word.part(equals + 1);
    column = value.column;
    instruction.set(layout->field, parse_value(line, value, *layout));
    at = comma + 1;
  }
  for (const FieldLayout& layout : layouts) {
    if (columns[static_cast<std::size_t>(layout.field)] == 0) {
      line.fail(all, "operands", fmt::format("{}= among them", layout.name));
    }
  }
}

void parse_repeats(AssemblyLine& line, Issue& issue) {
  if (!line.peek().text.starts_with('x')) return;
  const int busy = info(issue.instruction.opcode).busy_cycles;
  issue.count = static_cast<int>(line.number(line.next().part(1), "count", 2, kMaxCount));
  if (const Word every = line.next(); every.text != "every") line.fail(every, "repeat", "every");
  issue.stride = static_cast<int>(line.number(line.next(), "stride", busy, kMaxStride));
  if (line.peek().text != "step") return;
  line.next();
  issue.address_step = static_cast<int>(line.number(line.next(), "step", INT16_MIN, INT16_MAX));
}

/// `123`, `123+1` or `123-1`.
ValueRange parse_identity(const AssemblyLine& line, const Word& word) {
  const std::size_t sign = std::min(word.text.find_first_of("+-", 1), word.text.size());
  ValueRange value;
  value.first = static_cast<ValueId>(line.number(word.part(0, sign), "identity", 0, 0xFFFFFFFFLL));
  if (sign < word.text.size()) {
    const Word step = word.part(word.text[sign] == '+' ? sign + 1 : sign);
    value.step = static_cast<std::int32_t>(
        line.number(step, "identity's step", -kLargestValueStep, kLargestValueStep));
  }
  return value;
}

void parse_purpose(AssemblyLine& line, Issue& issue, std::size_t stream_programs) {
  if (line.peek().text != "of") return;
  line.next();
  const Word word = line.next();
  if (stream_programs == 0) line.fail(word, "stream program", "a .stream_program before it");
  issue.stream_program = static_cast<std::uint32_t>(
      line.number(word, "stream program", 0, static_cast<std::int64_t>(stream_programs) - 1));
}

void parse_identities(AssemblyLine& line, Issue& issue, std::size_t stream_programs) {
  const std::size_t wanted = operands(issue.instruction).size();
  issue.reads.resize(wanted);
  if (line.done()) return;
  if (const Word semicolon = line.next(); semicolon.text != ";") {
    line.fail(semicolon, "line", "; or its end");
  }
  if (const Word reads = line.peek(); reads.text == "reads") {
    line.next();
    std::size_t found = 0;
    for (; !line.done() && line.peek().text != "write" && line.peek().text != "of"; ++found) {
      const ValueRange value = parse_identity(line, line.next());
      if (found < wanted) issue.reads[found] = value;
    }
    if (found != wanted) {
      line.fail(reads.column, "reads", fmt::format("{} identities", found),
                fmt::format("{}, one an operand", wanted));
    }
  }
  if (line.peek().text == "write") {
    line.next();
    issue.write = parse_identity(line, line.next());
  }
  parse_purpose(line, issue, stream_programs);
  line.finish("reads, write, of or its end");
}

}  // namespace

Issue parse_issue(AssemblyLine& line, const QueueInfo& queue, const ChipSpec& spec, Cycle free,
                  std::size_t stream_programs) {
  Issue issue;
  const Word cycle = line.next();
  if (!cycle.text.ends_with(':')) line.fail(cycle, "line", "a cycle and a colon, or a section");
  const Cycle absolute =
      line.number(cycle.part(0, cycle.text.size() - 1), "cycle", 0, kLargestNumber);
  issue.cycle = absolute - barrier_cycles();
  if (issue.cycle < free) {
    line.fail(cycle.column, "cycle", std::to_string(absolute),
              fmt::format("at least {}, when {} is free", barrier_cycles() + free, queue.path));
  }
  const Word mnemonic = line.next();
  issue.instruction.opcode = parse_mnemonic(line, mnemonic, queue);
  Columns columns{};
  parse_operands(line, line.next(), issue.instruction, columns);
  parse_repeats(line, issue);
  parse_identities(line, issue, stream_programs);
  if (const auto fault = issue_fault(issue, queue, spec)) {
    const std::size_t column =
        fault->field ? columns[static_cast<std::size_t>(*fault->field)] : mnemonic.column;
    line.fail(column, fault->what, fault->found, fault->expected);
  }
  return issue;
}

}  // namespace metronome::lpu
