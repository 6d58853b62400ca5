// SPDX-License-Identifier: Apache-2.0
// Which signals or tracks a filter means: those that have it in their path.
#pragma once

#include <string>
#include <vector>

namespace metronome::waveforms {

/// Words for messages: where the filters were given, and what they are for.
struct FilterWords {
  const char* option = "--trace-filter";
  const char* thing = "signal";
};

/// By index in `paths`, of which there is one at least. `machine` is what has them, for messages.
/// Errors: UserError naming the filter that is empty or matches nothing, with the nearest names.
std::vector<bool> choose(const std::vector<std::string>& paths,
                         const std::vector<std::string>& filters, const std::string& machine,
                         const FilterWords& words = {});

}  // namespace metronome::waveforms
