// SPDX-License-Identifier: Apache-2.0
// What the user probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace metronome::runtime {

/// The name most like `name`; empty if none is close.
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

/// ", did you mean X?", or nothing if no name is close.
std::string suggestion(std::string_view name, const std::vector<std::string>& names);

}  // namespace metronome::runtime
