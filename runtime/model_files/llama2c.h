// SPDX-License-Identifier: Apache-2.0
// Checkpoints of llama2.c, legacy header (version 0): seven int32 sizes, then fp32 tensors in a
// fixed order. A negative vocabulary size flags a head of its own. RMS epsilon 1e-5 and RoPE base
// 10000 are fixed by the format.
// Source: run.c and export.py of karpathy/llama2.c.
#pragma once

#include <filesystem>

#include "compiler/graph/model.h"

namespace metronome::runtime {

/// Errors: UserError on sizes out of range, a truncated file (naming the first tensor that is not
/// whole), or a newer version. Bytes after the last tensor end in a note.
graph::Model load_llama2c(const std::filesystem::path& path);

}  // namespace metronome::runtime
