// SPDX-License-Identifier: Apache-2.0
// shape:NAME stands for a model of that shape whose weights nobody trained.
#include "runtime/model_files/shape_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "compiler/graph/graph.h"
#include "runtime/devices/reference_device.h"
#include "runtime/model_files/load_model.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

using Floats = std::vector<float>;

Floats row_of(const graph::Matrix& matrix, std::int64_t row) {
  Floats out(static_cast<std::size_t>(matrix.cols));
  matrix.read_row(row, out);
  return out;
}

/// Weights and biases, a tied head counted once.
std::int64_t parameters(const graph::Model& model) {
  std::int64_t sum = 0;
  for (const graph::OpNode& node : graph::build_graph(model).nodes) {
    const bool tied = node.part == "output" && !model.head;
    if (node.matrix != nullptr && !tied) sum += node.matrix->rows * node.matrix->cols;
    for (const graph::Vector* v : {node.vector, node.offset}) {
      if (v != nullptr) sum += static_cast<std::int64_t>(v->values.size());
    }
  }
  return sum;
}

struct ShapeRow {
  std::string name;
  std::int64_t parameters;
};

class Shapes : public ::testing::TestWithParam<ShapeRow> {};

/// Counts follow from each config.json; a wrong size or a missing bias would change them.
TEST_P(Shapes, HaveTheParametersOfTheirModels) {
  const LoadedModel loaded = load("shape:" + GetParam().name);
  EXPECT_EQ(parameters(loaded.model), GetParam().parameters);
  EXPECT_EQ(loaded.tokenizer->size(), loaded.model.config.vocab);
  EXPECT_TRUE(harness::has_note(loaded.model, "?weights=seed:1 makes the same"));
}

INSTANTIATE_TEST_SUITE_P(
    All, Shapes,
    ::testing::Values(ShapeRow{"llama-260k", 260'032}, ShapeRow{"llama-15m", 15'191'712},
                      ShapeRow{"llama-42m", 41'689'600}, ShapeRow{"llama-110m", 109'529'856},
                      ShapeRow{"smollm2-135m", 134'515'008}, ShapeRow{"qwen2.5-0.5b", 494'032'768},
                      ShapeRow{"gpt2-small", 124'439'808}, ShapeRow{"minilm-l6", 22'564'608}),
    [](const auto& row) {
      std::string name = row.param.name;
      for (char& letter : name) letter = std::isalnum(letter) != 0 ? letter : '_';
      return name;
    });

TEST(Shape, TheFirstLayersAreThoseOfTheWhole) {
  const graph::Model whole = load_model("shape:qwen2.5-0.5b");
  const graph::Model part = load_model("shape:qwen2.5-0.5b/2");
  ASSERT_EQ(part.layers.size(), 2U);
  EXPECT_EQ(part.config.layers, 2);
  EXPECT_EQ(row_of(part.layers[1].ffn_down, 5), row_of(whole.layers[1].ffn_down, 5));
  EXPECT_EQ(part.layers[1].key_bias->values, whole.layers[1].key_bias->values);
  EXPECT_NE(row_of(whole.layers[0].ffn_down, 5), row_of(whole.layers[1].ffn_down, 5));
}

TEST(Shape, ASeedMakesTheSameWeightsAndAnotherDoesNot) {
  const auto query = [](const char* word) { return row_of(load_model(word).layers[0].query, 3); };
  EXPECT_EQ(query("shape:llama-15m"), query("shape:llama-15m?weights=seed:1"));
  EXPECT_NE(query("shape:llama-15m"), query("shape:llama-15m?weights=seed:7"));
  EXPECT_EQ(query("shape:llama-15m")[0], query("shape:llama-15m")[0]);
}

TEST(Shape, RandomWeightsHaveTheDeviationOfTheirInputs) {
  const graph::Model model = load_model("shape:llama-110m/1");
  double sum = 0.0;
  double squares = 0.0;
  constexpr int kRows = 400;
  for (int row = 0; row < kRows; ++row) {
    for (const float w : row_of(model.layers[0].ffn_up, row)) {
      sum += w;
      squares += static_cast<double>(w) * w;
    }
  }
  constexpr double kCount = kRows * 768.0;
  EXPECT_NEAR(std::sqrt(squares / kCount) * std::sqrt(768.0), 1.0, 0.01);
  EXPECT_NEAR(sum / kCount * std::sqrt(768.0), 0.0, 0.01);
}

TEST(Shape, ZeroIsZeroAndLargestIsTheLargestHalf) {
  const graph::Model zero = load_model("shape:gpt2-small/1?weights=zero");
  EXPECT_THAT(row_of(zero.layers[0].ffn_up, 9), Each(0.0F));
  EXPECT_THAT(zero.layers[0].attention_norm.values, Each(0.0F));
  const graph::Model largest = load_model("shape:gpt2-small/1?weights=largest");
  EXPECT_THAT(row_of(*largest.positions, 9), Each(65504.0F));
  EXPECT_THAT(largest.layers[0].attention_norm.values, Each(1.0F));
  EXPECT_THAT(largest.layers[0].up_bias->values, Each(0.0F));
}

TEST(Shape, EveryVariantGivesFiniteLogits) {
  for (const char* word : {"shape:llama-15m/2", "shape:llama-15m?weights=largest",
                           "shape:llama-15m/2?weights=zero", "shape:smollm2-135m/1"}) {
    const graph::Model model = load_model(word);
    ReferenceDevice device(model, {}, 4, ops::Precision::kInt8);
    for (const std::int32_t id : {300, 10}) {
      for (const float logit : device.step(id).logits) ASSERT_TRUE(std::isfinite(logit)) << word;
    }
  }
}

TEST(Shape, AWrongWordSaysWhatIsRight) {
  EXPECT_THAT(harness::refusal_of_model("shape:llama-16m"),
              AllOf(HasSubstr("shape:llama-16m: shape: found 'llama-16m'"), HasSubstr("llama-15m"),
                    HasSubstr("minilm-l6")));
  for (const char* layers : {"0", "7", "x", "", "2x"}) {
    EXPECT_THAT(harness::refusal_of_model(std::string("shape:llama-15m/") + layers),
                HasSubstr("must be 1 to 6"));
  }
  for (const char* weights : {"weights=one", "weights=seed:", "weights=seed:x", "seed:1", "x"}) {
    EXPECT_THAT(harness::refusal_of_model(std::string("shape:llama-15m?") + weights),
                HasSubstr("expected weights=seed:N, weights=zero or weights=largest"));
  }
}

TEST(Shape, ItsTokenizerTakesAnyTextByteByByte) {
  const std::unique_ptr<Tokenizer> words = make_tokenizer(shape_tokenizer(32000));
  const std::string text = "Once upon a bababe \xC3\xA9\n";
  const std::vector<std::int32_t> ids = words->encode(text, false);
  EXPECT_EQ(ids.size(), text.size());
  EXPECT_EQ(words->decode(ids), text);
  EXPECT_EQ(words->decode(std::vector<std::int32_t>{256, 257, 356}), " ba be beba");
  EXPECT_EQ(words->bos_id(), '\n');
}

}  // namespace
}  // namespace metronome::runtime
