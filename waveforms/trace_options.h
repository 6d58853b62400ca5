// SPDX-License-Identifier: Apache-2.0
// What of a run a trace records.
#pragma once

#include <cstdint>
#include <filesystem>
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

/// What a trace came to, for reports and viewer set-ups.
struct TraceFacts {
  std::filesystem::path path;
  std::int64_t clock_hz = 0;
  std::int64_t first_cycle = 0;
  std::int64_t end_cycle = 0;  // of the last time stamp; cycles recorded: end - first
  std::uint64_t bytes = 0;
  bool strings = true;
  bool reached_limit = false;
};

}  // namespace metronome::waveforms
