// SPDX-License-Identifier: Apache-2.0
// A schedule as data: for every queue, its instructions with absolute cycles, and for every operand
// the identity of the value that the compiler meant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/lpu/chip_spec.h"
#include "hw/isa/lpu/instruction.h"

namespace metronome::lpu {

/// Identity of an operand over the repeats of one instruction: `first` + r * `step`.
struct ValueRange {
  ValueId first = kNoValue;
  std::int32_t step = 0;

  ValueId at(int repeat) const {
    return first + static_cast<ValueId>(static_cast<std::int32_t>(repeat) * step);
  }
  bool operator==(const ValueRange&) const = default;
};

constexpr std::uint32_t kNoStreamProgram = 0xFFFFFFFF;

/// Instructions that the compiler placed in time as one piece, and what they are for.
struct StreamProgram {
  std::string op;    // operator: `blk.0.attn_q`
  std::string step;  // `scores`
  int layer = -1;    // -1 outside the layers

  bool operator==(const StreamProgram&) const = default;
};

/// One instruction of a queue and its repeats. Aligned as the host's cache lines: a run looks at
/// each once.
struct alignas(64) Issue {
  Cycle cycle = 0;  // of the first issue, from the release of the barrier's Sync
  Instruction instruction;
  int count = 1;         // issues in all
  int stride = 1;        // cycles between issues
  int address_step = 0;  // added to the address by each issue
  /// Operands in the order of `operand_roles`; the meant identity of each.
  std::vector<ValueRange> reads;
  ValueRange write;                                 // identity of the result
  std::uint32_t stream_program = kNoStreamProgram;  // which of the program's; else not told

  bool operator==(const Issue&) const = default;
};

struct QueueProgram {
  QueueId queue = 0;
  std::vector<Issue> issues;  // by cycle

  bool operator==(const QueueProgram&) const = default;
};

/// What an operand is, in the order in which `Issue::reads` names its value.
enum class OperandRole : std::uint8_t {
  kStream,       // sampled from a stream group
  kAlu,          // result of another ALU
  kAccumulator,  // the unit's own accumulator, before this issue
  kMemory,       // a cell of the slice
  kWeights,      // first row of the tile in the buffer or the array
  kProduct,      // the ABC result this ACC takes
};

struct Operand {
  OperandRole role = OperandRole::kStream;
  StreamGroup stream;  // kStream
  int alu = 0;         // kAlu
};

/// Operands that the instruction has, whatever their values.
/// LW counts as one stream operand: rows on consecutive values.
std::vector<Operand> operands(const Instruction& instruction);

/// One compiled token program.
struct Program {
  std::string name;
  std::int64_t context = 0;          // positions that its attention covers
  Cycle predicted_cycles = 0;        // barrier included, until the last effect
  std::vector<ValueId> outputs;      // meant identity of each row of the output tensor at the end
  std::vector<QueueProgram> queues;  // only queues with instructions, by id
  std::vector<StreamProgram> stream_programs{};  // in the order in which they were placed

  bool operator==(const Program&) const = default;
};

/// Cycles from Notify until the queues run: the barrier.
Cycle barrier_cycles();
/// Cycle in which the last effect of `issue` is complete, relative to the queues' start.
Cycle completion(const Issue& issue, const ChipSpec& spec);
/// The longest completion over all queues, plus the barrier.
Cycle total_cycles(const Program& program, const ChipSpec& spec);

}  // namespace metronome::lpu
