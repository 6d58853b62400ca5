// SPDX-License-Identifier: Apache-2.0
// What of a run a trace records.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace metronome::waveforms {

struct TraceOptions {
  std::int64_t first_cycle = 0;  // counted over all programs or launches
  std::int64_t last_cycle = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> filters{};  // parts of paths; none: what the machine shows by default
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  bool strings = true;           // false: numbers only, for readers that know no strings
  std::function<void()> poll{};  // called often; what it throws ends the run
};

}  // namespace metronome::waveforms
