// SPDX-License-Identifier: Apache-2.0
// The families of llama's kind that can be imported and what sets each apart. gpt2 and bert have
// importers of their own.
#pragma once

#include <string>
#include <string_view>

#include "compiler/graph/model.h"
#include "runtime/model_files/assemble.h"

namespace metronome::runtime {

inline constexpr const char* kSupportedArchitectures =
    "llama (with mistral without a sliding window), qwen2, gemma, gpt2, and bert as a Hugging Face "
    "folder";

enum class Family { kLlama, kQwen2, kGemma };

/// Takes "llama", "mistral", "qwen2", "gemma", as both formats spell them.
/// Errors: UserError listing what is supported.
Family family_of(std::string_view architecture, const std::string& source);

/// Sets what the family fixes: name, activation, embedding scale. `config.width` must be set.
void apply_family(Family family, graph::ModelConfig& config);

/// The biases and the head that the family fixes; everything else as in the default rules.
void apply_family(Family family, AssemblyRules& rules);

}  // namespace metronome::runtime
