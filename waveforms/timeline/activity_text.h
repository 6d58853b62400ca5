// SPDX-License-Identifier: Apache-2.0
// What an activity's text tells: numbers with their names at its beginning, then words.
#pragma once

#include <string_view>
#include <vector>

#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms {

struct ActivityText {
  std::vector<Argument> numbers;  // `warp 3 pc 12 FADD R1, R2`: warp and pc
  std::string_view rest;          // `FADD R1, R2`
  std::string_view first_word() const { return rest.substr(0, rest.find(' ')); }
};

/// The parts of `text`, which must outlive them.
ActivityText read_activity(std::string_view text);

}  // namespace metronome::waveforms
