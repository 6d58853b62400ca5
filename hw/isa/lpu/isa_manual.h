// SPDX-License-Identifier: Apache-2.0
// The instruction set as a document, written from opcodes.def alone so that it cannot drift.
#pragma once

#include <string>

namespace metronome::lpu {

/// Markdown: how to read it, then for every unit with instructions a table of them.
std::string isa_manual();

}  // namespace metronome::lpu
