// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/assembly.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "hw/isa/lpu/assembly_words.h"
#include "hw/isa/lpu/image_fields.h"

namespace metronome::lpu {
namespace {

constexpr std::size_t kBytesPerLine = 40;

template <typename... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

void put_stream(std::string& out, StreamGroup group) {
  put(out, "{}{}", letter(group.direction), int{group.first});
  if (group.width > 1) put(out, ":{}", int{group.width});
}

void put_source(std::string& out, Source source) {
  switch (source.kind) {
    case Source::Kind::kNone:
      out += '-';
      break;
    case Source::Kind::kStream:
      put_stream(out, source.stream);
      break;
    case Source::Kind::kAlu:
      put(out, "alu{}", int{source.alu});
      break;
    case Source::Kind::kImmediate:
      out += "imm";
      break;
  }
}

void put_operands(std::string& out, const Instruction& i, int address_offset) {
  bool first = true;
  for (const FieldLayout& layout : fields(info(i.opcode).format)) {
    if (!first) out += ',';
    first = false;
    out += layout.name;
    out += '=';
    const std::uint32_t value = i.get(layout.field);
    switch (layout.kind) {
      case FieldKind::kNumber:
        put(out, "{}",
            std::int64_t{value} + (layout.field == Field::kAddress ? address_offset : 0));
        break;
      case FieldKind::kSigned:
        put(out, "{}", static_cast<std::int16_t>(static_cast<std::uint16_t>(value)));
        break;
      case FieldKind::kStream:
        put_stream(out, i.stream(layout.field));
        break;
      case FieldKind::kOptionalStream:
        if (value == kNoStream)
          out += '-';
        else
          put_stream(out, i.stream(layout.field));
        break;
      case FieldKind::kSource:
        put_source(out, i.source(layout.field));
        break;
      case FieldKind::kBits:
        put(out, "0x{:08x}", value);
        break;
    }
  }
}

void put_value(std::string& out, ValueRange value) {
  put(out, " {}", value.first);
  if (value.step != 0) put(out, "{:+}", value.step);
}

void put_issue(std::string& out, const Issue& issue) {
  put(out, "{}: {} ", barrier_cycles() + issue.cycle, info(issue.instruction.opcode).mnemonic);
  put_operands(out, issue.instruction, 0);
  if (issue.count > 1) {
    put(out, " x{} every {} step {}", issue.count, issue.stride, issue.address_step);
  }
  const auto names = [](ValueRange v) { return v != ValueRange{}; };
  const bool reads = std::any_of(issue.reads.begin(), issue.reads.end(), names);
  const bool belongs = issue.stream_program != kNoStreamProgram;
  if (reads || names(issue.write) || belongs) out += " ;";
  if (reads) {
    out += " reads";
    for (ValueRange value : issue.reads) put_value(out, value);
  }
  if (names(issue.write)) {
    out += " write";
    put_value(out, issue.write);
  }
  if (belongs) put(out, " of {}", issue.stream_program);
  out += '\n';
}

void put_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    append_hex(out, bytes[i]);
    if (i + 1 == bytes.size() || (i + 1) % kBytesPerLine == 0) out += '\n';
  }
}

void put_head(std::string& out, const Image& image) {
  put(out, ".chip name={}", word_text(image.chip.name));
  chip_fields(image.chip, [&](const char* name, int value) { put(out, " {}={}", name, value); });
  put(out, " clock_hz={}\n", image.chip.clock_hz);
  put(out, ".info model={} architecture={} precision={}", word_text(image.info.model),
      word_text(image.info.architecture), word_text(image.info.precision));
  info_numbers(image.info,
               [&](const char* name, std::int64_t value) { put(out, " {}={}", name, value); });
  out += '\n';
  if (image.tokenizer.empty()) return;
  out += ".tokenizer\n";
  put_hex(out, image.tokenizer);
}

void put_tensor(std::string& out, const MemoryTensor& t) {
  put(out, ".tensor {} kind={} hemisphere={} width={} stripes={} slices=", word_text(t.name),
      kTensorKindNames[static_cast<std::size_t>(t.kind)],
      kHemisphereNames[static_cast<std::size_t>(t.hemisphere)], t.width, t.stripes);
  for (std::size_t i = 0; i < t.slices.size(); ++i) {
    put(out, "{}{}", i == 0 ? "" : ",", t.slices[i]);
  }
  put(out, " address={} rows={} lanes={} fill=0x{:08x} value={} step={}\n", t.address, t.rows,
      t.lanes, t.fill, t.first_value, t.value_step);
  if (t.kind == TensorKind::kConstant) put_hex(out, t.data);
}

void put_program(std::string& out, const Program& program) {
  put(out, "\n.program {} context={} predicted={}", word_text(program.name), program.context,
      program.predicted_cycles);
  for (std::size_t i = 0; i < program.outputs.size(); ++i) {
    put(out, "{}{}", i == 0 ? " outputs=" : ",", program.outputs[i]);
  }
  out += '\n';
  for (std::size_t i = 0; i < program.stream_programs.size(); ++i) {
    const StreamProgram& s = program.stream_programs[i];
    put(out, ".stream_program op={} step={} layer={}  # {}\n", word_text(s.op), word_text(s.step),
        s.layer, i);
  }
}

/// Rough size of the text, so that it grows without copies.
std::size_t expected_size(const Image& image) {
  std::size_t size = 4096 + 3 * image.tokenizer.size();
  for (const MemoryTensor& t : image.tensors) size += 256 + 2 * t.data.size() + t.data.size() / 16;
  for (const Program& program : image.programs) {
    for (const QueueProgram& queue : program.queues) size += 64 + 96 * queue.issues.size();
  }
  return size;
}

}  // namespace

std::string operand_text(const Instruction& instruction, int address_offset) {
  std::string out;
  put_operands(out, instruction, address_offset);
  return out;
}

std::string disassemble(const Image& image) {
  std::string out;
  out.reserve(expected_size(image));
  put_head(out, image);
  for (const MemoryTensor& tensor : image.tensors) put_tensor(out, tensor);
  const auto named = [&](std::uint32_t tensor) {
    return tensor < image.tensors.size() ? word_text(image.tensors[tensor].name) : "?";
  };
  for (const HostInput& input : image.inputs) {
    put(out, ".input kind={} tensor={} block_rows={} column_blocks={} stripes={} banks={}  # {}\n",
        kInputKindNames[static_cast<std::size_t>(input.kind)], input.tensor, input.table.block_rows,
        input.table.column_blocks, input.table.stripes, input.table.banks, named(input.tensor));
  }
  put(out, ".logits tensor={}  # {}\n", image.logits, named(image.logits));
  const std::vector<QueueInfo> infos = queues(image.chip);
  for (const Program& program : image.programs) {
    put_program(out, program);
    for (const QueueProgram& queue : program.queues) {
      put(out, ".queue {}\n", infos[static_cast<std::size_t>(queue.queue)].path);
      for (const Issue& issue : queue.issues) put_issue(out, issue);
    }
  }
  return out;
}

}  // namespace metronome::lpu
