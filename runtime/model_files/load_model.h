// SPDX-License-Identifier: Apache-2.0
// The door to model files: looks at what a path is and calls the right importer.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "compiler/graph/model.h"
#include "runtime/tokenizers/tokenizer.h"

namespace metronome::runtime {

/// A folder is Hugging Face, the GGUF magic is GGUF, and a file named .bin is llama2.c. A word that
/// begins with "shape:" is no path but a known shape, see shape_model.h.
/// Matrices read from the mapped file for as long as the model lives.
/// Errors: UserError, one line, naming file, field, what was found and the limit.
graph::Model load_model(const std::filesystem::path& path);

struct LoadedModel {
  graph::Model model;
  std::unique_ptr<Tokenizer> tokenizer;  // null if there is none; a note says so
};

/// As load_model, with the model's tokenizer. `tokenizer_path` replaces it: a llama2.c tokenizer
/// .bin, a tokenizer.json (its tokenizer_config.json is read too), a folder with one, or a GGUF.
/// Errors: also UserError if the tokenizer has more tokens than the model's vocabulary.
LoadedModel load(const std::filesystem::path& path,
                 const std::optional<std::filesystem::path>& tokenizer_path = std::nullopt);

/// The tokenizer at `path` alone. Errors: UserError.
TokenizerData load_tokenizer(const std::filesystem::path& path);

}  // namespace metronome::runtime
