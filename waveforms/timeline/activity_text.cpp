// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/activity_text.h"

#include <algorithm>
#include <charconv>

namespace metronome::waveforms {

ActivityText read_activity(std::string_view text) {
  ActivityText parts;
  parts.rest = text;
  for (;;) {
    const std::size_t space = parts.rest.find(' ');
    if (space == std::string_view::npos) return parts;
    const std::string_view after = parts.rest.substr(space + 1);
    const std::size_t end = std::min(after.find(' '), after.size());
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(after.data(), after.data() + end, number);
    if (error != std::errc() || stop != after.data() + end) return parts;
    parts.numbers.push_back({parts.rest.substr(0, space), number});
    parts.rest = after.substr(std::min(end + 1, after.size()));
  }
}

}  // namespace metronome::waveforms
