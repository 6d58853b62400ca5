// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/codec.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::lpu {
namespace {

constexpr Cycle kMaxNop = 65535;  // two bytes

void put(std::vector<std::uint8_t>& text, const Instruction& instruction) {
  text.push_back(static_cast<std::uint8_t>(instruction.opcode));
  for (const FieldLayout& layout : fields(info(instruction.opcode).format)) {
    const std::uint32_t value = instruction.get(layout.field);
    for (int b = 0; b < layout.bytes; ++b) {
      text.push_back(static_cast<std::uint8_t>(value >> (8 * b)));
    }
  }
}

Instruction nop(Cycle cycles) {
  Instruction i{Opcode::kNop, {}};
  return i.set(Field::kCount, static_cast<std::uint32_t>(cycles));
}

Instruction repeat_of(const Issue& issue) {
  Instruction i{Opcode::kRepeat, {}};
  return i.set(Field::kCount, static_cast<std::uint32_t>(issue.count - 1))
      .set(Field::kStride, static_cast<std::uint32_t>(issue.stride))
      .set(Field::kStep, static_cast<std::uint16_t>(issue.address_step));
}

std::string path_of(QueueId queue, const ChipSpec& spec) {
  return queues(spec)[static_cast<std::size_t>(queue)].path;
}

/// Why the issue cannot be encoded: numbers without room in the word would come back as others.
std::string_view misfit(const Issue& issue, Cycle free) {
  const OpcodeInfo& op = info(issue.instruction.opcode);
  if (issue.cycle < free) return "two instructions of one queue overlap in time";
  for (const FieldLayout& layout : fields(op.format)) {
    if ((std::uint64_t{issue.instruction.get(layout.field)} >> (8U * layout.bytes)) != 0) {
      return "a field does not fit its bytes";
    }
  }
  if (issue.count == 1) return {};
  if (issue.count < 1 || issue.count > kMaxCount) return "a count does not fit Repeat";
  if (issue.stride < op.busy_cycles || issue.stride > kMaxStride) {
    return "a stride does not fit Repeat or the unit's busy cycles";
  }
  if (issue.address_step < INT16_MIN || issue.address_step > INT16_MAX) {
    return "an address step does not fit Repeat";
  }
  return {};
}

class Reader {
 public:
  Reader(std::span<const std::uint8_t> text, QueueId queue, const ChipSpec& spec,
         const std::string& origin)
      : text_(text), queue_(queue), spec_(spec), origin_(origin) {}

  bool done() const { return at_ == text_.size(); }

  Instruction next() {
    const std::size_t start = at_;
    const std::uint8_t code = text_[at_++];
    if (code >= opcodes().size()) {
      fail(start, fmt::format("opcode {}, at most {}", code, opcodes().size() - 1));
    }
    Instruction i{static_cast<Opcode>(code), {}};
    for (const FieldLayout& layout : fields(info(i.opcode).format)) {
      if (text_.size() - at_ < layout.bytes) {
        fail(start, fmt::format("{} cut short in field {}", info(i.opcode).mnemonic, layout.name));
      }
      std::uint32_t value = 0;
      for (int b = 0; b < layout.bytes; ++b) value |= std::uint32_t{text_[at_++]} << (8 * b);
      i.set(layout.field, value);
    }
    return i;
  }

  [[noreturn]] void fail(const std::string& what) const { fail(at_, what); }

 private:
  [[noreturn]] void fail(std::size_t at, const std::string& what) const {
    throw UserError(
        fmt::format("{}: text of {}: byte {}: {}", origin_, path_of(queue_, spec_), at, what));
  }

  std::span<const std::uint8_t> text_;
  std::size_t at_ = 0;
  QueueId queue_;
  const ChipSpec& spec_;
  const std::string& origin_;
};

}  // namespace

Cycle free_from(const Issue& issue) {
  return issue.cycle + static_cast<Cycle>(issue.count - 1) * issue.stride +
         info(issue.instruction.opcode).busy_cycles;
}

std::vector<std::uint8_t> encode_queue(const QueueProgram& queue, const ChipSpec& spec,
                                       bool notifies) {
  std::vector<std::uint8_t> text;
  if (notifies) put(text, Instruction{Opcode::kNotify, {}});
  put(text, Instruction{Opcode::kSync, {}});
  Cycle now = 0;
  for (const Issue& issue : queue.issues) {
    if (const std::string_view why = misfit(issue, now); !why.empty()) {
      check(false, path_of(queue.queue, spec), issue.cycle, why);
    }
    for (Cycle gap = issue.cycle - now; gap > 0; gap -= kMaxNop) {
      put(text, nop(std::min(gap, kMaxNop)));
    }
    put(text, issue.instruction);
    if (issue.count > 1) put(text, repeat_of(issue));
    now = free_from(issue);
  }
  return text;
}

QueueProgram decode_queue(QueueId queue, std::span<const std::uint8_t> text, const ChipSpec& spec,
                          const std::string& origin) {
  Reader reader(text, queue, spec, origin);
  QueueProgram program{queue, {}};
  bool parked = false;
  Cycle now = 0;
  while (!reader.done()) {
    const Instruction i = reader.next();
    if (i.opcode == Opcode::kNotify || i.opcode == Opcode::kSync) {
      if (parked) reader.fail("Sync or Notify after the start");
      parked = i.opcode == Opcode::kSync;
    } else if (!parked) {
      reader.fail("an instruction before Sync");
    } else if (i.opcode == Opcode::kNop) {
      now += i.get(Field::kCount);
    } else if (i.opcode == Opcode::kRepeat) {
      if (program.issues.empty() || program.issues.back().count > 1) {
        reader.fail("Repeat without an instruction to repeat");
      }
      Issue& last = program.issues.back();
      last.count = static_cast<int>(i.get(Field::kCount)) + 1;
      last.stride = static_cast<int>(i.get(Field::kStride));
      last.address_step = i.step();
      if (last.count < 2 || last.stride < info(last.instruction.opcode).busy_cycles) {
        reader.fail(fmt::format("Repeat count {} stride {}: a stride of at least {} needed",
                                last.count - 1, last.stride,
                                info(last.instruction.opcode).busy_cycles));
      }
      now = free_from(last);
    } else {
      Issue issue;
      issue.cycle = now;
      issue.instruction = i;
      now += info(i.opcode).busy_cycles;
      program.issues.push_back(std::move(issue));
    }
  }
  if (!parked) reader.fail("ends before Sync");
  return program;
}

}  // namespace metronome::lpu
