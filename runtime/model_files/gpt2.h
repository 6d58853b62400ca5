// SPDX-License-Identifier: Apache-2.0
// GPT-2: LayerNorm with biases, learned positions, a plain feed-forward with GELU. Q, K and V lie
// in one tensor. Hugging Face folders store its linear maps [inputs, outputs], GGUF files
// [outputs, inputs].
// Source: parameter names of GPT2LMHeadModel as saved by save_pretrained, with or without the
// prefix "transformer."; the GGUF specification, "Standardized tensor names".
#pragma once

#include "compiler/graph/model.h"
#include "runtime/model_files/gguf.h"
#include "runtime/model_files/tensor_table.h"
#include "runtime/tokenizers/json_reader.h"

namespace metronome::runtime {

/// `json`: config.json of the folder whose tensors `table` lists.
/// Errors of both: UserError naming file, field and value, or the missing or misshapen tensors.
graph::Model load_gpt2(const JsonFields& json, TensorTable& table);
graph::Model load_gpt2(const GgufFile& file);

}  // namespace metronome::runtime
