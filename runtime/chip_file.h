// SPDX-License-Identifier: Apache-2.0
// A chip of one's own, as a JSON file with comments: a preset under "base", then the fields of
// ChipSpec that differ from it.
//
//   {
//     // groq1 with half the superlanes
//     "base": "groq1",
//     "name": "half",
//     "superlanes": 10
//   }
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "hw/isa/lpu/chip_spec.h"

namespace metronome::runtime {

/// Without "name", the chip is named after its file.
/// Errors: UserError `file:line: field: what`, the nearest name for an unknown field; then those of
/// lpu::validate.
lpu::ChipSpec load_chip(const std::filesystem::path& path);

/// The preset called `name`; without a name if there is none.
lpu::ChipSpec chip_preset(std::string_view name);

/// "groq1, teaching", for messages.
std::string chip_preset_names();

}  // namespace metronome::runtime
