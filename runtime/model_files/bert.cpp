// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/bert.h"

#include <fmt/format.h>

#include "runtime/model_files/assemble.h"
#include "runtime/model_files/config_fields.h"
#include "runtime/model_files/tensor_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

using graph::ModelConfig;

class Assembler {
 public:
  Assembler(std::string prefix, TensorTable& table)
      : prefix_(std::move(prefix)), table_(table), reader_(table) {}

  graph::Model run(ModelConfig config, std::int64_t token_types) {
    const std::int64_t width = config.width;
    validate_config(config, table_.size(), table_.source());
    graph::Model model;
    model.source = table_.source();
    model.embedding = matrix("embeddings.word_embeddings", config.vocab, width);
    model.positions = positions(config, token_types);
    model.embedding_norm = weight("embeddings.LayerNorm", width);
    model.embedding_norm_bias = bias("embeddings.LayerNorm", width);
    for (std::int64_t l = 0; l < config.layers; ++l) model.layers.push_back(layer(config, l));
    model.config = std::move(config);
    reader_.refuse_missing();
    drop_what_is_not_read(model);
    for (std::string& note : reader_.unused_notes()) model.notes.push_back(std::move(note));
    return model;
  }

 private:
  graph::Matrix matrix(const std::string& part, std::int64_t rows, std::int64_t cols) {
    return reader_.matrix(prefix_ + part + ".weight", rows, cols);
  }
  graph::Vector weight(const std::string& part, std::int64_t size) {
    return reader_.vector(prefix_ + part + ".weight", size);
  }
  graph::Vector bias(const std::string& part, std::int64_t size) {
    return reader_.vector(prefix_ + part + ".bias", size);
  }

  graph::Matrix positions(const ModelConfig& c, std::int64_t token_types) {
    graph::Matrix rows = matrix("embeddings.position_embeddings", c.context, c.width);
    const graph::Matrix types = matrix("embeddings.token_type_embeddings", token_types, c.width);
    if (!rows.read_row || !types.read_row) return rows;
    std::vector<float> first(static_cast<std::size_t>(c.width));
    types.read_row(0, first);
    rows.read_row = [read = std::move(rows.read_row), first = std::move(first)](
                        std::int64_t row, std::span<float> out) {
      read(row, out);
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += first[i];
    };
    return rows;
  }

  graph::Layer layer(const ModelConfig& c, std::int64_t index) {
    const std::string at = "encoder.layer." + std::to_string(index) + ".";
    graph::Layer l;
    l.query = matrix(at + "attention.self.query", c.width, c.width);
    l.query_bias = bias(at + "attention.self.query", c.width);
    l.key = matrix(at + "attention.self.key", c.width, c.width);
    l.key_bias = bias(at + "attention.self.key", c.width);
    l.value = matrix(at + "attention.self.value", c.width, c.width);
    l.value_bias = bias(at + "attention.self.value", c.width);
    l.attention_output = matrix(at + "attention.output.dense", c.width, c.width);
    l.output_bias = bias(at + "attention.output.dense", c.width);
    l.attention_norm = weight(at + "attention.output.LayerNorm", c.width);
    l.attention_norm_bias = bias(at + "attention.output.LayerNorm", c.width);
    l.ffn_up = matrix(at + "intermediate.dense", c.ffn, c.width);
    l.up_bias = bias(at + "intermediate.dense", c.ffn);
    l.ffn_down = matrix(at + "output.dense", c.width, c.ffn);
    l.down_bias = bias(at + "output.dense", c.width);
    l.ffn_norm = weight(at + "output.LayerNorm", c.width);
    l.ffn_norm_bias = bias(at + "output.LayerNorm", c.width);
    return l;
  }

  void drop_what_is_not_read(graph::Model& model) {
    table_.use(prefix_ + "embeddings.position_ids");  // 0, 1, 2, ...: no parameter
    bool pooler = false;
    for (const char* part : {"pooler.dense.weight", "pooler.dense.bias"}) {
      pooler = table_.use(prefix_ + part) != nullptr || pooler;
    }
    model.notes.emplace_back("every token is of type 0");
    if (!pooler) return;
    model.notes.emplace_back("pooler.dense is not read: the embedding is the mean of the tokens");
  }

  std::string prefix_;
  TensorTable& table_;
  TensorReader reader_;
};

void refuse_foreign(const JsonFields& json) {
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    if (json.boolean(key).value_or(false)) json.refuse_field(key, "not supported");
  }
  const std::string positions = json.text("position_embedding_type").value_or("absolute");
  if (positions != "absolute") {
    json.refuse_field("position_embedding_type",
                      fmt::format("'{}' is not supported, only absolute is", printable(positions)));
  }
  if (json.has("quantization_config")) {
    json.refuse_field("quantization_config", "quantised folders are not supported");
  }
}

ModelConfig config_of(const JsonFields& json) {
  refuse_foreign(json);
  ModelConfig config;
  config.architecture = "bert";
  config.width = json.require_integer("hidden_size");
  config.layers = json.require_integer("num_hidden_layers");
  config.heads = json.require_integer("num_attention_heads");
  config.kv_heads = config.heads;
  config.head_dim = whole_heads(json, "num_attention_heads", config);
  config.ffn = json.require_integer("intermediate_size");
  config.context = json.require_integer("max_position_embeddings");
  config.vocab = json.require_integer("vocab_size");
  config.rms_eps = static_cast<float>(json.require_real("layer_norm_eps"));
  config.activation = activation_of(json, "hidden_act", "gelu");
  config.norm = graph::NormKind::kLayer;
  config.norm_placement = graph::NormPlacement::kAfter;
  config.position = graph::PositionKind::kLearned;
  config.feed_forward = graph::FeedForward::kPlain;
  config.attention = graph::AttentionSpan::kBidirectional;
  return config;
}

}  // namespace

graph::Model load_bert(const JsonFields& json, TensorTable& table) {
  const std::int64_t token_types = json.require_integer("type_vocab_size");
  if (token_types < 1) {
    json.refuse_field("type_vocab_size", fmt::format("found {}, at least 1 wanted", token_types));
  }
  const char* prefix = table.has("bert.embeddings.word_embeddings.weight") ? "bert." : "";
  return Assembler(prefix, table).run(config_of(json), token_types);
}

}  // namespace metronome::runtime
