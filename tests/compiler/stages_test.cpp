// SPDX-License-Identifier: Apache-2.0
// The bound of the matrix stages, computed again in the plainest way: longest paths by repeated
// relaxation over all pairs, stages by their names, no windows.
#include "compiler/lpu/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <map>

#include "compiler/lpu/compile.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

using lpu::Cycle;

constexpr Cycle kNone = std::numeric_limits<Cycle>::min() / 2;

/// Operators in program order, each with the last multiply of every train.
struct PlainStage {
  std::string op;
  std::vector<int> multiplies;
  std::int64_t loads = 0;       // LW, of one int8 plane
  std::int64_t multiplied = 0;  // ABC, likewise
  std::int64_t largest_tile = 0;
};

class PlainBound {
 public:
  PlainBound(const ScheduleGraph& g, std::int64_t planes) : g_(g), planes_(planes) {}

  Cycle token() {
    std::vector<PlainStage> stages = find();
    std::vector<Cycle> floor(g_.issues().size(), 0);
    Cycle longest = 0;
    for (const PlainStage& s : stages) {
      const std::vector<Cycle> start = longest_to(floor);
      Cycle first = std::numeric_limits<Cycle>::max();
      for (const int m : s.multiplies) first = std::min(first, start[at(m)]);
      const Cycle body = length(s);
      std::vector<Cycle> shortest(g_.issues().size(), std::numeric_limits<Cycle>::max());
      for (const int m : s.multiplies) {
        const std::vector<Cycle> from = longest_from(m);
        for (std::size_t i = 0; i < from.size(); ++i) shortest[i] = std::min(shortest[i], from[i]);
      }
      for (std::size_t i = 0; i < floor.size(); ++i) {
        if (body > 0 && shortest[i] >= 0) floor[i] = std::max(floor[i], first + body + shortest[i]);
      }
      // Wherever its results go, the last of its multiplies has at least the shortest way left.
      Cycle rest = std::numeric_limits<Cycle>::max();
      for (const int m : s.multiplies) rest = std::min(rest, longest_rest(m));
      longest = std::max(longest, first + body + rest);
    }
    const std::vector<Cycle> start = longest_to(floor);
    for (std::size_t i = 0; i < start.size(); ++i) {
      const auto issue = static_cast<int>(i);
      longest = std::max(longest, start[i] + g_.completion(issue) - g_.issue(issue).cycle);
    }
    return longest;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  std::vector<PlainStage> find() const {
    std::vector<PlainStage> stages;
    const auto& pieces = g_.program().stream_programs;
    for (const lpu::StreamProgram& piece : pieces) {
      const bool known = std::any_of(stages.begin(), stages.end(),
                                     [&](const PlainStage& s) { return s.op == piece.op; });
      if (!known) stages.push_back({piece.op, {}, 0, 0, 0});
    }
    for (std::size_t i = 0; i < g_.issues().size(); ++i) {
      const ScheduledIssue& e = g_.issues()[i];
      const auto stage = std::find_if(stages.begin(), stages.end(), [&](const PlainStage& s) {
        return s.op == pieces[e.piece()].op;
      });
      const std::string name(lpu::info(e.instruction().opcode).mnemonic);
      const int wide = name.ends_with(".I8") ? 1 : 2;
      if (name.starts_with("LW")) {
        stage->loads += wide;
        const int rows = wide == 1 ? 16 : 8;
        const int row = static_cast<int>(e.instruction().get(lpu::Field::kRow)) + e.repeat * rows;
        stage->largest_tile =
            std::max<std::int64_t>(stage->largest_tile, std::int64_t{row / rows + 1} * wide);
      }
      if (name.starts_with("ABC")) {
        stage->multiplied += wide * (name.ends_with("Wide") ? 2 : 1);
        if (e.repeat + 1 == e.issue->count) stage->multiplies.push_back(static_cast<int>(i));
      }
    }
    std::erase_if(stages, [](const PlainStage& s) { return s.multiplies.empty(); });
    return joined(stages);
  }

  /// Neighbours that multiply the same vector, besides.
  std::vector<PlainStage> joined(const std::vector<PlainStage>& stages) const {
    std::vector<PlainStage> all;
    const auto vector_of = [&](const PlainStage& s) {
      return g_.issue(s.multiplies.front()).issue->reads.front().first;
    };
    for (std::size_t i = 0; i < stages.size(); ++i) {
      all.push_back(stages[i]);
      PlainStage together = stages[i];
      std::size_t first = i;
      while (first > 0 && vector_of(stages[first - 1]) == vector_of(stages[first])) --first;
      if (first == i) continue;
      for (std::size_t j = first; j < i; ++j) {
        together.multiplies.insert(together.multiplies.end(), stages[j].multiplies.begin(),
                                   stages[j].multiplies.end());
        together.loads += stages[j].loads;
        together.multiplied += stages[j].multiplied;
        together.largest_tile = std::max(together.largest_tile, stages[j].largest_tile);
      }
      all.push_back(together);
    }
    return all;
  }

  Cycle length(const PlainStage& s) const {
    const std::int64_t early = 2 * planes_ * s.largest_tile;
    Cycle cycles = 0;
    // 3 cycles of the install come after the last load.
    if (s.loads > early) cycles = (s.loads - early + planes_ - 1) / planes_ + 3;
    return std::max<Cycle>(cycles, (s.multiplied + planes_ - 1) / planes_ - 2);
  }

  template <typename Visit>
  void relax(std::vector<Cycle>& d, Visit usable) const {
    for (bool changed = true; changed;) {
      changed = false;
      for (const Constraint& c : g_.constraints()) {
        if (!carries_value(c.kind) || !usable(d[at(c.before)])) continue;
        const Cycle longer = d[at(c.before)] + c.gap;
        if (longer <= d[at(c.after)]) continue;
        d[at(c.after)] = longer;
        changed = true;
      }
    }
  }

  std::vector<Cycle> longest_to(const std::vector<Cycle>& floor) const {
    std::vector<Cycle> d = floor;
    relax(d, [](Cycle) { return true; });
    return d;
  }

  std::vector<Cycle> longest_from(int source) const {
    std::vector<Cycle> d(g_.issues().size(), kNone);
    d[at(source)] = 0;
    relax(d, [](Cycle c) { return c != kNone; });
    return d;
  }

  Cycle longest_rest(int source) const {
    const std::vector<Cycle> d = longest_from(source);
    Cycle most = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      const auto issue = static_cast<int>(i);
      if (d[i] == kNone) continue;
      most = std::max(most, d[i] + g_.completion(issue) - g_.issue(issue).cycle);
    }
    return most;
  }

  const ScheduleGraph& g_;
  std::int64_t planes_;
};

Cycle token_bound(const ScheduleGraph& graph) {
  const StageChains stages = stage_chains(graph, [](int, int) { return true; });
  Cycle longest = 0;
  for (std::size_t i = 0; i < stages.chains.size(); ++i) {
    const auto issue = static_cast<int>(i);
    longest =
        std::max(longest, stages.chains[i] + graph.completion(issue) - graph.issue(issue).cycle);
  }
  for (const StageChains::End& end : stages.ends) longest = std::max(longest, end.cycle);
  return longest;
}

class Stages : public ::testing::TestWithParam<ops::Precision> {};

TEST_P(Stages, HaveTheBoundThatThePlainestWayFinds) {
  harness::RandomShape shape;
  shape.width = 40;
  shape.ffn = 90;
  shape.layers = 1;
  shape.context = 4;
  shape.vocab = 100;
  CompileOptions options;
  options.precision = GetParam();
  const graph::Model model = harness::random_model(shape);
  const lpu::Image image = compile(model, lpu::teaching(), options);
  const ScheduleGraph graph(image, image.programs.front());
  const Cycle bound = token_bound(graph);
  EXPECT_EQ(bound, PlainBound(graph, 4).token());
  EXPECT_LE(bound + lpu::barrier_cycles(), image.programs.front().predicted_cycles);
  std::cout << bound << " of " << image.programs.front().predicted_cycles << " cycles\n";
}

INSTANTIATE_TEST_SUITE_P(Precisions, Stages,
                         ::testing::Values(ops::Precision::kFp16, ops::Precision::kInt8),
                         [](const auto& row) { return std::string(ops::to_string(row.param)); });

}  // namespace
}  // namespace metronome::compiler::testing
