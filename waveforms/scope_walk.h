// SPDX-License-Identifier: Apache-2.0
// Opens and closes nested scopes of a header so that variables of dotted paths can be declared
// one after the other.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "waveforms/wave_writer.h"

namespace metronome::waveforms {

class ScopeWalk {
 public:
  explicit ScopeWalk(WaveWriter& writer) : writer_(writer) {}

  /// Paths with a common beginning must come one after the other.
  void enter(std::string_view path) {
    std::vector<std::string> wanted;
    for (std::size_t start = 0; start <= path.size();) {
      const std::size_t end = std::min(path.find('.', start), path.size());
      wanted.emplace_back(path.substr(start, end - start));
      start = end + 1;
    }
    const auto [kept, first] =
        std::mismatch(open_.begin(), open_.end(), wanted.begin(), wanted.end());
    leave(static_cast<std::size_t>(kept - open_.begin()));
    for (auto at = first; at != wanted.end(); ++at) {
      writer_.open_scope(*at);
      open_.push_back(*at);
    }
  }
  void leave_all() { leave(0); }

 private:
  void leave(std::size_t depth) {
    for (; open_.size() > depth; open_.pop_back()) writer_.close_scope();
  }

  WaveWriter& writer_;
  std::vector<std::string> open_;
};

}  // namespace metronome::waveforms
