// SPDX-License-Identifier: Apache-2.0
// The help texts, written from the table of commands.
#pragma once

#include <string>

#include "runtime/cli/command.h"

namespace metronome::cli {

std::string overview();
std::string help_of(const Command& command);
std::string version();

}  // namespace metronome::cli
