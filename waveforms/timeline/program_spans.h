// SPDX-License-Identifier: Apache-2.0
// From when to when a program works on each of its operators and layers: from the first issue that
// serves it to the last effect of one. As many spans as the program has operators are kept.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hw/common/observer.h"

namespace metronome::waveforms {

struct ProgramSpan {
  std::string op;  // empty for a layer
  int layer = -1;
  std::int64_t first = 0;
  std::int64_t end = 0;
  std::int64_t instructions = 0;
};

class ProgramSpans {
 public:
  /// `end` is the cycle after the last effect of the issue.
  void add(const hw::IssueEvent& event, std::int64_t end);
  /// By first cycle.
  std::vector<ProgramSpan> operators() const;
  std::vector<ProgramSpan> layers() const;
  void clear() { spans_.clear(); }

 private:
  std::map<std::pair<int, std::string>, ProgramSpan> spans_;  // by layer and operator
};

}  // namespace metronome::waveforms
