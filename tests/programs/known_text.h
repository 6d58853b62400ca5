// SPDX-License-Identifier: Apache-2.0
// Greedy generations written down by somebody else, and the chip's against them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"

namespace metronome::testing {

struct KnownText {
  std::string prompt;
  std::vector<std::int32_t> prompt_ids;
  std::vector<std::int32_t> generated_ids;
  std::string stopped_by;  // the token that ended the text, if it is known
};

/// A JSON list of objects with these members.
std::vector<KnownText> read_known_texts(const std::filesystem::path& file);

/// The folder of published test models, by METRONOME_SHARED or beside the source tree.
std::optional<std::filesystem::path> stories260k();

/// Compiles `model` for groq1 and generates greedily from each prompt. Fails the running test, with
/// the gap of the two logits, where an id is not the known one, or if any token takes other cycles
/// than predicted or than its program's others.
void expect_chip_says(const graph::Model& model, const std::vector<KnownText>& texts);

/// The largest |logit| difference between the reference executor on groq1's geometry and PlainModel
/// when both are fed the known texts, printed.
float distance_from_plain(const graph::Model& model, const std::vector<KnownText>& texts,
                          std::size_t tokens_each);

}  // namespace metronome::testing
