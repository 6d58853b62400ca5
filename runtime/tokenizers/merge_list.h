// SPDX-License-Identifier: Apache-2.0
// Merges as files write them, two pieces each, resolved to ids.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/tokenizers/tokenizer_data.h"

namespace metronome::runtime {

class MergeList {
 public:
  /// `pieces` must outlive it.
  MergeList(const std::vector<std::string>& pieces, std::string source);

  /// Appends one merge. Errors: UserError if a part or the whole is no token, naming it.
  void add(std::string_view left, std::string_view right);

  /// "left right", cut at the first space that is not the first byte.
  void add(std::string_view both);

  std::vector<Merge> take() { return std::move(merges_); }

 private:
  [[nodiscard]] std::int32_t find(std::string_view piece) const;

  std::unordered_map<std::string_view, std::int32_t> ids_;
  std::vector<Merge> merges_;
  std::string source_;
};

}  // namespace metronome::runtime
