// SPDX-License-Identifier: Apache-2.0
// A Hugging Face folder: config.json beside model.safetensors, or shards with their index.
// Rows of Q and K come in half-split order; Gemma's norm weights come as w - 1.
#pragma once

#include <filesystem>

#include "compiler/graph/model.h"

namespace metronome::runtime {

/// Errors: UserError on an unsupported architecture, activation or rope scaling (named), a missing
/// or contradictory field, missing weights, or anything wrong in the weight files.
graph::Model load_huggingface(const std::filesystem::path& folder);

}  // namespace metronome::runtime
