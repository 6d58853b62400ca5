// SPDX-License-Identifier: Apache-2.0
// Why each stream program of a schedule is where it is: what kept it from being one cycle earlier,
// how far it could move with all others in place, and which lie on the critical path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/lpu/schedule_graph.h"

namespace metronome::compiler {

enum class WhyKind : std::uint8_t {
  kStart,        // it begins with the token
  kValue,        // its operand in memory is not there earlier
  kOverwrite,    // what it overwrites is still read
  kWeights,      // the array or the buffer of the plane pair is in use, or not yet filled
  kAccumulator,  // an accumulator is in use
  kQueue,        // a queue is taken
  kStream,       // a stream register is taken
  kSearch,       // nothing is in the way: the scheduler's search ended before it came here
};
std::string_view to_string(WhyKind kind);

/// What is in the way of a stream program that would move by one cycle.
struct Obstacle {
  WhyKind kind = WhyKind::kSearch;
  int issue = -1;    // of the stream program; index into the graph's issues
  int culprit = -1;  // the issue in its way; -1 if none
  std::string text;  // a sentence that names the place; empty where nothing is in the way
};

struct PieceExplanation {
  std::vector<int> issues;  // of this stream program, by cycle
  lpu::Cycle begin = 0;     // first dispatch
  lpu::Cycle end = 0;       // last effect
  Obstacle why;             // of one cycle earlier, among those placed before it
  lpu::Cycle slack = 0;     // cycles by which it alone could be later, within the token
  Obstacle limit;           // what stops it there; kStart: the end of the token
  bool critical = false;    // on the chain of obstacles from the token's last effect to its start
};

/// One for each stream program, in their order; those without issues are empty.
/// Errors: InvariantError if an issue belongs to none.
std::vector<PieceExplanation> explain(const ScheduleGraph& graph);

}  // namespace metronome::compiler
