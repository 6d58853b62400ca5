// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/explain.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>

#include "hw/isa/error.h"
#include "hw/isa/lpu/assembly.h"

namespace metronome::compiler {

using lpu::Cycle;

namespace {

constexpr std::string_view kNames[] = {"start",       "value", "overwrite", "weights",
                                       "accumulator", "queue", "stream",    "search"};

WhyKind kind_of(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::kMemory:
    case ConstraintKind::kStream:
    case ConstraintKind::kChain:
      return WhyKind::kValue;
    case ConstraintKind::kOverwrite:
      return WhyKind::kOverwrite;
    case ConstraintKind::kAccumulator:
    case ConstraintKind::kProduct:
      return WhyKind::kAccumulator;
    case ConstraintKind::kInstall:
    case ConstraintKind::kWeights:
    case ConstraintKind::kArray:
    case ConstraintKind::kBuffer:
      return WhyKind::kWeights;
  }
  return WhyKind::kSearch;
}

class Explainer {
 public:
  explicit Explainer(const ScheduleGraph& graph) : g_(graph) {
    pieces_.resize(g_.program().stream_programs.size());
    for (std::size_t i = 0; i < g_.issues().size(); ++i) {
      const ScheduledIssue& e = g_.issues()[i];
      check(e.piece() < pieces_.size(), g_.program().name, e.cycle,
            "an instruction of no stream program cannot be explained");
      PieceExplanation& p = pieces_[e.piece()];
      if (p.issues.empty()) p.begin = e.cycle;
      p.issues.push_back(static_cast<int>(i));
      p.end = std::max(p.end, g_.completion(static_cast<int>(i)));
      end_ = std::max(end_, p.end);
    }
    index();
  }

  std::vector<PieceExplanation> run() {
    for (std::size_t p = 0; p < pieces_.size(); ++p) {
      if (pieces_[p].issues.empty()) continue;
      pieces_[p].why = why(p);
      find_slack(p);
    }
    mark_critical();
    return std::move(pieces_);
  }

 private:
  using Others = std::function<bool(std::uint32_t)>;

  void index() {
    before_.resize(g_.issues().size());
    after_.resize(g_.issues().size());
    for (std::size_t c = 0; c < g_.constraints().size(); ++c) {
      const Constraint& constraint = g_.constraints()[c];
      if (piece(constraint.before) == piece(constraint.after)) continue;
      before_[static_cast<std::size_t>(constraint.after)].push_back(static_cast<int>(c));
      after_[static_cast<std::size_t>(constraint.before)].push_back(static_cast<int>(c));
    }
    holds_.resize(g_.issues().size());
    queues_.resize(g_.queues().size());
    for (const QueueHold& hold : g_.queue_holds()) {
      holds_[static_cast<std::size_t>(hold.issue)].push_back(&hold);
      queues_[static_cast<std::size_t>(hold.queue)].push_back(&hold);
    }
    segments_.resize(g_.issues().size());
    for (const RegisterHold& hold : g_.registers()) {
      segments_[static_cast<std::size_t>(hold.issue)].push_back(&hold);
      diagonals_[diagonal_key(hold.line, hold.diagonal)].push_back(&hold);
    }
  }

  std::uint32_t piece(int issue) const { return g_.issue(issue).piece(); }
  std::string path(int issue) const {
    return g_.queues()[static_cast<std::size_t>(g_.issue(issue).queue)].path;
  }
  std::string op(int issue) const {
    const lpu::StreamProgram& s = g_.program().stream_programs[piece(issue)];
    return s.step.empty() ? s.op : s.op + "." + s.step;
  }
  static Cycle shown(Cycle cycle) { return cycle + lpu::barrier_cycles(); }
  std::string_view mnemonic(int issue) const {
    return lpu::info(g_.issue(issue).instruction().opcode).mnemonic;
  }
  std::string who(int issue) const {
    return fmt::format("{} of {} at {} in cycle {}", mnemonic(issue), op(issue), path(issue),
                       shown(g_.issue(issue).cycle));
  }

  /// What keeps a stream program from being `shift` cycles later (earlier if negative), among the
  /// stream programs for which `counts` holds.
  std::optional<Obstacle> obstacle(std::size_t p, Cycle shift, const Others& counts) const {
    const auto find = {&Explainer::needs, &Explainer::queue_taken, &Explainer::register_taken};
    for (const auto& look : find) {
      for (const int issue : pieces_[p].issues) {
        if (auto found = (this->*look)(issue, shift, counts)) return found;
      }
    }
    return std::nullopt;
  }

  std::optional<Obstacle> needs(int issue, Cycle shift, const Others& counts) const {
    const auto at = static_cast<std::size_t>(issue);
    const Cycle cycle = g_.issue(issue).cycle + shift;
    for (const int c : before_[at]) {
      const Constraint& k = g_.constraints()[static_cast<std::size_t>(c)];
      if (counts(piece(k.before)) && cycle < g_.issue(k.before).cycle + k.gap) {
        return Obstacle{kind_of(k.kind), issue, k.before, needs_text(issue, k, k.before)};
      }
    }
    for (const int c : after_[at]) {
      const Constraint& k = g_.constraints()[static_cast<std::size_t>(c)];
      if (counts(piece(k.after)) && g_.issue(k.after).cycle < cycle + k.gap) {
        return Obstacle{kind_of(k.kind), issue, k.after, needs_text(issue, k, k.after)};
      }
    }
    return std::nullopt;
  }

  std::string needs_text(int issue, const Constraint& k, int other) const {
    const bool waits = other == k.before;
    std::string_view verb;
    switch (k.kind) {
      case ConstraintKind::kMemory:
        verb = waits ? "reads what is written by" : "writes what is read by";
        break;
      case ConstraintKind::kOverwrite:
        verb = waits ? "overwrites what was used by" : "uses what is overwritten by";
        break;
      case ConstraintKind::kStream:
      case ConstraintKind::kChain:
        verb = waits ? "takes the value of" : "gives its value to";
        break;
      case ConstraintKind::kAccumulator:
      case ConstraintKind::kProduct:
        verb = waits ? "takes the sum of" : "gives its sum to";
        break;
      case ConstraintKind::kInstall:
        verb = waits ? "installs weights brought by" : "brings weights installed by";
        break;
      case ConstraintKind::kWeights:
        verb = waits ? "multiplies by weights of" : "installs weights for";
        break;
      case ConstraintKind::kArray:
        verb = waits ? "needs the array, used by" : "uses the array, needed by";
        break;
      case ConstraintKind::kBuffer:
        verb = waits ? "needs the buffer, emptied by" : "empties the buffer for";
        break;
    }
    return fmt::format("{} {} {}", who(issue), verb, who(other));
  }

  std::optional<Obstacle> queue_taken(int issue, Cycle shift, const Others& counts) const {
    for (const QueueHold* mine : holds_[static_cast<std::size_t>(issue)]) {
      const auto& line = queues_[static_cast<std::size_t>(mine->queue)];
      const Cycle begin = mine->begin + shift;
      const Cycle end = mine->end + shift;
      auto at = std::partition_point(line.begin(), line.end(),
                                     [&](const QueueHold* h) { return h->end <= begin; });
      for (; at != line.end() && (*at)->begin < end; ++at) {
        const int other = (*at)->issue;
        if (piece(other) == piece(issue) || !counts(piece(other))) continue;
        return Obstacle{WhyKind::kQueue, issue, other,
                        fmt::format("{} finds the queue taken by {} of {} in cycle {}", who(issue),
                                    mnemonic(other), op(other), shown((*at)->begin))};
      }
    }
    return std::nullopt;
  }

  std::optional<Obstacle> register_taken(int issue, Cycle shift, const Others& counts) const {
    for (const RegisterHold* mine : segments_[static_cast<std::size_t>(issue)]) {
      const auto found = diagonals_.find(diagonal_key(mine->line, mine->diagonal + shift));
      if (found == diagonals_.end()) continue;
      for (const RegisterHold* other : found->second) {
        const bool apart = other->high < mine->low || other->low > mine->high;
        if (apart || piece(other->issue) == piece(issue) || !counts(piece(other->issue))) continue;
        const bool east = mine->line < g_.spec().streams;
        return Obstacle{WhyKind::kStream, issue, other->issue,
                        fmt::format("{} finds stream {}{} taken at column {} by the value of {}",
                                    who(issue), east ? 'E' : 'W', mine->line % g_.spec().streams,
                                    std::max(mine->low, other->low), who(other->issue))};
      }
    }
    return std::nullopt;
  }

  Obstacle why(std::size_t p) const {
    if (pieces_[p].begin == 0) {
      return {WhyKind::kStart, pieces_[p].issues.front(), -1, ""};
    }
    const auto found = obstacle(p, -1, [p](std::uint32_t other) { return other < p; });
    if (found) return *found;
    return {WhyKind::kSearch, pieces_[p].issues.front(), -1, ""};
  }

  void find_slack(std::size_t p) {
    PieceExplanation& piece = pieces_[p];
    const auto others = [p](std::uint32_t other) { return other != p; };
    for (piece.slack = 0; piece.end + piece.slack < end_; ++piece.slack) {
      const auto found = obstacle(p, piece.slack + 1, others);
      if (!found) continue;
      piece.limit = *found;
      return;
    }
    piece.limit = {WhyKind::kStart, piece.issues.back(), -1, "It would end after the token."};
  }

  void mark_critical() {
    const auto last = std::max_element(
        pieces_.begin(), pieces_.end(),
        [](const PieceExplanation& a, const PieceExplanation& b) { return a.end < b.end; });
    if (last == pieces_.end() || last->issues.empty()) return;
    for (PieceExplanation* at = &*last; !at->critical;) {
      at->critical = true;
      if (at->why.culprit < 0) return;
      at = &pieces_[piece(at->why.culprit)];
    }
  }

  const ScheduleGraph& g_;
  std::vector<PieceExplanation> pieces_;
  Cycle end_ = 0;
  std::vector<std::vector<int>> before_;  // [issue]: constraints on it, from other pieces
  std::vector<std::vector<int>> after_;   // [issue]: constraints by it
  std::vector<std::vector<const QueueHold*>> holds_;
  std::vector<std::vector<const QueueHold*>> queues_;  // [queue], by begin
  std::vector<std::vector<const RegisterHold*>> segments_;
  boost::unordered_flat_map<std::uint64_t, std::vector<const RegisterHold*>> diagonals_;
};

}  // namespace

std::string_view to_string(WhyKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::vector<PieceExplanation> explain(const ScheduleGraph& graph) { return Explainer(graph).run(); }

}  // namespace metronome::compiler
