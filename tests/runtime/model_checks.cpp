// SPDX-License-Identifier: Apache-2.0
#include "tests/runtime/model_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "runtime/model_files/load_model.h"

namespace metronome::harness {

std::string refusal_of_model(const std::filesystem::path& path) {
  return refusal([&] { runtime::load(path); });
}

std::vector<float> read_matrix(const graph::Matrix& matrix) {
  std::vector<float> values(static_cast<std::size_t>(matrix.rows * matrix.cols));
  for (std::int64_t row = 0; row < matrix.rows; ++row) {
    matrix.read_row(row, std::span(values).subspan(static_cast<std::size_t>(row * matrix.cols),
                                                   static_cast<std::size_t>(matrix.cols)));
  }
  return values;
}

std::vector<Parameter> all_parameters(const graph::Model& model) {
  std::vector<Parameter> all;
  const auto matrix = [&](const std::string& name, const graph::Matrix& value) {
    all.push_back({name, read_matrix(value)});
  };
  const auto vector = [&](const std::string& name, const std::optional<graph::Vector>& value) {
    if (value) all.push_back({name, value->values});
  };
  matrix("embedding", model.embedding);
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const graph::Layer& layer = model.layers[i];
    const std::string at = "layer " + std::to_string(i) + " ";
    vector(at + "attention_norm", layer.attention_norm);
    matrix(at + "query", layer.query);
    matrix(at + "key", layer.key);
    matrix(at + "value", layer.value);
    matrix(at + "attention_output", layer.attention_output);
    vector(at + "query_bias", layer.query_bias);
    vector(at + "key_bias", layer.key_bias);
    vector(at + "value_bias", layer.value_bias);
    vector(at + "ffn_norm", layer.ffn_norm);
    matrix(at + "ffn_gate", layer.ffn_gate);
    matrix(at + "ffn_up", layer.ffn_up);
    matrix(at + "ffn_down", layer.ffn_down);
    vector(at + "attention_norm_bias", layer.attention_norm_bias);
    vector(at + "output_bias", layer.output_bias);
    vector(at + "ffn_norm_bias", layer.ffn_norm_bias);
    vector(at + "gate_bias", layer.gate_bias);
    vector(at + "up_bias", layer.up_bias);
    vector(at + "down_bias", layer.down_bias);
  }
  if (model.positions) matrix("positions", *model.positions);
  vector("final_norm", model.final_norm);
  vector("final_norm_bias", model.final_norm_bias);
  if (model.head) matrix("head", *model.head);
  return all;
}

void expect_equal_models(const graph::Model& left, const graph::Model& right, float tolerance) {
  const std::vector<Parameter> a = all_parameters(left);
  const std::vector<Parameter> b = all_parameters(right);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    ASSERT_EQ(a[i].values.size(), b[i].values.size()) << a[i].name;
    for (std::size_t j = 0; j < a[i].values.size(); ++j) {
      const float gap = std::abs(a[i].values[j] - b[i].values[j]);
      ASSERT_LE(gap, tolerance * std::abs(a[i].values[j])) << a[i].name << " at " << j;
    }
  }
  EXPECT_EQ(left.config.vocab, right.config.vocab);
  EXPECT_EQ(left.config.rms_eps, right.config.rms_eps);
  EXPECT_EQ(left.config.rope.base, right.config.rope.base);
  EXPECT_EQ(left.config.tied_head, right.config.tied_head);
}

bool has_note(const graph::Model& model, const std::string& part) {
  return std::ranges::any_of(
      model.notes, [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

std::optional<std::filesystem::path> shared_models() {
  const char* set = std::getenv("METRONOME_SHARED");
  const std::filesystem::path folder =
      set != nullptr ? std::filesystem::path(set)
                     : std::filesystem::path(METRONOME_SOURCE_DIR) / ".." / "shared";
  if (!std::filesystem::exists(folder / "models" / "stories260K")) return std::nullopt;
  return folder / "models" / "stories260K";
}

}  // namespace metronome::harness
