// SPDX-License-Identifier: Apache-2.0
// How long each layer takes beside how long it must at least: the longest chain of values at the
// table's latencies, and what each kind of unit has to do at its full rate.
#pragma once

#include <string>
#include <vector>

#include "compiler/lpu/schedule_graph.h"

namespace metronome::compiler {

struct Bound {
  std::string name;       // `critical path`, `vector ALUs`
  lpu::Cycle cycles = 0;  // rounded up
  std::string sentence;   // what is counted
};

struct OperatorSpan {
  std::string name;      // `blk.0.attn_q`
  lpu::Cycle begin = 0;  // first dispatch
  lpu::Cycle end = 0;    // last effect
};

struct LayerBounds {
  std::string name;      // `token`, `embedding`, `blk.0`, ..., `head`
  lpu::Cycle begin = 0;  // first dispatch; weights may come while the layer before still runs
  lpu::Cycle end = 0;    // last effect
  std::vector<Bound> bounds;
  std::vector<OperatorSpan> operators;

  lpu::Cycle achieved() const { return end - begin; }
  /// The largest bound: it binds.
  const Bound& binding() const;
};

/// The whole token, then its parts in the order of the model: `embedding`, the layers, `head`.
/// No bound is above what its row achieved.
/// Errors: InvariantError if an issue belongs to no stream program.
std::vector<LayerBounds> layer_bounds(const ScheduleGraph& graph);

}  // namespace metronome::compiler
