// SPDX-License-Identifier: Apache-2.0
// The warp instruction set as a document, written from opcodes.def alone so that it cannot drift.
#pragma once

#include <string>

namespace metronome::gpu {

/// Markdown: how to read it, control bits, then for every unit a table of its instructions.
std::string isa_manual();

}  // namespace metronome::gpu
