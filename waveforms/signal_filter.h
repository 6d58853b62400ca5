// SPDX-License-Identifier: Apache-2.0
// Which signals a filter means: those that have it in their path.
#pragma once

#include <string>
#include <vector>

namespace metronome::waveforms {

/// By index in `paths`. `machine` is what has them, for messages.
/// Errors: UserError naming the filter that matches nothing, with the nearest names.
std::vector<bool> choose(const std::vector<std::string>& paths,
                         const std::vector<std::string>& filters, const std::string& machine);

}  // namespace metronome::waveforms
