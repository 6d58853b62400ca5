// SPDX-License-Identifier: Apache-2.0
// BERT and the sentence encoders that follow it, such as MiniLM: LayerNorm after each part,
// learned positions, bidirectional attention, no head.
// Source: parameter names of BertModel as saved by save_pretrained, with or without the prefix
// "bert.".
#pragma once

#include "compiler/graph/model.h"
#include "runtime/model_files/tensor_table.h"
#include "runtime/tokenizers/json_reader.h"

namespace metronome::runtime {

/// `json`: config.json of the folder whose tensors `table` lists. The row of token type 0 is added
/// to each position's; the pooler is not read, since the embedding is the mean of the tokens.
/// Errors: UserError naming file, field and value, or the missing or misshapen tensors.
graph::Model load_bert(const JsonFields& json, TensorTable& table);

}  // namespace metronome::runtime
