// SPDX-License-Identifier: Apache-2.0
// A program as what holds what: every issue, what must lie between it and others, and which
// register segments and queue cycles it takes. Derived from the emitted program and the timing
// table alone, for explanations and bounds; the judge has an account of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

/// One issue of one instruction.
struct ScheduledIssue {
  lpu::Cycle cycle = 0;  // from the release of the queues
  lpu::QueueId queue = 0;
  const lpu::Issue* issue = nullptr;
  int repeat = 0;

  const lpu::Instruction& instruction() const { return issue->instruction; }
  int address() const {
    return static_cast<int>(instruction().get(lpu::Field::kAddress)) + repeat * issue->address_step;
  }
  std::uint32_t piece() const { return issue->stream_program; }
};

enum class ConstraintKind : std::uint8_t {
  kStream,       // takes the value from a stream register
  kChain,        // takes the result of another ALU
  kAccumulator,  // takes what an accumulator holds
  kProduct,      // ACC takes the product of an ABC
  kMemory,       // reads what was written
  kOverwrite,    // writes what was read or written before
  kInstall,      // IW takes what LW brought
  kWeights,      // ABC multiplies by what IW installed
  kArray,        // IW waits for the array's last multiply or install
  kBuffer,       // LW waits for the buffer
};

/// True if a value flows, false if only a place becomes free.
bool carries_value(ConstraintKind kind);

/// `after` may be dispatched `gap` cycles after `before` at the earliest.
struct Constraint {
  int before = 0;
  int after = 0;
  lpu::Cycle gap = 0;
  ConstraintKind kind = ConstraintKind::kStream;
};

/// A value's way on one stream: columns low to high of one diagonal (visible - column eastward,
/// visible + column westward), from its producer to its last reader.
struct RegisterHold {
  int line = 0;  // streams eastward, then westward
  lpu::Cycle diagonal = 0;
  lpu::Position low = 0;
  lpu::Position high = 0;
  int issue = 0;
};

/// Cycles in which a queue, or an ALU's accumulator with it, is taken.
struct QueueHold {
  lpu::QueueId queue = 0;
  lpu::Cycle begin = 0;
  lpu::Cycle end = 0;  // first free one
  int issue = 0;
};

/// Names a diagonal of a line: one number for maps.
inline std::uint64_t diagonal_key(int line, lpu::Cycle diagonal) {
  constexpr lpu::Cycle kNonNegative = 1 << 20;  // eastward diagonals may lie before the start
  return (static_cast<std::uint64_t>(diagonal + kNonNegative) << 10U) |
         static_cast<std::uint64_t>(line);
}

class ScheduleGraph {
 public:
  /// Both must outlive the graph.
  ScheduleGraph(const lpu::Image& image, const lpu::Program& program);

  const lpu::ChipSpec& spec() const { return spec_; }
  const lpu::Program& program() const { return program_; }
  const std::vector<lpu::QueueInfo>& queues() const { return queues_; }
  /// By cycle, then queue.
  const std::vector<ScheduledIssue>& issues() const { return issues_; }
  const ScheduledIssue& issue(int index) const { return issues_[static_cast<std::size_t>(index)]; }
  const std::vector<Constraint>& constraints() const { return constraints_; }
  const std::vector<RegisterHold>& registers() const { return registers_; }
  const std::vector<QueueHold>& queue_holds() const { return queue_holds_; }
  /// Cycle in which the last effect of an issue is complete.
  lpu::Cycle completion(int index) const;

 private:
  friend class ScheduleGraphBuilder;

  const lpu::ChipSpec& spec_;
  const lpu::Program& program_;
  std::vector<lpu::QueueInfo> queues_;
  std::vector<ScheduledIssue> issues_;
  std::vector<Constraint> constraints_;
  std::vector<RegisterHold> registers_;
  std::vector<QueueHold> queue_holds_;
};

}  // namespace metronome::compiler
