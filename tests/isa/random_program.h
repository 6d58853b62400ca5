// SPDX-License-Identifier: Apache-2.0
// Random instructions, schedules and images that a chip may hold, from a seed, for round trips.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "hw/isa/lpu/codec.h"
#include "hw/isa/lpu/image.h"

namespace metronome::lpu {

class RandomProgram {
 public:
  RandomProgram(std::uint32_t seed, ChipSpec spec) : generator_(seed), spec_(std::move(spec)) {}

  /// Uniform enough, and the same on every standard library.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    const auto span = static_cast<std::uint64_t>(high - low) + 1;
    const std::uint64_t bits = (std::uint64_t{generator_()} << 32U) | generator_();
    return low + static_cast<std::int64_t>(span == 0 ? bits : bits % span);
  }

  StreamGroup group() {
    const auto width = static_cast<std::uint8_t>(1U << between(0, 3));
    const auto first = static_cast<std::uint8_t>(width * between(0, spec_.streams / width - 1));
    return {static_cast<Direction>(between(0, 1)), first, width};
  }

  Source source() {
    const std::int64_t kind = between(0, 2);
    if (kind == 0) return Source::immediate();
    if (kind == 1) return Source::from_alu(static_cast<std::uint8_t>(between(0, 15)));
    return Source::from(group());
  }

  Instruction instruction(Opcode opcode) {
    Instruction i{opcode, {}};
    for (const FieldLayout& layout : fields(info(opcode).format)) {
      std::int64_t limit = (std::int64_t{1} << (8U * layout.bytes)) - 1;
      if (layout.field == Field::kAddress) limit = spec_.words_per_slice() - 1;
      if (layout.field == Field::kSuperlanes) limit = spec_.superlanes;
      const std::int64_t low = layout.field == Field::kSuperlanes ? 1 : 0;
      switch (layout.kind) {
        case FieldKind::kNumber:
        case FieldKind::kSigned:
        case FieldKind::kBits:
          i.set(layout.field, static_cast<std::uint32_t>(between(low, limit)));
          break;
        case FieldKind::kStream:
          i.set(layout.field, group());
          break;
        case FieldKind::kOptionalStream:
          if (between(0, 3) == 0)
            i.set(layout.field, kNoStream);
          else
            i.set(layout.field, group());
          break;
        case FieldKind::kSource:
          i.set(layout.field, source());
          break;
      }
    }
    return i;
  }

  /// One that the queue's unit has, at a cycle not before `free`.
  Issue issue(const QueueInfo& queue, Cycle free, bool identities) {
    Issue issue;
    issue.instruction = instruction(opcode_for(queue));
    // Mostly dense; now and then past what one NOP or two can wait.
    const std::int64_t gap = between(0, 9);
    issue.cycle = free + (gap < 8 ? between(0, 3) : between(0, 200'000));
    if (between(0, 2) == 0) repeat(issue);
    if (!identities) return issue;
    for (std::size_t n = operands(issue.instruction).size(); n > 0; --n) {
      issue.reads.push_back(identity());
    }
    issue.write = identity();
    return issue;
  }

  QueueProgram queue(QueueId id, int length, bool identities) {
    QueueProgram program{id, {}};
    const QueueInfo where = queues(spec_)[static_cast<std::size_t>(id)];
    Cycle free = 0;
    for (int n = 0; n < length; ++n) {
      program.issues.push_back(issue(where, free, identities));
      free = free_from(program.issues.back());
    }
    return program;
  }

  Program program(const std::string& name, int issues_per_queue) {
    Program p{name, between(1, 4096), between(0, 1'000'000), {}, {}};
    for (std::int64_t n = between(0, 3); n > 0; --n) {
      p.outputs.push_back(static_cast<ValueId>(between(0, 0xFFFFFFFFLL)));
    }
    for (QueueId id = 0; id < spec_.queue_count(); ++id) {
      if (between(0, 3) == 0) p.queues.push_back(queue(id, issues_per_queue, true));
    }
    name_purposes(p);
    return p;
  }

  std::vector<std::uint8_t> bytes(std::size_t count) {
    std::vector<std::uint8_t> all(count);
    for (std::uint8_t& byte : all) byte = static_cast<std::uint8_t>(generator_());
    return all;
  }

 private:
  /// Stream programs, and most issues of one of them.
  void name_purposes(Program& p) {
    static const char* const kOps[] = {"blk.0.attn_q", "token_embd", "a b", ""};
    static const char* const kSteps[] = {"", "load", "sco\"res"};
    for (std::int64_t n = between(0, 6); n > 0; --n) {
      p.stream_programs.push_back(
          {kOps[between(0, 3)], kSteps[between(0, 2)], static_cast<int>(between(-1, 90))});
    }
    if (p.stream_programs.empty()) return;
    for (QueueProgram& queue : p.queues) {
      for (Issue& issue : queue.issues) {
        if (between(0, 4) == 0) continue;
        issue.stream_program = static_cast<std::uint32_t>(
            between(0, static_cast<std::int64_t>(p.stream_programs.size()) - 1));
      }
    }
  }

  Opcode opcode_for(const QueueInfo& queue) {
    while (true) {
      const auto opcode =
          static_cast<Opcode>(between(0, static_cast<std::int64_t>(opcodes().size()) - 1));
      if (info(opcode).unit == queue.unit) return opcode;
      const bool anywhere = opcode == Opcode::kConfig || opcode == Opcode::kIfetch;
      if (anywhere && (queue.unit == Unit::kC2c || between(0, 3) == 0)) return opcode;
    }
  }

  void repeat(Issue& issue) {
    issue.count = static_cast<int>(between(2, between(0, 9) == 0 ? kMaxCount : 20));
    issue.stride = static_cast<int>(between(info(issue.instruction.opcode).busy_cycles, 40));
    const std::int64_t address = issue.instruction.get(Field::kAddress);
    const std::int64_t room = spec_.words_per_slice() - 1;
    issue.address_step = static_cast<int>(between(
        -(address / (issue.count - 1)), (room - std::min(address, room)) / (issue.count - 1)));
  }

  ValueRange identity() {
    return {static_cast<ValueId>(between(0, between(0, 9) == 0 ? 0xFFFFFFFFLL : 5000)),
            static_cast<std::int32_t>(between(-2, 2))};
  }

  std::mt19937 generator_;
  ChipSpec spec_;
};

/// A small image with every kind of section; two constants, names that need quotes.
inline Image random_image(std::uint32_t seed, const ChipSpec& spec, int issues_per_queue) {
  RandomProgram random(seed, spec);
  Image image;
  image.chip = spec;
  image.info = {"a \"small\" model # 1", "llama", "fp16", 20, 8, 16, 1, 1234};
  image.tokenizer = random.bytes(45);
  auto data = std::make_shared<std::vector<std::vector<std::uint8_t>>>();
  data->push_back(random.bytes(3 * 16 * 2));
  data->push_back(random.bytes(2 * 5 * 1));
  image.tensors = {
      {"table",
       TensorKind::kConstant,
       Hemisphere::kEast,
       2,
       2,
       {0, 1, 2, 3},
       7,
       3,
       16,
       0,
       12,
       1,
       (*data)[0]},
      {"norm\n2",
       TensorKind::kConstant,
       Hemisphere::kWest,
       1,
       1,
       {0},
       7,
       2,
       5,
       0,
       15,
       0,
       (*data)[1]},
      {"cache",
       TensorKind::kState,
       Hemisphere::kWest,
       2,
       1,
       {5, 4},
       0,
       8,
       16,
       0xdeadbeef,
       40,
       1,
       {}},
      {"position", TensorKind::kInput, Hemisphere::kEast, 1, 1, {9}, 1, 1, 16, 0, 60, 0, {}},
      {"", TensorKind::kScratch, Hemisphere::kEast, 4, 1, {12, 13, 14, 15}, 1, 0, 16, 0, 0, 0, {}},
      {"logits", TensorKind::kOutput, Hemisphere::kEast, 4, 1, {4, 5, 6, 7}, 9, 2, 16, 0, 0, 0, {}},
  };
  image.inputs = {{InputKind::kPosition, 3, {}}, {InputKind::kTokenRow, 3, {16, 2, 8, 2}}};
  image.logits = 5;
  image.programs.push_back(random.program("token 8", issues_per_queue));
  image.programs.push_back(random.program("token_16", issues_per_queue));
  image.storage = std::move(data);
  return image;
}

}  // namespace metronome::lpu
