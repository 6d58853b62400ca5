// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/merge_list.h"

#include <fmt/format.h>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {

MergeList::MergeList(const std::vector<std::string>& pieces, std::string source)
    : source_(std::move(source)) {
  ids_.reserve(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    ids_.try_emplace(pieces[i], static_cast<std::int32_t>(i));
  }
}

std::int32_t MergeList::find(std::string_view piece) const {
  const auto found = ids_.find(piece);
  if (found == ids_.end()) {
    refuse(source_, "merges",
           fmt::format("merge {}: '{}' is no token", merges_.size(), printable(piece)));
  }
  return found->second;
}

void MergeList::add(std::string_view left, std::string_view right) {
  const std::string joined = std::string(left) + std::string(right);
  merges_.push_back({find(left), find(right), find(joined)});
}

void MergeList::add(std::string_view both) {
  const std::size_t space = both.find(' ', 1);
  if (space == std::string_view::npos || space + 1 == both.size()) {
    refuse(source_, "merges",
           fmt::format("merge {}: two pieces and a space wanted, found '{}'", merges_.size(),
                       printable(both)));
  }
  add(both.substr(0, space), both.substr(space + 1));
}

}  // namespace metronome::runtime
