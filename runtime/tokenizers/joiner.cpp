// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/joiner.h"

#include <queue>

namespace metronome::runtime {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct Candidate {
  double cost;
  std::size_t left;
  std::size_t right;
  std::size_t bytes;  // of both when queued: a changed neighbour makes the candidate stale
  std::int32_t id;
};

struct Later {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.cost != b.cost ? a.cost > b.cost : a.left > b.left;
  }
};

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) |
         static_cast<std::uint32_t>(right);
}

}  // namespace

std::vector<Symbol> join_symbols(std::vector<Symbol> symbols, const JoinRule& rule) {
  std::vector<std::size_t> next(symbols.size());
  std::vector<std::size_t> previous(symbols.size());
  std::priority_queue<Candidate, std::vector<Candidate>, Later> queue;
  const auto offer = [&](std::size_t left, std::size_t right) {
    if (left == kNone || right == kNone) return;
    const auto join = rule(symbols[left], symbols[right]);
    if (!join) return;
    const std::size_t bytes = symbols[left].text.size() + symbols[right].text.size();
    queue.push({join->cost, left, right, bytes, join->id});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    previous[i] = i == 0 ? kNone : i - 1;
    next[i] = i + 1 == symbols.size() ? kNone : i + 1;
  }
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) offer(i, i + 1);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbols[best.left];
    Symbol& right = symbols[best.right];
    const bool alive = !left.text.empty() && !right.text.empty();
    if (!alive || left.text.size() + right.text.size() != best.bytes) continue;
    left = {{left.text.data(), best.bytes}, best.id};
    right.text = {};
    next[best.left] = next[best.right];
    if (next[best.left] != kNone) previous[next[best.left]] = best.left;
    offer(previous[best.left], best.left);
    offer(best.left, next[best.left]);
  }
  std::erase_if(symbols, [](const Symbol& symbol) { return symbol.text.empty(); });
  return symbols;
}

MergeRanks::MergeRanks(const std::vector<Merge>& merges) {
  ranks_.reserve(merges.size());
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const Merge& merge = merges[rank];
    ranks_.try_emplace(pair_key(merge.left, merge.right),
                       Join{static_cast<double>(rank), merge.joined});
  }
}

std::optional<Join> MergeRanks::operator()(const Symbol& left, const Symbol& right) const {
  if (left.id < 0 || right.id < 0) return std::nullopt;
  const auto found = ranks_.find(pair_key(left.id, right.id));
  return found == ranks_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace metronome::runtime
