// SPDX-License-Identifier: Apache-2.0
// The files that a command line names: what is written must not be what is read, nor be written
// twice.
#pragma once

#include <string>

#include "runtime/cli/arguments.h"

namespace metronome::cli {

/// Every command that writes asks this before it starts. `model`: the file it will read, where that
/// is not the operand. Compared is where the names lead to, through links; what a viewer finds
/// beside a trace counts as written.
/// Errors: UserError naming the file and both of the options that name it.
void require_separate_files(const Arguments& arguments, const std::string& model);

}  // namespace metronome::cli
