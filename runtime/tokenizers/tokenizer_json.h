// SPDX-License-Identifier: Apache-2.0
// tokenizer.json of a Hugging Face folder: BPE with byte fallback, and byte-level BPE.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/tokenizers/json_reader.h"
#include "runtime/tokenizers/tokenizer_data.h"

namespace metronome::runtime {

/// What stands beside tokenizer.json; each may be absent.
struct TokenizerSettings {
  const JsonFields* tokenizer_config = nullptr;  // tokenizer_config.json
  const JsonFields* model_config = nullptr;      // config.json: special ids if the other has none
};

/// Errors: UserError on a model, normaliser, pre-tokenizer or splitter that is not supported
/// (named), or an added token that contradicts the vocabulary. Special ids out of range end in
/// TokenizerData.notes.
TokenizerData parse_tokenizer_json(const JsonFields& tokenizer_json,
                                   const TokenizerSettings& settings);

}  // namespace metronome::runtime
