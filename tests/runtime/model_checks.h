// SPDX-License-Identifier: Apache-2.0
// What the importer tests share: catching refusals, reading models whole, finding shared models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "tests/harness/model_writer.h"
#include "tests/harness/refusal.h"

namespace metronome::harness {

/// The message with which this model is refused, or "accepted".
std::string refusal_of_model(const std::filesystem::path& path);

/// All rows, one after the other: [rows * cols].
std::vector<float> read_matrix(const graph::Matrix& matrix);

/// Every parameter of the model in one fixed order, with its name in our own words.
struct Parameter {
  std::string name;
  std::vector<float> values;
};
std::vector<Parameter> all_parameters(const graph::Model& model);

/// Fails the running test unless both models hold the same numbers, up to `tolerance` relative.
void expect_equal_models(const graph::Model& left, const graph::Model& right,
                         float tolerance = 0.0F);

/// True if some note of the model holds `part`.
bool has_note(const graph::Model& model, const std::string& part);

/// The folder of shared test models, by METRONOME_SHARED or beside the source tree; empty if none.
std::optional<std::filesystem::path> shared_models();

}  // namespace metronome::harness
