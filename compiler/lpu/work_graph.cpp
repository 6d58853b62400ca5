// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/work_graph.h"

#include <algorithm>
#include <map>

namespace metronome::compiler {
namespace {

struct RowUse {
  int writer = -1;
  std::vector<int> readers;  // since the write
};

class Builder {
 public:
  Builder(const std::vector<Work>& works, const std::vector<lpu::MemoryTensor>& tensors)
      : works_(works), tensors_(tensors) {
    graph_.after.resize(works.size());
    graph_.waits_for.resize(works.size(), 0);
  }

  WorkGraph build() {
    for (std::size_t w = 0; w < works_.size(); ++w) {
      for (const Step& step : works_[w].steps) {
        // What a step reads was there before what it writes.
        for (const Node& n : step.cluster.nodes()) use(static_cast<int>(w), n, false);
        for (const Node& n : step.cluster.nodes()) use(static_cast<int>(w), n, true);
      }
    }
    return std::move(graph_);
  }

 private:
  void use(int work, const Node& n, bool writes) {
    if (n.tensor < 0) return;
    const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(n.tensor)];
    if (t.kind == lpu::TensorKind::kConstant) return;
    if (writes != (n.kind == NodeKind::kWrite || n.kind == NodeKind::kScatter)) return;
    for (int i = 0; i < n.count; ++i) {
      // A state's row is chosen by data: all of it is one row.
      const bool one = t.kind == lpu::TensorKind::kState;
      RowUse& row = rows_[{n.tensor, one ? 0 : n.row + i * n.row_step}];
      link(row.writer, work);
      if (!writes) {
        if (row.readers.empty() || row.readers.back() != work) row.readers.push_back(work);
        continue;
      }
      for (const int reader : row.readers) link(reader, work);
      row = {work, {}};
    }
  }

  void link(int before, int after) {
    if (before < 0 || before == after) return;
    auto& users = graph_.after[static_cast<std::size_t>(before)];
    if (!users.empty() && users.back() == after) return;
    users.push_back(after);
    ++graph_.waits_for[static_cast<std::size_t>(after)];
  }

  const std::vector<Work>& works_;
  const std::vector<lpu::MemoryTensor>& tensors_;
  std::map<std::pair<TensorId, std::int64_t>, RowUse> rows_;
  WorkGraph graph_;
};

}  // namespace

WorkGraph work_graph(const std::vector<Work>& works,
                     const std::vector<lpu::MemoryTensor>& tensors) {
  return Builder(works, tensors).build();
}

lpu::Cycle least_duration(const Work& work) {
  lpu::Cycle longest = 0;
  for (const Step& step : work.steps) {
    lpu::Cycle begin = step.cluster.nodes().front().time;
    lpu::Cycle end = begin;
    for (const Node& n : step.cluster.nodes()) {
      begin = std::min(begin, n.time);
      end = std::max(
          end, n.time + static_cast<lpu::Cycle>(n.count - 1) * n.stride + step.cluster.latency(n));
    }
    longest = std::max(longest, end - begin);
  }
  return longest;
}

}  // namespace metronome::compiler
