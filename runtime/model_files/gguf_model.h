// SPDX-License-Identifier: Apache-2.0
// A transformer and its tokenizer out of a GGUF file. Rows of Q and K lie interleaved for llama,
// half-split for qwen2 and gemma; Gemma's norm weights come as w.
#pragma once

#include <optional>

#include "compiler/graph/model.h"
#include "runtime/model_files/gguf.h"
#include "runtime/tokenizers/tokenizer_data.h"

namespace metronome::runtime {

/// The model keeps the file mapped; `file` itself may go.
/// Errors: UserError on an unsupported architecture or rope scaling (named), a missing key, missing
/// or misshapen tensors.
graph::Model load_gguf_model(const GgufFile& file);

/// Empty if the file has no tokenizer. Errors: UserError on an unknown tokenizer model or splitter.
std::optional<TokenizerData> read_gguf_tokenizer(const GgufFile& file);

}  // namespace metronome::runtime
