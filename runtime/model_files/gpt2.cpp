// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/gpt2.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/model_files/assemble.h"
#include "runtime/model_files/config_fields.h"
#include "runtime/model_files/tensor_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

using graph::ModelConfig;

/// Each is followed by ".weight" and, where there is one, ".bias".
struct Gpt2Names {
  std::string_view embedding;
  std::string_view positions;
  std::string_view final_norm;
  std::string_view head;
  std::string_view layer_prefix;
  std::string_view attention_norm;
  std::string_view query_key_value;
  std::string_view attention_output;
  std::string_view ffn_norm;
  std::string_view ffn_up;
  std::string_view ffn_down;
  Stored order;
};

constexpr Gpt2Names kFolderNames = {
    .embedding = "wte",
    .positions = "wpe",
    .final_norm = "ln_f",
    .head = "lm_head",
    .layer_prefix = "h.",
    .attention_norm = "ln_1",
    .query_key_value = "attn.c_attn",
    .attention_output = "attn.c_proj",
    .ffn_norm = "ln_2",
    .ffn_up = "mlp.c_fc",
    .ffn_down = "mlp.c_proj",
    .order = Stored::kInputsByOutputs,
};

constexpr Gpt2Names kFileNames = {
    .embedding = "token_embd",
    .positions = "position_embd",
    .final_norm = "output_norm",
    .head = "output",
    .layer_prefix = "blk.",
    .attention_norm = "attn_norm",
    .query_key_value = "attn_qkv",
    .attention_output = "attn_output",
    .ffn_norm = "ffn_norm",
    .ffn_up = "ffn_up",
    .ffn_down = "ffn_down",
    .order = Stored::kOutputsByInputs,
};

class Assembler {
 public:
  Assembler(const Gpt2Names& names, std::string prefix, TensorTable& table)
      : names_(names), prefix_(std::move(prefix)), table_(table), reader_(table) {}

  graph::Model run(ModelConfig config) {
    const std::int64_t width = config.width;
    validate_config(config, table_.size(), table_.source());
    graph::Model model;
    model.source = table_.source();
    model.embedding = reader_.matrix(weight(names_.embedding), config.vocab, width);
    model.positions = reader_.matrix(weight(names_.positions), config.context, width);
    for (std::int64_t l = 0; l < config.layers; ++l) model.layers.push_back(layer(config, l));
    model.final_norm = reader_.vector(weight(names_.final_norm), width);
    model.final_norm_bias = reader_.vector(bias(names_.final_norm), width);
    if (!config.tied_head) {
      model.head = reader_.matrix(std::string(names_.head) + ".weight", config.vocab, width);
    }
    model.config = std::move(config);
    reader_.refuse_missing();
    model.notes = reader_.unused_notes();
    return model;
  }

 private:
  std::string weight(std::string_view part) const {
    return prefix_ + std::string(part) + ".weight";
  }
  std::string bias(std::string_view part) const { return prefix_ + std::string(part) + ".bias"; }

  graph::Layer layer(const ModelConfig& c, std::int64_t index) {
    const std::string at = std::string(names_.layer_prefix) + std::to_string(index) + ".";
    const auto full = [&](std::string_view part) { return at + std::string(part); };
    const std::string packed = full(names_.query_key_value);
    const auto third = [&](std::int64_t i) {
      return reader_.matrix(weight(packed), c.width, c.width,
                            {names_.order, i * c.width, 3 * c.width});
    };
    const auto third_bias = [&](std::int64_t i) {
      return reader_.vector(bias(packed), c.width, {names_.order, i * c.width, 3 * c.width});
    };
    const auto linear = [&](std::string_view part, std::int64_t rows, std::int64_t cols) {
      return reader_.matrix(weight(full(part)), rows, cols, {names_.order, 0, rows});
    };
    const auto vector = [&](const std::string& name, std::int64_t size) {
      return reader_.vector(name, size);
    };
    graph::Layer l;
    l.attention_norm = vector(weight(full(names_.attention_norm)), c.width);
    l.attention_norm_bias = vector(bias(full(names_.attention_norm)), c.width);
    l.query = third(0);
    l.key = third(1);
    l.value = third(2);
    l.query_bias = third_bias(0);
    l.key_bias = third_bias(1);
    l.value_bias = third_bias(2);
    l.attention_output = linear(names_.attention_output, c.width, c.width);
    l.output_bias = vector(bias(full(names_.attention_output)), c.width);
    l.ffn_norm = vector(weight(full(names_.ffn_norm)), c.width);
    l.ffn_norm_bias = vector(bias(full(names_.ffn_norm)), c.width);
    l.ffn_up = linear(names_.ffn_up, c.ffn, c.width);
    l.up_bias = vector(bias(full(names_.ffn_up)), c.ffn);
    l.ffn_down = linear(names_.ffn_down, c.width, c.ffn);
    l.down_bias = vector(bias(full(names_.ffn_down)), c.width);
    drop_masks(full("attn"));
    return l;
  }

  /// Some folders hold the causal mask as a tensor; it is no parameter.
  void drop_masks(const std::string& attention) {
    table_.use(prefix_ + attention + ".bias");
    table_.use(prefix_ + attention + ".masked_bias");
  }

  const Gpt2Names& names_;
  std::string prefix_;
  TensorTable& table_;
  TensorReader reader_;
};

void set_family(ModelConfig& config) {
  config.architecture = "gpt2";
  config.norm = graph::NormKind::kLayer;
  config.position = graph::PositionKind::kLearned;
  config.feed_forward = graph::FeedForward::kPlain;
  config.kv_heads = config.heads;
}

void refuse_foreign(const JsonFields& json) {
  for (const char* key : {"scale_attn_by_inverse_layer_idx", "add_cross_attention"}) {
    if (json.boolean(key).value_or(false)) json.refuse_field(key, "not supported");
  }
  if (!json.boolean("scale_attn_weights").value_or(true)) {
    json.refuse_field("scale_attn_weights", "found false, only true is supported");
  }
  if (json.has("quantization_config")) {
    json.refuse_field("quantization_config", "quantised folders are not supported");
  }
}

ModelConfig config_of(const JsonFields& json) {
  refuse_foreign(json);
  ModelConfig config;
  config.width = json.require_integer("n_embd");
  config.layers = json.require_integer("n_layer");
  config.heads = json.require_integer("n_head");
  // A width beyond the limit is refused later; until then its product must not overflow.
  const std::int64_t width = std::clamp<std::int64_t>(config.width, 0, 1 << 24);
  config.ffn = json.integer("n_inner").value_or(4 * width);
  const auto positions = json.integer("n_positions");
  config.context = positions ? *positions : json.require_integer("n_ctx");
  config.vocab = json.require_integer("vocab_size");
  config.rms_eps = static_cast<float>(json.require_real("layer_norm_epsilon"));
  config.activation = activation_of(json, "activation_function", "gelu_new");
  config.tied_head = json.boolean("tie_word_embeddings").value_or(true);
  config.head_dim = whole_heads(json, "n_head", config);
  set_family(config);
  return config;
}

ModelConfig config_of(const GgufFile& file) {
  ModelConfig config;
  config.width = file.require_integer("gpt2.embedding_length");
  config.layers = file.require_integer("gpt2.block_count");
  config.heads = file.require_integer("gpt2.attention.head_count");
  config.ffn = file.require_integer("gpt2.feed_forward_length");
  config.context = file.require_integer("gpt2.context_length");
  config.rms_eps = static_cast<float>(file.require_real("gpt2.attention.layer_norm_epsilon"));
  config.activation = graph::Activation::kGeluTanh;
  if (config.heads < 1 || config.width % config.heads != 0) {
    refuse(file.name(), "gpt2.attention.head_count",
           fmt::format("{} heads do not divide the width {}", config.heads, config.width));
  }
  config.head_dim = config.width / config.heads;
  set_family(config);
  return config;
}

}  // namespace

graph::Model load_gpt2(const JsonFields& json, TensorTable& table) {
  const char* prefix = table.has("transformer.wte.weight") ? "transformer." : "";
  return Assembler(kFolderNames, prefix, table).run(config_of(json));
}

graph::Model load_gpt2(const GgufFile& file) {
  ModelConfig config = config_of(file);
  TensorTable table(file.tensors(), file.name());
  config.tied_head = !table.has(std::string(kFileNames.head) + ".weight");
  const auto stated = file.integer("gpt2.vocab_size");
  const TensorInfo* embedding = table.use(std::string(kFileNames.embedding) + ".weight");
  const bool shaped = embedding != nullptr && embedding->shape.size() == 2;
  config.vocab = stated ? *stated : shaped ? static_cast<std::int64_t>(embedding->shape[0]) : 1;
  return Assembler(kFileNames, "", table).run(std::move(config));
}

}  // namespace metronome::runtime
