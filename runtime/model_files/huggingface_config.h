// SPDX-License-Identifier: Apache-2.0
// config.json of a Hugging Face folder.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "runtime/model_files/assemble.h"
#include "runtime/tokenizers/json_reader.h"

namespace metronome::runtime {

struct HuggingFaceConfig {
  graph::ModelConfig config;
  AssemblyRules rules;
  std::vector<std::string> notes;
};

/// Errors: UserError naming file, field and value.
HuggingFaceConfig read_huggingface_config(const JsonFields& json);

}  // namespace metronome::runtime
