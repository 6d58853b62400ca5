// SPDX-License-Identifier: Apache-2.0
// The greedy loop that all BPE tokenizers share: join the best adjacent pair until none joins.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/tokenizers/tokenizer_data.h"

namespace metronome::runtime {

/// A stretch of the text that is one token, or (id -1) none yet.
struct Symbol {
  std::string_view text;
  std::int32_t id;
};

struct Join {
  double cost;  // least first; among equals the leftmost
  std::int32_t id;
};

/// What joining two neighbours gives, if they may be joined.
using JoinRule = std::function<std::optional<Join>(const Symbol& left, const Symbol& right)>;

/// Neighbours must be adjacent in one text. Time grows as n log n.
std::vector<Symbol> join_symbols(std::vector<Symbol> symbols, const JoinRule& rule);

/// Merges by rank, looked up by their two parts.
class MergeRanks {
 public:
  explicit MergeRanks(const std::vector<Merge>& merges);
  [[nodiscard]] std::optional<Join> operator()(const Symbol& left, const Symbol& right) const;

 private:
  std::unordered_map<std::uint64_t, Join> ranks_;
};

}  // namespace metronome::runtime
