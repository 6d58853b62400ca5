// SPDX-License-Identifier: Apache-2.0
// How weights and configurations of the model families land in a graph::Model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runtime/model_files/load_model.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using harness::expect_equal_models;
using harness::has_note;
using harness::make_tiny_model;
using harness::TempFolder;
using harness::TinyModel;
using harness::TinySpec;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ImporterRules : public ::testing::Test {
 protected:
  graph::Model huggingface(const boost::json::object& config,
                           const harness::SafetensorsBuilder& weights) {
    folder_.write_huggingface(config, weights);
    return load_model(folder_.path());
  }
  graph::Model huggingface(const TinyModel& model) {
    return huggingface(harness::tiny_config(model), harness::tiny_safetensors(model));
  }
  std::string refused_huggingface(const boost::json::object& config,
                                  const harness::SafetensorsBuilder& weights) {
    folder_.write_huggingface(config, weights);
    return harness::refusal_of_model(folder_.path());
  }
  std::string refused_config(const std::function<void(boost::json::object&)>& change) {
    boost::json::object config = harness::tiny_config(tiny_);
    change(config);
    return refused_huggingface(config, harness::tiny_safetensors(tiny_));
  }
  graph::Model gguf(const harness::GgufBuilder& file) {
    return load_model(folder_.write("m.gguf", file.bytes()));
  }
  std::string refused_gguf(const harness::GgufBuilder& file) {
    return harness::refusal_of_model(folder_.write("m.gguf", file.bytes()));
  }

  TempFolder folder_;
  TinyModel tiny_ = make_tiny_model({});
};

TEST_F(ImporterRules, QAndKAreReorderedEachWithItsOwnHeadCount) {  // A01
  const graph::Model from_gguf = gguf(harness::tiny_gguf(tiny_));
  const graph::Model from_folder = huggingface(tiny_);
  expect_equal_models(from_gguf, from_folder);
  EXPECT_EQ(harness::read_matrix(from_folder.layers[1].key),
            tiny_.tensor("blk.1.attn_k.weight").values);
  expect_equal_models(from_gguf, load_model(folder_.write("m.bin", harness::tiny_llama2c(tiny_))));
}

TEST_F(ImporterRules, QwenBiasesMoveWithTheirRows) {
  const TinyModel qwen =
      make_tiny_model({.architecture = "qwen2", .query_key_value_bias = true, .seed = 2});
  const graph::Model from_gguf = gguf(harness::tiny_gguf(qwen));
  expect_equal_models(from_gguf, huggingface(qwen));
  EXPECT_EQ(from_gguf.layers[0].key_bias->values, qwen.tensor("blk.0.attn_k.bias").values);
  EXPECT_EQ(from_gguf.config.architecture, "qwen2");
}

TEST_F(ImporterRules, GemmaNormsAreWAndEmbeddingsAreScaled) {
  const TinyModel gemma = make_tiny_model({.architecture = "gemma", .head_dim = 32, .seed = 3});
  const graph::Model from_gguf = gguf(harness::tiny_gguf(gemma));
  const graph::Model from_folder = huggingface(gemma);
  expect_equal_models(from_gguf, from_folder, 0x1p-22F);  // w - 1 + 1 rounds
  EXPECT_EQ(from_folder.config.embedding_scale, std::sqrt(64.0F));
  EXPECT_EQ(from_folder.config.activation, graph::Activation::kGeluTanh);
  EXPECT_EQ(from_folder.config.head_dim, 32);
  EXPECT_TRUE(from_folder.config.tied_head);
}

TEST_F(ImporterRules, ARenamedTensorIsReportedWithItsNearName) {  // A04
  harness::GgufBuilder file = harness::tiny_gguf(tiny_);
  file.tensor("blk.1.attn_q.weight").name = "blk.1.attn_qq.weight";
  EXPECT_THAT(refused_gguf(file),
              AllOf(HasSubstr("blk.1.attn_q.weight"), HasSubstr("blk.1.attn_qq.weight")));
}

TEST_F(ImporterRules, AMissingHeadIsTheEmbeddingAndStoredOnce) {  // A05
  EXPECT_FALSE(huggingface(tiny_).head.has_value());
  EXPECT_TRUE(huggingface(tiny_).config.tied_head);
  const TinyModel untied = make_tiny_model({.tied = false});
  const graph::Model model = huggingface(untied);
  EXPECT_FALSE(model.config.tied_head);
  EXPECT_EQ(harness::read_matrix(*model.head), untied.tensor("output.weight").values);
  boost::json::object config = harness::tiny_config(tiny_);
  config["tie_word_embeddings"] = false;
  EXPECT_THAT(refused_huggingface(config, harness::tiny_safetensors(tiny_)),
              HasSubstr("lm_head.weight"));
}

TEST_F(ImporterRules, ANegativeLlama2cVocabularyMeansAHeadOfItsOwn) {  // A07
  const TinyModel untied = make_tiny_model({.tied = false});
  const graph::Model model = load_model(folder_.write("m.bin", harness::tiny_llama2c(untied)));
  EXPECT_EQ(model.config.vocab, 97);
  EXPECT_EQ(harness::read_matrix(*model.head), untied.tensor("output.weight").values);
  harness::Bytes twin = harness::tiny_llama2c(untied);
  twin[20] = 97;
  twin[21] = twin[22] = twin[23] = 0;
  const graph::Model tied = load_model(folder_.write("m.bin", twin));
  EXPECT_EQ(tied.config.vocab, 97);
  EXPECT_TRUE(tied.config.tied_head);
  EXPECT_TRUE(has_note(tied, "24832 bytes after the last tensor"));
}

TEST_F(ImporterRules, AVocabularyOfMinusOneComesFromTheEmbedding) {  // A09
  boost::json::object config = harness::tiny_config(tiny_);
  config["vocab_size"] = -1;
  const graph::Model model = huggingface(config, harness::tiny_safetensors(tiny_));
  EXPECT_EQ(model.config.vocab, 97);
  EXPECT_TRUE(has_note(model, "vocabulary size -1"));
  config["vocab_size"] = 98;
  EXPECT_THAT(refused_huggingface(config, harness::tiny_safetensors(tiny_)),
              AllOf(HasSubstr("model.embed_tokens.weight"), HasSubstr("[97, 64] found"),
                    HasSubstr("[98, 64] wanted")));
}

TEST_F(ImporterRules, RopeScalingIsNoneLinearOrLlama3AndNothingElse) {  // A10
  boost::json::object config = harness::tiny_config(tiny_);
  for (const char* key : {"rope_type", "type"}) {
    config["rope_scaling"] = {{key, "llama3"},
                              {"factor", 8.0},
                              {"low_freq_factor", 1.0},
                              {"high_freq_factor", 4.0},
                              {"original_max_position_embeddings", 16}};
    const graph::Rope rope = huggingface(config, harness::tiny_safetensors(tiny_)).config.rope;
    EXPECT_EQ(rope.scaling, graph::RopeScaling::kLlama3);
    EXPECT_EQ(rope.factor, 8.0);
    EXPECT_EQ(rope.original_context, 16);
  }
  config["rope_scaling"] = {{"type", "linear"}, {"factor", 2}};
  EXPECT_EQ(huggingface(config, harness::tiny_safetensors(tiny_)).config.rope.factor, 2.0);
  config["rope_scaling"] = {{"rope_type", "longrope"}, {"short_factor", 1}};
  EXPECT_THAT(refused_huggingface(config, harness::tiny_safetensors(tiny_)),
              AllOf(HasSubstr("longrope"), HasSubstr("short_factor")));
  config["rope_scaling"] = {{"rope_type", "llama3"}, {"factor", 8.0}};
  EXPECT_THAT(refused_huggingface(config, harness::tiny_safetensors(tiny_)),
              HasSubstr("rope_scaling.low_freq_factor: missing"));
}

TEST_F(ImporterRules, GgufRopeDivisorsAndScalingAreRead) {
  harness::GgufBuilder file = harness::tiny_gguf(tiny_);
  const std::vector<float> divisors = {1, 1, 1, 1, 2, 4, 8, 8};
  file.f32_tensor("rope_freqs.weight", {8}, divisors);
  file.text("llama.rope.scaling.type", "linear");
  file.f32("llama.rope.scaling.factor", 4.0F);
  const graph::Model model = gguf(file);
  EXPECT_EQ(model.config.rope.frequency_divisors, divisors);
  EXPECT_EQ(model.config.rope.scaling, graph::RopeScaling::kLinear);
  EXPECT_EQ(model.config.rope.factor, 4.0);
  file.text("llama.rope.scaling.type", "yarn");
  EXPECT_THAT(refused_gguf(file), AllOf(HasSubstr("llama.rope.scaling.type"), HasSubstr("yarn")));
}

TEST_F(ImporterRules, AnExplicitHeadSizeWinsOverWidthByHeads) {  // A12
  const TinyModel odd = make_tiny_model({.heads = 3, .kv_heads = 1, .head_dim = 24});
  const graph::Model model = huggingface(odd);
  EXPECT_EQ(model.layers[0].query.rows, 72);
  EXPECT_EQ(model.layers[0].attention_output.cols, 72);
  expect_equal_models(model, gguf(harness::tiny_gguf(odd)));
  boost::json::object config = harness::tiny_config(odd);
  config.erase("head_dim");
  EXPECT_THAT(refused_huggingface(config, harness::tiny_safetensors(odd)),
              AllOf(HasSubstr("num_attention_heads"), HasSubstr("64")));
}

TEST_F(ImporterRules, KvHeadsMustDivideHeads) {  // A31
  for (const std::int64_t kv_heads : {4, 2, 1}) {
    const TinyModel model = make_tiny_model({.kv_heads = kv_heads});
    expect_equal_models(huggingface(model), gguf(harness::tiny_gguf(model)));
  }
  const TinyModel wrong = make_tiny_model({.kv_heads = 3});
  for (const std::string& message :
       {refused_huggingface(harness::tiny_config(wrong), harness::tiny_safetensors(wrong)),
        refused_gguf(harness::tiny_gguf(wrong)),
        harness::refusal_of_model(folder_.write("m.bin", harness::tiny_llama2c(wrong)))}) {
    EXPECT_THAT(message, HasSubstr("4 query heads are not a multiple of 3 kv heads"));
  }
}

TEST_F(ImporterRules, EmptyAndScalarTensorsGiveNotesUnlessRequired) {  // A25
  harness::SafetensorsBuilder weights = harness::tiny_safetensors(tiny_);
  weights.tensors.push_back({"empty", "F32", {2, 0}, {}});
  weights.tensors.push_back({"scalar", "F32", {}, harness::f32_bytes({1.0F})});
  const graph::Model model = huggingface(harness::tiny_config(tiny_), weights);
  EXPECT_EQ(model.notes.size(), 2U);
  EXPECT_TRUE(has_note(model, "empty F32 [2, 0]"));
  EXPECT_TRUE(has_note(model, "scalar F32 []"));
  auto& query = weights.tensor("model.layers.0.self_attn.q_proj.weight");
  query.shape = {0, 64};
  query.data.clear();
  EXPECT_THAT(refused_huggingface(harness::tiny_config(tiny_), weights),
              AllOf(HasSubstr("q_proj"), HasSubstr("[0, 64] found"), HasSubstr("[64, 64] wanted")));
}

TEST_F(ImporterRules, ForeignArchitecturesAndFeaturesAreRefusedByName) {
  EXPECT_THAT(refused_config([](auto& config) { config["model_type"] = "gpt_neox"; }),
              AllOf(HasSubstr("gpt_neox"), HasSubstr("qwen2")));
  EXPECT_THAT(refused_config([](auto& config) { config["hidden_act"] = "relu"; }),
              HasSubstr("'relu' is not supported"));
  EXPECT_THAT(refused_config([](auto& config) { config["sliding_window"] = 16; }),
              HasSubstr("sliding_window"));
  EXPECT_THAT(refused_config([](auto& config) { config["num_local_experts"] = 8; }),
              HasSubstr("num_local_experts"));
  EXPECT_THAT(refused_config([](auto& config) { config.erase("rms_norm_eps"); }),
              HasSubstr("rms_norm_eps: missing"));
  EXPECT_THAT(refused_config([](auto& config) { config["hidden_size"] = "64"; }),
              HasSubstr("hidden_size: a whole number wanted, found \"64\""));
  EXPECT_THAT(refused_config([](auto& config) { config["attention_bias"] = true; }),
              HasSubstr("q_proj.bias"));
  EXPECT_EQ(refused_config([](auto& config) { config["model_type"] = "mistral"; }), "accepted");
}

TEST_F(ImporterRules, OnlyAnAbsentRopeThetaIsAssumedAndSaid) {
  boost::json::object config = harness::tiny_config(tiny_);
  config.erase("rope_theta");
  const graph::Model model = huggingface(config, harness::tiny_safetensors(tiny_));
  EXPECT_EQ(model.config.rope.base, 10000.0);
  EXPECT_TRUE(has_note(model, "rope_theta absent"));
  harness::GgufBuilder file = harness::tiny_gguf(tiny_);
  file.remove("llama.rope.freq_base");
  EXPECT_THAT(refused_gguf(file), HasSubstr("llama.rope.freq_base: metadata key missing"));
}

TEST_F(ImporterRules, Bfloat16WeightsAreExact) {
  harness::SafetensorsBuilder weights = harness::tiny_safetensors(tiny_);
  auto& value = weights.tensor("model.layers.0.self_attn.v_proj.weight");
  value.dtype = "BF16";
  value.data = harness::bf16_bytes(tiny_.tensor("blk.0.attn_v.weight").values);
  const graph::Model model = huggingface(harness::tiny_config(tiny_), weights);
  const auto read = harness::read_matrix(model.layers[0].value);
  EXPECT_EQ(harness::bf16_bytes(read), value.data);
  EXPECT_EQ(harness::f32_bytes(read)[0], 0);
}

}  // namespace
}  // namespace metronome::runtime
