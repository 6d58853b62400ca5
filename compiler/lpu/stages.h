// SPDX-License-Identifier: Apache-2.0
// The critical path of a program in which every operator takes at least the time that the matrix
// units need for it. A plane holds one tile and buffers one more, so of an operator's weights only
// so many can be there when its operand comes; the rest streams in after that, however early the
// schedule begins. This bound holds for any schedule of the same stream programs.
#pragma once

#include <functional>
#include <vector>

#include "compiler/lpu/schedule_graph.h"

namespace metronome::compiler {

/// `chains`, by issue: the longest chain of values that ends with its dispatch, each step at its
/// latency and distance, and each operator at the rate of the matrix units. `linked` says whether a
/// value from `before` counts for `after`.
struct StageChains {
  std::vector<lpu::Cycle> chains;
  /// An operator's last effect, wherever its results go: one of its multiplies, and the cycle.
  struct End {
    int multiply = 0;
    lpu::Cycle cycle = 0;
  };
  std::vector<End> ends;
};
StageChains stage_chains(const ScheduleGraph& graph,
                         const std::function<bool(int before, int after)>& linked);

}  // namespace metronome::compiler
