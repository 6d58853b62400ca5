// SPDX-License-Identifier: Apache-2.0
// GPT-2 and BERT as files. What they compute is held against a script in independent_models.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runtime/devices/reference_device.h"
#include "runtime/model_files/load_model.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::int64_t kWidth = 8;
constexpr std::int64_t kFfn = 12;
constexpr std::int64_t kVocab = 11;
constexpr std::int64_t kContext = 6;

using Floats = std::vector<float>;

/// Small and different everywhere: value i of tensor `salt`.
Floats values_of(int salt, std::int64_t count, float centre = 0.0F) {
  Floats values;
  for (std::int64_t i = 0; i < count; ++i) {
    values.push_back(centre + static_cast<float>((i * 37 + salt * 101) % 251 - 125) / 256.0F);
  }
  return values;
}

Floats transposed(const Floats& values, std::int64_t rows, std::int64_t cols) {
  Floats moved;
  for (std::int64_t c = 0; c < cols; ++c) {
    for (std::int64_t r = 0; r < rows; ++r) {
      moved.push_back(values[static_cast<std::size_t>(r * cols + c)]);
    }
  }
  return moved;
}

/// One layer of GPT-2 under both formats' names.
class Gpt2Files : public ::testing::Test {
 protected:
  Gpt2Files() {
    file_.text("general.architecture", "gpt2");
    file_.u32("gpt2.context_length", kContext);
    file_.u32("gpt2.embedding_length", kWidth);
    file_.u32("gpt2.block_count", 1);
    file_.u32("gpt2.feed_forward_length", kFfn);
    file_.u32("gpt2.attention.head_count", 2);
    file_.f32("gpt2.attention.layer_norm_epsilon", 1e-5F);
    add("wte.weight", "token_embd.weight", {kVocab, kWidth});
    add("wpe.weight", "position_embd.weight", {kContext, kWidth});
    linear("h.0.attn.c_attn", "blk.0.attn_qkv", 3 * kWidth, kWidth);
    linear("h.0.attn.c_proj", "blk.0.attn_output", kWidth, kWidth);
    linear("h.0.mlp.c_fc", "blk.0.ffn_up", kFfn, kWidth);
    linear("h.0.mlp.c_proj", "blk.0.ffn_down", kWidth, kFfn);
    for (const auto& [folder, gguf] : {std::pair{"h.0.ln_1", "blk.0.attn_norm"},
                                       {"h.0.ln_2", "blk.0.ffn_norm"},
                                       {"ln_f", "output_norm"}}) {
      add(std::string(folder) + ".weight", std::string(gguf) + ".weight", {kWidth});
      add(std::string(folder) + ".bias", std::string(gguf) + ".bias", {kWidth});
    }
  }

  void add(const std::string& folder, const std::string& gguf, std::vector<std::int64_t> shape,
           bool moved = false) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    const Floats values = values_of(++salt_, count);
    file_.f32_tensor(gguf, shape, values);
    const Floats stored = moved ? transposed(values, shape[0], shape[1]) : values;
    if (moved) std::swap(shape[0], shape[1]);
    weights_.tensors.push_back({folder, "F32", shape, harness::f32_bytes(stored)});
  }

  /// Folders store [inputs, outputs], GGUF files [outputs, inputs].
  void linear(const std::string& folder, const std::string& gguf, std::int64_t rows,
              std::int64_t cols) {
    add(folder + ".weight", gguf + ".weight", {rows, cols}, true);
    add(folder + ".bias", gguf + ".bias", {rows});
  }

  graph::Model folder_model() const {
    folder_.write_huggingface(config_, weights_);
    return load_model(folder_.path());
  }

  std::string refused() const {
    folder_.write_huggingface(config_, weights_);
    return harness::refusal([&] { load_model(folder_.path()); });
  }

  harness::TempFolder folder_;
  harness::GgufBuilder file_;
  harness::SafetensorsBuilder weights_;
  boost::json::object config_ = {{"model_type", "gpt2"},
                                 {"n_embd", kWidth},
                                 {"n_layer", 1},
                                 {"n_head", 2},
                                 {"n_inner", kFfn},
                                 {"n_positions", kContext},
                                 {"vocab_size", kVocab},
                                 {"layer_norm_epsilon", 1e-5},
                                 {"activation_function", "gelu_new"}};
  int salt_ = 0;
};

TEST_F(Gpt2Files, BothFormatsGiveTheSameModel) {
  const graph::Model folder = folder_model();
  const graph::Model gguf = load_model(folder_.write("m.gguf", file_.bytes()));
  harness::expect_equal_models(folder, gguf);
  for (const graph::Model* model : {&folder, &gguf}) {
    EXPECT_EQ(model->config.architecture, "gpt2");
    EXPECT_EQ(model->config.head_dim, 4);
    EXPECT_EQ(model->config.activation, graph::Activation::kGeluTanh);
    EXPECT_TRUE(model->config.tied_head);
    EXPECT_TRUE(model->notes.empty());
    EXPECT_EQ(model->final_norm_bias->values.size(), 8U);
    ReferenceDevice device(*model, {}, kContext);
    EXPECT_TRUE(std::isfinite(device.step(3).logits[0]));
  }
}

TEST_F(Gpt2Files, QueryKeyAndValueAreThirdsOfOneTensor) {
  const graph::Model model = folder_model();
  const Floats packed = values_of(3, 3 * kWidth * kWidth);
  EXPECT_EQ(harness::read_matrix(model.layers[0].query),
            Floats(packed.begin(), packed.begin() + 64));
  EXPECT_EQ(harness::read_matrix(model.layers[0].value),
            Floats(packed.begin() + 128, packed.end()));
  const Floats bias = values_of(4, 3 * kWidth);
  EXPECT_EQ(model.layers[0].key_bias->values, Floats(bias.begin() + 8, bias.begin() + 16));
}

TEST_F(Gpt2Files, AHeadOfItsOwnIsTakenWhereTheConfigurationSaysSo) {
  config_["tie_word_embeddings"] = false;
  EXPECT_THAT(refused(), HasSubstr("lm_head.weight"));
  add("lm_head.weight", "output.weight", {kVocab, kWidth});
  EXPECT_TRUE(folder_model().head.has_value());
  EXPECT_TRUE(load_model(folder_.write("m.gguf", file_.bytes())).head.has_value());
}

TEST_F(Gpt2Files, ForeignFieldsAndMissingTensorsAreRefusedByName) {
  struct Row {
    const char* key;
    boost::json::value value;
    const char* wanted;
  };
  for (const Row& row :
       {Row{"scale_attn_by_inverse_layer_idx", true, "not supported"},
        Row{"scale_attn_weights", false, "found false, only true is supported"},
        Row{"activation_function", "relu", "'relu' is not supported"},
        Row{"n_head", 3, "3 heads do not divide the width 8"}, Row{"n_layer", 0, "layers: found 0"},
        Row{"n_embd", std::int64_t{1} << 62, "width: found 4611686018427387904"}}) {
    const boost::json::object whole = config_;
    config_[row.key] = row.value;
    EXPECT_THAT(refused(), HasSubstr(row.wanted)) << row.key;
    config_ = whole;
  }
  weights_.tensor("h.0.attn.c_attn.weight").name = "h.0.attn.c_att.weight";
  // Three parts want it, one message names it once.
  EXPECT_THAT(refused(), AllOf(HasSubstr("1 required of"), HasSubstr("h.0.attn.c_attn.weight"),
                               HasSubstr("the file has h.0.attn.c_att.weight")));
}

TEST_F(Gpt2Files, AMapStoredTheOtherWayRoundIsRefused) {
  auto& up = weights_.tensor("h.0.mlp.c_fc.weight");
  std::swap(up.shape[0], up.shape[1]);
  EXPECT_THAT(refused(), HasSubstr("h.0.mlp.c_fc.weight: shape [12, 8] found, [8, 12] wanted"));
}

class BertFolder : public ::testing::Test {
 protected:
  BertFolder() {
    add("embeddings.word_embeddings.weight", {kVocab, kWidth});
    add("embeddings.position_embeddings.weight", {kContext, kWidth});
    add("embeddings.token_type_embeddings.weight", {2, kWidth});
    norm("embeddings.LayerNorm");
    const std::string at = "encoder.layer.0.";
    for (const char* part : {"attention.self.query", "attention.self.key", "attention.self.value",
                             "attention.output.dense"}) {
      linear(at + part, kWidth, kWidth);
    }
    norm(at + "attention.output.LayerNorm");
    linear(at + "intermediate.dense", kFfn, kWidth);
    linear(at + "output.dense", kWidth, kFfn);
    norm(at + "output.LayerNorm");
  }

  void add(const std::string& name, std::vector<std::int64_t> shape, float centre = 0.0F) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    weights_.tensors.push_back(
        {name, "F32", std::move(shape), harness::f32_bytes(values_of(++salt_, count, centre))});
  }
  void norm(const std::string& name) {
    add(name + ".weight", {kWidth}, 1.0F);
    add(name + ".bias", {kWidth});
  }
  void linear(const std::string& name, std::int64_t rows, std::int64_t cols) {
    add(name + ".weight", {rows, cols});
    add(name + ".bias", {rows});
  }
  graph::Model model() const {
    folder_.write_huggingface(config_, weights_);
    return load_model(folder_.path());
  }

  harness::TempFolder folder_;
  harness::SafetensorsBuilder weights_;
  boost::json::object config_ = {{"model_type", "bert"},
                                 {"hidden_size", kWidth},
                                 {"num_hidden_layers", 1},
                                 {"num_attention_heads", 2},
                                 {"intermediate_size", kFfn},
                                 {"vocab_size", kVocab},
                                 {"max_position_embeddings", kContext},
                                 {"type_vocab_size", 2},
                                 {"layer_norm_eps", 1e-12},
                                 {"hidden_act", "gelu"}};
  int salt_ = 0;
};

TEST_F(BertFolder, PositionsCarryTheRowOfTokenTypeZero) {
  const Floats positions = values_of(2, kContext * kWidth);
  const Floats types = values_of(3, 2 * kWidth);
  const Floats read = harness::read_matrix(*model().positions);
  for (std::size_t i = 0; i < read.size(); ++i) {
    ASSERT_EQ(read[i], positions[i] + types[i % kWidth]);
  }
}

TEST_F(BertFolder, EveryTokenSeesTheWholeSequence) {
  const graph::Model bert = model();
  ReferenceDevice device(bert, {}, kContext);
  const Encoding first = device.encode(std::vector<std::int32_t>{1, 2, 3});
  const Encoding again = device.encode(std::vector<std::int32_t>{1, 2, 3});
  const Encoding other = device.encode(std::vector<std::int32_t>{1, 2, 4});
  ASSERT_EQ(first.hidden.size(), 3U);
  EXPECT_EQ(first.embedding, again.embedding);
  EXPECT_NE(first.hidden[0], other.hidden[0]);
  double length = 0.0;
  for (const float v : first.embedding) length += static_cast<double>(v) * v;
  EXPECT_NEAR(length, 1.0, 1e-6);
}

TEST_F(BertFolder, AnEncoderTakesSequencesAndNothingElse) {
  const graph::Model bert = model();
  ReferenceDevice device(bert, {}, kContext);
  EXPECT_THAT(harness::refusal([&] { device.step(1); }), HasSubstr("bert is an encoder"));
  EXPECT_THAT(harness::refusal([&] { device.encode({}); }),
              HasSubstr("tokens: found 0, must be 1"));
  EXPECT_THAT(harness::refusal([&] { device.encode(std::vector<std::int32_t>(7)); }),
              HasSubstr("tokens: found 7, must be 1 to 6"));
  EXPECT_THAT(harness::refusal([&] { device.encode(std::vector<std::int32_t>{11}); }),
              HasSubstr("token: found 11, the vocabulary has 11"));
}

TEST_F(BertFolder, TheErfFormStaysTheErfForm) {
  EXPECT_EQ(model().config.activation, graph::Activation::kGeluErf);
  config_["hidden_act"] = "gelu_new";
  EXPECT_EQ(model().config.activation, graph::Activation::kGeluTanh);
}

TEST_F(BertFolder, WhatIsNotReadIsSaid) {
  linear("pooler.dense", kWidth, kWidth);
  folder_.write("tokenizer.json", std::string_view(R"({"model": {"type": "WordPiece"}})"));
  folder_.write_huggingface(config_, weights_);
  const LoadedModel loaded = load(folder_.path());
  EXPECT_EQ(loaded.tokenizer, nullptr);
  EXPECT_TRUE(harness::has_note(loaded.model, "every token is of type 0"));
  EXPECT_TRUE(harness::has_note(loaded.model, "pooler.dense is not read"));
  EXPECT_TRUE(harness::has_note(loaded.model, "WordPiece tokenizers are not read"));
  EXPECT_EQ(loaded.model.notes.size(), 3U);
}

TEST_F(BertFolder, ForeignFieldsAreRefusedByName) {
  config_["position_embedding_type"] = "relative_key";
  EXPECT_THAT(harness::refusal([&] { model(); }), HasSubstr("'relative_key' is not supported"));
  config_.erase("position_embedding_type");
  config_["is_decoder"] = true;
  EXPECT_THAT(harness::refusal([&] { model(); }), HasSubstr("is_decoder: not supported"));
  config_.erase("is_decoder");
  config_["type_vocab_size"] = 0;
  weights_.tensor("embeddings.token_type_embeddings.weight").shape = {0, kWidth};
  weights_.tensor("embeddings.token_type_embeddings.weight").data.clear();
  EXPECT_THAT(harness::refusal([&] { model(); }), HasSubstr("type_vocab_size: found 0"));
}

}  // namespace
}  // namespace metronome::runtime
