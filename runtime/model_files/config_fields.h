// SPDX-License-Identifier: Apache-2.0
// What GPT-2's and BERT's config.json have in common.
#pragma once

#include "compiler/graph/model.h"
#include "runtime/tokenizers/json_reader.h"

namespace metronome::runtime {

/// The activation that field `key` names; `otherwise` where it is absent.
/// Errors: UserError naming what is supported.
graph::Activation activation_of(const JsonFields& json, const char* key, const char* otherwise);

/// config.width over config.heads. Errors: UserError naming `key` if the heads do not divide it.
std::int64_t whole_heads(const JsonFields& json, const char* key, const graph::ModelConfig& config);

}  // namespace metronome::runtime
