// SPDX-License-Identifier: Apache-2.0
// Models of known shapes whose weights nobody trained, named where a model file could be:
//   shape:NAME[/LAYERS][?weights=seed:N|zero|largest]
// NAME is in shapes.def, LAYERS takes only so many of its first layers. Weights are drawn when a
// row is read, so opening costs nothing and nothing holds them. They are the same on every host:
// sums of four 16-bit draws, near to a normal distribution, of deviation 1 / sqrt(inputs), the
// layers' outputs divided by sqrt(2 layers) so that the sum of all stays near 1; norm weights lie
// around 1, biases around 0. zero: every parameter is 0. largest: every matrix is 65504, the
// largest fp16; norm weights are 1, biases 0.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "runtime/tokenizers/tokenizer_data.h"

namespace metronome::runtime {

/// Begins with "shape:". Such a word is no path.
bool is_shape(const std::filesystem::path& word);

/// The names after "shape:".
std::vector<std::string> shape_names();

/// The model has a note that says how its weights are made. Errors: UserError naming the shapes
/// there are, or what may follow a name.
graph::Model load_shape(const std::string& word);

/// Bytes are the first 256 tokens; the others are made-up words, never found in a text. An empty
/// text begins with a line feed.
TokenizerData shape_tokenizer(std::int64_t vocab);

}  // namespace metronome::runtime
