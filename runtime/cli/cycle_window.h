// SPDX-License-Identifier: Apache-2.0
// A:B, the cycles of a run that are recorded, A and B included.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace metronome::cli {

struct CycleWindow {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Errors: UsageError naming `option` if `text` is no A:B, or A is above B.
CycleWindow cycle_window(std::string_view option, const std::string& text);

}  // namespace metronome::cli
