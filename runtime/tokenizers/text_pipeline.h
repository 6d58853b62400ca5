// SPDX-License-Identifier: Apache-2.0
// The normaliser, pre-tokenizer and post-processor of a tokenizer.json, boiled down to flags.
#pragma once

#include "runtime/tokenizers/json_reader.h"
#include "runtime/tokenizers/tokenizer_data.h"

namespace metronome::runtime {

/// Sets kind, prefix, splitter and their flags. Errors: UserError naming an unsupported step.
void read_text_pipeline(const JsonFields& tokenizer_json, TokenizerData& data);

/// Whether the post-processor's template for one text begins with a special token.
bool template_adds_bos(const JsonFields& tokenizer_json);

}  // namespace metronome::runtime
