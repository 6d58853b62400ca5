// SPDX-License-Identifier: Apache-2.0
#include <queue>

#include "compiler/lpu/schedulers.h"
#include "compiler/lpu/work_graph.h"

namespace metronome::compiler {
namespace {

struct Ready {
  lpu::Cycle way;  // to the end
  int work;

  /// The longest way first; of equal ones the first in program order.
  bool operator<(const Ready& other) const {
    return way != other.way ? way < other.way : work > other.work;
  }
};

/// Cycles from the beginning of each work to the end of the last that waits for it.
std::vector<lpu::Cycle> ways_to_end(const std::vector<Work>& works, const WorkGraph& graph) {
  std::vector<lpu::Cycle> ways(works.size(), 0);
  for (std::size_t w = works.size(); w-- > 0;) {
    for (const int next : graph.after[w]) {
      ways[w] = std::max(ways[w], ways[static_cast<std::size_t>(next)]);
    }
    ways[w] += least_duration(works[w]);
  }
  return ways;
}

}  // namespace

void place_critical_first(const std::vector<Work>& works, Placer& placer) {
  WorkGraph graph = work_graph(works, placer.tensors());
  const std::vector<lpu::Cycle> ways = ways_to_end(works, graph);
  std::priority_queue<Ready> ready;
  for (std::size_t w = 0; w < works.size(); ++w) {
    if (graph.waits_for[w] == 0) ready.push({ways[w], static_cast<int>(w)});
  }
  while (!ready.empty()) {
    const auto at = static_cast<std::size_t>(ready.top().work);
    ready.pop();
    placer.place(works[at]);
    for (const int next : graph.after[at]) {
      const auto n = static_cast<std::size_t>(next);
      if (--graph.waits_for[n] == 0) ready.push({ways[n], next});
    }
  }
}

}  // namespace metronome::compiler
