// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/bounds.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/lpu/stages.h"
#include "hw/isa/error.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Unit;

namespace {

/// Work of a kind of unit, and how many of them share it.
struct Load {
  const char* name;
  std::int64_t cycles = 0;
  std::int64_t units = 1;
  std::string sentence;

  Bound bound() const { return {name, (cycles + units - 1) / units, sentence}; }
};

/// Sorts a program's issues into rows and bounds each row.
class LayerWork {
 public:
  LayerWork(const ScheduleGraph& graph, int layers) : g_(graph), last_row_(kFirstLayer + layers) {
    rows_.resize(static_cast<std::size_t>(last_row_) + 1);
    issues_.resize(rows_.size());
    rows_[kToken].name = "token";
    rows_[kEmbedding].name = "embedding";
    rows_.back().name = "head";
    for (int row = kFirstLayer; row < last_row_; ++row) {
      rows_[static_cast<std::size_t>(row)].name = fmt::format("blk.{}", row - kFirstLayer);
    }
  }

  std::vector<LayerBounds> run() {
    sort_issues();
    const std::vector<Cycle> whole = longest_chains(false);
    const std::vector<Cycle> parts = longest_chains(true);
    const StageChains whole_stages = stage_chains(g_, [](int, int) { return true; });
    const StageChains part_stages = stage_chains(g_, [&](int before, int after) {
      return row_of_issue_[static_cast<std::size_t>(before)] ==
             row_of_issue_[static_cast<std::size_t>(after)];
    });
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (issues_[row].empty()) continue;
      bound_row(row, row == kToken ? whole : parts, row == kToken ? whole_stages : part_stages);
    }
    return std::move(rows_);
  }

 private:
  static constexpr int kToken = 0;
  static constexpr int kEmbedding = 1;
  static constexpr int kFirstLayer = 2;

  const lpu::StreamProgram& purpose(int issue) const {
    return g_.program().stream_programs[g_.issue(issue).piece()];
  }

  /// Work outside the layers belongs to the embedding until the first layer was placed.
  void sort_issues() {
    const auto& all = g_.program().stream_programs;
    std::vector<int> row_of_piece(all.size());
    int outside = kEmbedding;
    for (std::size_t p = 0; p < all.size(); ++p) {
      if (all[p].layer >= 0) outside = last_row_;
      row_of_piece[p] = all[p].layer >= 0 ? kFirstLayer + all[p].layer : outside;
    }
    row_of_issue_.resize(g_.issues().size());
    for (std::size_t i = 0; i < g_.issues().size(); ++i) {
      const std::uint32_t piece = g_.issues()[i].piece();
      check(piece < all.size(), g_.program().name, g_.issues()[i].cycle,
            "an instruction of no stream program has no layer");
      row_of_issue_[i] = row_of_piece[piece];
      issues_[static_cast<std::size_t>(row_of_issue_[i])].push_back(static_cast<int>(i));
      issues_[kToken].push_back(static_cast<int>(i));
    }
  }

  bool is_of(int issue, std::size_t row) const {
    return row == kToken || row_of_issue_[static_cast<std::size_t>(issue)] == static_cast<int>(row);
  }

  /// By issue: the longest chain of values that ends with its dispatch, within its row if asked.
  std::vector<Cycle> longest_chains(bool within_row) const {
    std::vector<Cycle> chain(g_.issues().size(), 0);
    std::vector<const Constraint*> by_after;
    for (const Constraint& c : g_.constraints()) {
      if (carries_value(c.kind)) by_after.push_back(&c);
    }
    // Issues are in order of cycle and values flow forward in time.
    std::stable_sort(by_after.begin(), by_after.end(),
                     [](const Constraint* a, const Constraint* b) { return a->after < b->after; });
    for (const Constraint* c : by_after) {
      const auto before = static_cast<std::size_t>(c->before);
      const auto after = static_cast<std::size_t>(c->after);
      if (within_row && row_of_issue_[before] != row_of_issue_[after]) continue;
      chain[after] = std::max(chain[after], chain[before] + c->gap);
    }
    return chain;
  }

  Cycle path_length(std::size_t row, const std::vector<Cycle>& chain) const {
    Cycle path = 0;
    for (const int issue : issues_[row]) {
      const Cycle rest = g_.completion(issue) - g_.issue(issue).cycle;
      path = std::max(path, chain[static_cast<std::size_t>(issue)] + rest);
    }
    return path;
  }

  Cycle stage_length(std::size_t row, const StageChains& stages) const {
    Cycle length = path_length(row, stages.chains);
    for (const StageChains::End& end : stages.ends) {
      if (is_of(end.multiply, row)) length = std::max(length, end.cycle);
    }
    return length;
  }

  void bound_row(std::size_t row, const std::vector<Cycle>& chain, const StageChains& stages) {
    LayerBounds& layer = rows_[row];
    layer.begin = g_.issue(issues_[row].front()).cycle;
    for (const int issue : issues_[row]) layer.end = std::max(layer.end, g_.completion(issue));
    layer.bounds.push_back({"critical path", path_length(row, chain),
                            "the longest chain of values, each step at its latency and distance"});
    layer.bounds.push_back({"matrix stages", stage_length(row, stages),
                            "the critical path in which each operator takes at least the time of "
                            "the matrix units for it: weights stream in when the arrays and "
                            "buffers of all planes are full"});
    for (const Load& load : loads(row)) layer.bounds.push_back(load.bound());
    layer.bounds.push_back(stream_bound(row));
    add_operators(row);
  }

  std::vector<Load> loads(std::size_t row) const {
    const lpu::ChipSpec& spec = g_.spec();
    const std::int64_t all_planes = 2 * std::int64_t{spec.mxm_planes};
    Load memory{"memory slices", 0, 2 * spec.mem_slices,
                "reads and writes, one instruction a slice and cycle"};
    Load weights{"weight loads", 0, all_planes,
                 "beats of LW and IW, spread over all planes; fp16 takes two"};
    Load planes{"matrix planes", 0, all_planes,
                "beats of activations, spread over all planes; fp16 takes two"};
    Load alus{"vector ALUs", 0, spec.vxm_alus, "instructions of the vector unit, over all ALUs"};
    Load shifts{"switch shifts", 0, 2, "shifts and selects, over both switch units"};
    Load distributors{"distributors", 0, 2 * spec.sxm_distributors,
                      "instructions of the distributors, over all of them"};
    for (const int issue : issues_[row]) {
      const lpu::OpcodeInfo& op = lpu::info(g_.issue(issue).instruction().opcode);
      switch (op.unit) {
        case Unit::kMem:
          memory.cycles += op.busy_cycles;
          break;
        case Unit::kVxm:
          alus.cycles += op.busy_cycles;
          break;
        case Unit::kMxmWeights:
          weights.cycles += op.busy_cycles * planes_taken(issue);
          break;
        case Unit::kMxmActivations:
          planes.cycles += op.busy_cycles * planes_taken(issue);
          break;
        case Unit::kSxmShift:
          shifts.cycles += op.busy_cycles;
          break;
        case Unit::kSxmDistribute:
          distributors.cycles += op.busy_cycles;
          break;
        case Unit::kMxmAccumulate:
        case Unit::kSxmPermute:
        case Unit::kSxmTranspose:
        case Unit::kIcu:
        case Unit::kC2c:
          break;
      }
    }
    return {memory, weights, planes, alus, shifts, distributors};
  }

  int planes_taken(int issue) const {
    const lpu::Opcode op = g_.issue(issue).instruction().opcode;
    return op == lpu::Opcode::kLwI8 || op == lpu::Opcode::kIwI8 || op == lpu::Opcode::kAbcI8 ? 1
                                                                                             : 2;
  }

  /// The place that most values pass: each of its registers holds one value a cycle.
  Bound stream_bound(std::size_t row) const {
    const auto positions = static_cast<std::size_t>(g_.spec().positions());
    std::vector<std::int64_t> passing[2] = {std::vector<std::int64_t>(positions),
                                            std::vector<std::int64_t>(positions)};
    for (const RegisterHold& hold : g_.registers()) {
      if (!is_of(hold.issue, row)) continue;
      auto& line = passing[hold.line < g_.spec().streams ? 0 : 1];
      for (lpu::Position x = hold.low; x <= hold.high; ++x) ++line[static_cast<std::size_t>(x)];
    }
    std::int64_t most = 0;
    for (const auto& line : passing) most = std::max(most, *std::ranges::max_element(line));
    return Load{"streams", most, g_.spec().streams,
                "values that pass the busiest column in one direction, over its streams"}
        .bound();
  }

  void add_operators(std::size_t row) {
    std::vector<OperatorSpan>& spans = rows_[row].operators;
    for (const int issue : issues_[row]) {
      const std::string& op = purpose(issue).op;
      auto span = std::find_if(spans.begin(), spans.end(),
                               [&](const OperatorSpan& s) { return s.name == op; });
      if (span == spans.end()) {
        spans.push_back({op, g_.issue(issue).cycle, 0});
        span = spans.end() - 1;
      }
      span->end = std::max(span->end, g_.completion(issue));
    }
  }

  const ScheduleGraph& g_;
  int last_row_;
  std::vector<LayerBounds> rows_;
  std::vector<std::vector<int>> issues_;  // [row]
  std::vector<int> row_of_issue_;
};

}  // namespace

const Bound& LayerBounds::binding() const {
  return *std::max_element(bounds.begin(), bounds.end(),
                           [](const Bound& a, const Bound& b) { return a.cycles < b.cycles; });
}

std::vector<LayerBounds> layer_bounds(const ScheduleGraph& graph) {
  int layers = 0;
  for (const lpu::StreamProgram& s : graph.program().stream_programs) {
    layers = std::max(layers, s.layer + 1);
  }
  return LayerWork(graph, layers).run();
}

}  // namespace metronome::compiler
