// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/stages.h"

#include <algorithm>
#include <map>
#include <string>

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Opcode;
using lpu::Unit;

namespace {

constexpr Cycle kNotReached = -1;

/// What an operator asks of the matrix units.
struct Stage {
  std::vector<int> multiplies;  // the last one of each train
  std::int64_t load_beats = 0;  // of one plane; fp16 takes two
  std::int64_t tile_beats = 0;  // of its largest tile, likewise
  std::int64_t multiply_beats = 0;
};

class StageWork {
 public:
  StageWork(const ScheduleGraph& graph, const std::function<bool(int, int)>& linked)
      : g_(graph), planes_(2 * std::int64_t{graph.spec().mxm_planes}) {
    for (const Constraint& c : g_.constraints()) {
      if (carries_value(c.kind) && linked(c.before, c.after)) values_.push_back(&c);
    }
    std::stable_sort(values_.begin(), values_.end(),
                     [](const Constraint* a, const Constraint* b) { return a->after < b->after; });
    chain_.assign(g_.issues().size(), 0);
    floor_.assign(g_.issues().size(), 0);
  }

  StageChains run() {
    propagate(0, g_.issues().size());
    const std::vector<Stage> stages = find_stages();
    for (std::size_t s = 0; s < stages.size(); ++s) {
      raise(stages[s], reach(stages, s));
    }
    propagate(0, g_.issues().size());
    std::vector<StageChains::End> ends = last_effects(stages);
    return {std::move(chain_), std::move(ends)};
  }

 private:
  /// Where to stop: what comes after the next stages is raised by them.
  std::size_t reach(const std::vector<Stage>& stages, std::size_t from) const {
    constexpr std::size_t kStages = 6;
    if (from + kStages >= stages.size()) return g_.issues().size();
    std::size_t to = 0;
    for (std::size_t s = from; s <= from + kStages; ++s) to = std::max(to, end_of(stages[s]));
    return to;
  }

  Cycle first_of(const Stage& stage) const {
    Cycle first = chain_[static_cast<std::size_t>(stage.multiplies.front())];
    for (const int m : stage.multiplies) {
      first = std::min(first, chain_[static_cast<std::size_t>(m)]);
    }
    return first;
  }

  /// The last multiply of a stage, whichever that is, has at least the shortest way to its effect.
  std::vector<StageChains::End> last_effects(const std::vector<Stage>& stages) const {
    std::vector<Cycle> rest(g_.issues().size());
    for (std::size_t i = 0; i < rest.size(); ++i) {
      const auto at = static_cast<int>(i);
      rest[i] = g_.completion(at) - g_.issue(at).cycle;
    }
    for (auto c = values_.rbegin(); c != values_.rend(); ++c) {
      Cycle& before = rest[static_cast<std::size_t>((*c)->before)];
      before = std::max(before, rest[static_cast<std::size_t>((*c)->after)] + (*c)->gap);
    }
    std::vector<StageChains::End> ends;
    for (const Stage& s : stages) {
      Cycle shortest = rest[static_cast<std::size_t>(s.multiplies.front())];
      for (const int m : s.multiplies) {
        shortest = std::min(shortest, rest[static_cast<std::size_t>(m)]);
      }
      ends.push_back({s.multiplies.front(), first_of(s) + length(s) + shortest});
    }
    return ends;
  }

  static std::size_t end_of(const Stage& stage) {
    return static_cast<std::size_t>(
               *std::max_element(stage.multiplies.begin(), stage.multiplies.end())) +
           1;
  }

  /// In program order; operators without multiplies are none.
  std::vector<Stage> find_stages() const {
    const auto& pieces = g_.program().stream_programs;
    std::map<std::string, std::size_t> index;
    std::vector<Stage> all;
    std::vector<std::size_t> stage_of(pieces.size());
    for (std::size_t p = 0; p < pieces.size(); ++p) {
      const auto [at, fresh] = index.try_emplace(pieces[p].op, all.size());
      if (fresh) all.emplace_back();
      stage_of[p] = at->second;
    }
    for (std::size_t i = 0; i < g_.issues().size(); ++i) {
      const ScheduledIssue& e = g_.issues()[i];
      if (e.piece() < stage_of.size()) add(all[stage_of[e.piece()]], static_cast<int>(i));
    }
    std::erase_if(all, [](const Stage& s) { return s.multiplies.empty(); });
    return with_unions(all);
  }

  lpu::ValueId operand(const Stage& s) const {
    return g_.issue(s.multiplies.front()).issue->reads.front().first;
  }

  /// Operators one after the other that take the same vector are a stage together, besides.
  std::vector<Stage> with_unions(const std::vector<Stage>& stages) const {
    std::vector<Stage> all;
    Stage joined;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      all.push_back(stages[i]);
      const bool joins = i > 0 && operand(stages[i]) == operand(stages[i - 1]);
      if (!joins) {
        joined = stages[i];
        continue;
      }
      joined.multiplies.insert(joined.multiplies.end(), stages[i].multiplies.begin(),
                               stages[i].multiplies.end());
      joined.load_beats += stages[i].load_beats;
      joined.multiply_beats += stages[i].multiply_beats;
      joined.tile_beats = std::max(joined.tile_beats, stages[i].tile_beats);
      all.push_back(joined);
    }
    return all;
  }

  static std::int64_t planes_taken(Opcode op) {
    return op == Opcode::kLwI8 || op == Opcode::kAbcI8 ? 1 : 2;
  }

  void add(Stage& stage, int at) const {
    const ScheduledIssue& e = g_.issue(at);
    const Opcode op = e.instruction().opcode;
    const lpu::OpcodeInfo& info = lpu::info(op);
    if (info.format == lpu::Format::kLoadWeights) {
      const int rows = op == Opcode::kLwF16 ? lpu::kWeightStreams / 2 : lpu::kWeightStreams;
      const std::int64_t beat =
          static_cast<std::int64_t>(e.instruction().get(lpu::Field::kRow)) / rows + e.repeat + 1;
      stage.load_beats += planes_taken(op);
      stage.tile_beats = std::max(stage.tile_beats, beat * planes_taken(op));
    }
    if (info.unit != Unit::kMxmActivations) return;
    stage.multiply_beats += planes_taken(op) * info.busy_cycles;
    if (e.repeat + 1 == e.issue->count) stage.multiplies.push_back(at);
  }

  /// Cycles from a stage's first multiply to its last, at least.
  Cycle length(const Stage& s) const {
    const auto up = [&](std::int64_t beats) { return (beats + planes_ - 1) / planes_; };
    // One tile in each array and one in each buffer before the operand comes.
    const std::int64_t early = planes_ * 2 * s.tile_beats;
    Cycle least = 0;
    if (s.load_beats > early) {
      const Cycle load = lpu::info(Opcode::kLwI8).result_cycles;
      const Cycle install = lpu::info(Opcode::kIwI8).result_cycles;
      // The first of the rest may be on its way when a buffer is emptied.
      least = up(s.load_beats - early) - load + load + install;
    }
    const Cycle busy = lpu::info(Opcode::kAbcF16Wide).busy_cycles;
    return std::max(least, up(s.multiply_beats) - busy);
  }

  void propagate(std::size_t from, std::size_t to) {
    auto c = std::lower_bound(values_.begin(), values_.end(), from,
                              [](const Constraint* v, std::size_t at) {
                                return static_cast<std::size_t>(v->after) < at;
                              });
    for (std::size_t i = from; i < to; ++i) {
      chain_[i] = std::max(chain_[i], floor_[i]);
      for (; c != values_.end() && static_cast<std::size_t>((*c)->after) == i; ++c) {
        chain_[i] = std::max(chain_[i], chain_[static_cast<std::size_t>((*c)->before)] + (*c)->gap);
      }
    }
  }

  /// Issues that depend on all multiplies of the stage come after the last of them, whichever that
  /// is, and after the shortest of the ways from them.
  void raise(const Stage& stage, std::size_t to) {
    const Cycle body = length(stage);
    const auto from = static_cast<std::size_t>(
        *std::min_element(stage.multiplies.begin(), stage.multiplies.end()));
    if (body <= 0 || from >= to) return;
    const Cycle first = first_of(stage);
    const std::size_t count = stage.multiplies.size();
    std::vector<Cycle> way((to - from) * count, kNotReached);  // [issue - from][multiply]
    const auto row = [&](std::size_t issue) { return way.data() + (issue - from) * count; };
    for (std::size_t m = 0; m < count; ++m) {
      const auto at = static_cast<std::size_t>(stage.multiplies[m]);
      if (at < to) row(at)[m] = 0;
    }
    auto c = std::lower_bound(values_.begin(), values_.end(), from,
                              [](const Constraint* v, std::size_t at) {
                                return static_cast<std::size_t>(v->after) < at;
                              });
    for (std::size_t i = from; i < to; ++i) {
      for (; c != values_.end() && static_cast<std::size_t>((*c)->after) == i; ++c) {
        const auto before = static_cast<std::size_t>((*c)->before);
        if (before < from) continue;
        for (std::size_t m = 0; m < count; ++m) {
          if (row(before)[m] != kNotReached) {
            row(i)[m] = std::max(row(i)[m], row(before)[m] + (*c)->gap);
          }
        }
      }
      const Cycle shortest = *std::min_element(row(i), row(i) + count);
      if (shortest != kNotReached) floor_[i] = std::max(floor_[i], first + body + shortest);
    }
    propagate(from, to);
  }

  const ScheduleGraph& g_;
  std::int64_t planes_;
  std::vector<const Constraint*> values_;  // by `after`
  std::vector<Cycle> chain_;
  std::vector<Cycle> floor_;
};

}  // namespace

StageChains stage_chains(const ScheduleGraph& graph, const std::function<bool(int, int)>& linked) {
  return StageWork(graph, linked).run();
}

}  // namespace metronome::compiler
