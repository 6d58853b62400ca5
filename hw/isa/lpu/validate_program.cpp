// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/validate_program.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "hw/isa/error.h"
#include "hw/isa/lpu/image_fields.h"

namespace metronome::lpu {
namespace {

std::optional<Fault> group_fault(const FieldLayout& layout, StreamGroup group,
                                 const ChipSpec& spec) {
  const auto fault = [&](std::string expected) {
    return Fault{std::string(layout.name), to_string(group), std::move(expected), layout.field};
  };
  if (group.width > 16) return fault("a group of at most 16 streams");
  if (group.first % group.width != 0) {
    return fault(fmt::format("a first stream that is a multiple of {}", group.width));
  }
  if (group.first + group.width > spec.streams) {
    return fault(fmt::format("streams up to {}", spec.streams - 1));
  }
  return std::nullopt;
}

Fault unreadable(const FieldLayout& layout, std::uint32_t bits, std::string expected) {
  return {std::string(layout.name), fmt::format("bits 0x{:04x}", bits), std::move(expected),
          layout.field};
}

std::optional<Fault> stream_fault(const FieldLayout& layout, std::uint32_t bits,
                                  const ChipSpec& spec) {
  const StreamGroup group = unpack_stream(bits);
  if (pack(group) != bits) return unreadable(layout, bits, "a stream group");
  return group_fault(layout, group, spec);
}

std::optional<Fault> source_fault(const FieldLayout& layout, std::uint32_t bits,
                                  const ChipSpec& spec) {
  const Source source = unpack_source(bits);
  if (pack(source) != bits) return unreadable(layout, bits, "a stream group, an ALU or imm");
  switch (source.kind) {
    case Source::Kind::kNone:
      return Fault{std::string(layout.name), "no operand", "a stream group, an ALU or imm",
                   layout.field};
    case Source::Kind::kStream:
      return group_fault(layout, source.stream, spec);
    case Source::Kind::kAlu:
      if (source.alu < spec.vxm_alus) return std::nullopt;
      return Fault{std::string(layout.name), fmt::format("alu{}", source.alu),
                   fmt::format("alu0 to alu{}", spec.vxm_alus - 1), layout.field};
    case Source::Kind::kImmediate:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Fault> number_fault(const FieldLayout& layout, const Issue& issue,
                                  const ChipSpec& spec) {
  const std::int64_t value = issue.instruction.get(layout.field);
  if (layout.field == Field::kSuperlanes && (value < 1 || value > spec.superlanes)) {
    return Fault{std::string(layout.name), std::to_string(value),
                 fmt::format("1 to {}", spec.superlanes), layout.field};
  }
  if (layout.field == Field::kAddress) {
    const std::int64_t last = value + std::int64_t{issue.count - 1} * issue.address_step;
    const std::int64_t limit = spec.words_per_slice() - 1;
    if (std::min(value, last) < 0 || std::max(value, last) > limit) {
      return Fault{std::string(layout.name),
                   issue.count == 1 ? std::to_string(value) : fmt::format("{} to {}", value, last),
                   fmt::format("0 to {}", limit), layout.field};
    }
  }
  return std::nullopt;
}

std::optional<Fault> field_fault(const FieldLayout& layout, const Issue& issue,
                                 const ChipSpec& spec) {
  const std::uint32_t bits = issue.instruction.get(layout.field);
  switch (layout.kind) {
    case FieldKind::kNumber:
      return number_fault(layout, issue, spec);
    case FieldKind::kOptionalStream:
      return bits == kNoStream ? std::nullopt : stream_fault(layout, bits, spec);
    case FieldKind::kStream:
      return stream_fault(layout, bits, spec);
    case FieldKind::kSource:
      return source_fault(layout, bits, spec);
    case FieldKind::kSigned:
    case FieldKind::kBits:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Fault> placement_fault(Opcode opcode, const QueueInfo& queue) {
  const OpcodeInfo& op = info(opcode);
  if (opcode == Opcode::kNop || opcode == Opcode::kRepeat || opcode == Opcode::kSync ||
      opcode == Opcode::kNotify) {
    return Fault{"instruction", std::string(op.mnemonic),
                 "none: cycles and repeats of the others imply it"};
  }
  if (op.unit == Unit::kIcu || op.unit == queue.unit) return std::nullopt;
  return Fault{"instruction", fmt::format("{} of {}", op.mnemonic, to_string(op.unit)),
               fmt::format("one of {}, as {} takes", to_string(queue.unit), queue.path)};
}

std::optional<Fault> issue_fault(const Issue& issue, const QueueInfo& queue, const ChipSpec& spec) {
  if (auto fault = placement_fault(issue.instruction.opcode, queue)) return fault;
  for (const FieldLayout& layout : fields(info(issue.instruction.opcode).format)) {
    if (auto fault = field_fault(layout, issue, spec)) return fault;
  }
  const Cycle end = barrier_cycles() + completion(issue, spec);
  if (end > kLargestNumber) {
    return Fault{"end of the instruction", fmt::format("cycle {}", end),
                 fmt::format("at most {}", kLargestNumber)};
  }
  return std::nullopt;
}

void validate_program(const Program& program, const ChipSpec& spec, const std::string& origin) {
  const std::vector<QueueInfo> infos = queues(spec);
  for (const QueueProgram& queue : program.queues) {
    const QueueInfo& where = infos[static_cast<std::size_t>(queue.queue)];
    for (const Issue& issue : queue.issues) {
      const auto fault = issue_fault(issue, where, spec);
      if (!fault) continue;
      throw UserError(fmt::format("{}: program {}: {}: cycle {}: {}: {}", origin, program.name,
                                  where.path, barrier_cycles() + issue.cycle,
                                  info(issue.instruction.opcode).mnemonic, fault->text()));
    }
  }
}

std::optional<Fault> tensor_fault(const MemoryTensor& tensor, const ChipSpec& spec) {
  if (tensor.width == 3) return Fault{"width", "3", "1, 2 or 4"};
  const std::int64_t last =
      tensor.address + (tensor.rows + tensor.stripes - 1) / tensor.stripes - 1;
  if (last >= spec.words_per_slice()) {
    return Fault{"last address", std::to_string(last),
                 fmt::format("at most {}", spec.words_per_slice() - 1)};
  }
  return std::nullopt;
}

Fault Overlap::fault(std::span<const MemoryTensor> tensors) const {
  return {
      fmt::format("constant {}", tensors[second].name),
      fmt::format("mem_{}.slice_{} address {}, where constant {} lies",
                  hemisphere == Hemisphere::kEast ? 'e' : 'w', slice, address, tensors[first].name),
      "cells of its own"};
}

std::optional<Overlap> constant_overlap(std::span<const MemoryTensor> tensors) {
  struct Extent {
    Hemisphere hemisphere;
    int slice;
    int address;
    int end;
    std::size_t tensor;
  };
  std::vector<Extent> extents;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const MemoryTensor& t = tensors[i];
    if (t.kind != TensorKind::kConstant) continue;
    for (int stripe = 0; stripe < t.stripes; ++stripe) {
      const auto rows = static_cast<int>((t.rows - stripe + t.stripes - 1) / t.stripes);
      if (rows <= 0) continue;
      for (int byte = 0; byte < t.width; ++byte) {
        extents.push_back({t.hemisphere, t.slice(stripe, byte), t.address, t.address + rows, i});
      }
    }
  }
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::tie(a.hemisphere, a.slice, a.address, a.tensor) <
           std::tie(b.hemisphere, b.slice, b.address, b.tensor);
  });
  for (std::size_t i = 1; i < extents.size(); ++i) {
    const Extent& a = extents[i - 1];
    const Extent& b = extents[i];
    if (a.hemisphere == b.hemisphere && a.slice == b.slice && b.address < a.end) {
      return Overlap{std::min(a.tensor, b.tensor), std::max(a.tensor, b.tensor), b.hemisphere,
                     b.slice, b.address};
    }
  }
  return std::nullopt;
}

}  // namespace metronome::lpu
