// SPDX-License-Identifier: Apache-2.0
// From a directory of named tensors and a configuration to a graph::Model, whatever the format.
#pragma once

#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "runtime/model_files/tensor_names.h"
#include "runtime/model_files/tensor_table.h"

namespace metronome::runtime {

/// Whether a tensor must, may or must not be in the file.
enum class Presence { kRequired, kOptional, kAbsent };

/// How the rows of Q and K lie in the file.
enum class RotaryOrder { kInterleaved, kHalfSplit };

struct AssemblyRules {
  TensorNames names;
  RotaryOrder rotary_order = RotaryOrder::kInterleaved;
  float norm_offset = 0.0F;  // added to each norm weight
  Presence query_key_value_bias = Presence::kOptional;
  Presence output_bias = Presence::kOptional;
  Presence ffn_bias = Presence::kOptional;
  Presence head = Presence::kOptional;  // kAbsent: tied, a head in the file is ignored
};

/// Takes what `config` asks for out of `table`; matrices keep their file mapped.
/// A vocabulary of -1 means as many rows as the embedding has. Sets config.tied_head.
/// Errors: UserError if a required tensor is missing (all are named, with near names), has
/// another shape than wanted, a type that cannot be read, or if the configuration contradicts
/// itself. Tensors nobody asked for end in Model.notes.
graph::Model assemble(graph::ModelConfig config, TensorTable& table, const AssemblyRules& rules,
                      std::vector<std::string> notes);

/// Refuses a configuration that no transformer can have, naming field, value and limit.
/// `vocab` may be -1 here; `tensors` bounds the number of layers.
void validate_config(const graph::ModelConfig& config, std::size_t tensors,
                     const std::string& source);

}  // namespace metronome::runtime
