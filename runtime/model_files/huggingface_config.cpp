// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/huggingface_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/model_files/architecture.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

using graph::ModelConfig;
using graph::RopeScaling;

void read_sizes(const JsonFields& json, ModelConfig& config) {
  config.width = json.require_integer("hidden_size");
  config.layers = json.require_integer("num_hidden_layers");
  config.heads = json.require_integer("num_attention_heads");
  config.kv_heads = json.integer("num_key_value_heads").value_or(config.heads);
  config.ffn = json.require_integer("intermediate_size");
  config.context = json.require_integer("max_position_embeddings");
  config.vocab = json.require_integer("vocab_size");
  config.rms_eps = static_cast<float>(json.require_real("rms_norm_eps"));
  if (const auto explicit_size = json.integer("head_dim")) {
    config.head_dim = *explicit_size;
  } else if (config.heads < 1 || config.width % config.heads != 0) {
    json.refuse_field("num_attention_heads",
                      fmt::format("{} heads do not divide hidden_size {} and head_dim is absent",
                                  config.heads, config.width));
  } else {
    config.head_dim = config.width / config.heads;
  }
}

// Null, "default" and absence all mean no scaling.
std::string scaling_kind(const JsonFields& scaling) {
  const auto current = scaling.text("rope_type");
  const auto older = scaling.text("type");
  if (current && older && *current != *older) {
    scaling.refuse_field("rope_type", fmt::format("found '{}' beside type '{}'",
                                                  printable(*current), printable(*older)));
  }
  return current.value_or(older.value_or("default"));
}

void read_scaling(const JsonFields& scaling, graph::Rope& rope) {
  const std::string kind = scaling_kind(scaling);
  if (kind == "default") {
    if (scaling.has("factor") && scaling.require_real("factor") != 1.0) {
      scaling.refuse_field("rope_type", "missing beside a factor, keys found: " + scaling.keys());
    }
    return;
  }
  if (kind == "linear") {
    rope.scaling = RopeScaling::kLinear;
    rope.factor = scaling.require_real("factor");
    return;
  }
  if (kind == "llama3") {
    rope.scaling = RopeScaling::kLlama3;
    rope.factor = scaling.require_real("factor");
    rope.low_freq_factor = scaling.require_real("low_freq_factor");
    rope.high_freq_factor = scaling.require_real("high_freq_factor");
    rope.original_context = scaling.require_integer("original_max_position_embeddings");
    return;
  }
  scaling.refuse_field("rope_type",
                       fmt::format("rope scaling '{}' is not supported (keys found: {}), supported "
                                   "are default, linear, llama3",
                                   printable(kind), scaling.keys()));
}

void read_rope(const JsonFields& json, HuggingFaceConfig& result) {
  graph::Rope& rope = result.config.rope;
  const auto parameters = json.fields("rope_parameters");  // both in one object since 2025
  const auto scaling = json.fields("rope_scaling");
  auto base = json.real("rope_theta");
  if (!base && parameters) base = parameters->real("rope_theta");
  if (!base) result.notes.emplace_back("config.json: rope_theta absent, 10000 assumed");
  rope.base = base.value_or(10000.0);
  if (parameters) read_scaling(*parameters, rope);
  if (scaling) read_scaling(*scaling, rope);
  const double partial = json.real("partial_rotary_factor").value_or(1.0);
  if (partial != 1.0) {
    json.refuse_field("partial_rotary_factor",
                      fmt::format("found {}, only 1 is supported", partial));
  }
}

void read_activation(const JsonFields& json, Family family, HuggingFaceConfig& result) {
  const bool newer = json.has("hidden_activation");
  const char* key = newer ? "hidden_activation" : "hidden_act";
  const auto name = json.text(key);
  const bool gemma = family == Family::kGemma;
  if (!name) {
    // Gemma's config may leave both out and means the tanh form; the others default to silu.
    result.notes.push_back(fmt::format("config.json: hidden_act absent, {} assumed",
                                       gemma ? "gelu_pytorch_tanh" : "silu"));
    return;
  }
  if (gemma && *name == "gelu" && !newer) {
    // Gemma was trained with the tanh form; its first configs said "gelu" by mistake.
    result.notes.emplace_back("config.json: hidden_act gelu read as gelu_pytorch_tanh for gemma");
    return;
  }
  if (*name == "silu" || *name == "swish") {
    result.config.activation = graph::Activation::kSilu;
  } else if (*name == "gelu_pytorch_tanh" || *name == "gelu_new") {
    result.config.activation = graph::Activation::kGeluTanh;
  } else {
    json.refuse_field(key, fmt::format("'{}' is not supported, supported are silu, "
                                       "gelu_pytorch_tanh",
                                       printable(*name)));
  }
}

Presence presence_of(std::optional<bool> flag) {
  if (!flag) return Presence::kOptional;
  return *flag ? Presence::kRequired : Presence::kAbsent;
}

void read_presence(const JsonFields& json, Family family, HuggingFaceConfig& result) {
  AssemblyRules& rules = result.rules;
  rules.query_key_value_bias = presence_of(json.boolean("attention_bias"));
  rules.output_bias = rules.query_key_value_bias;
  rules.ffn_bias = presence_of(json.boolean("mlp_bias"));
  if (const auto tied = json.boolean("tie_word_embeddings")) {
    rules.head = *tied ? Presence::kAbsent : Presence::kRequired;
  }
  if (family == Family::kQwen2) rules.output_bias = Presence::kOptional;
  apply_family(family, rules);
}

// Fields that change the arithmetic in ways no supported family has.
void refuse_foreign_fields(const JsonFields& json, const ModelConfig& config) {
  for (const char* key : {"num_local_experts", "num_experts", "n_routed_experts"}) {
    if (json.has(key)) json.refuse_field(key, "mixture of experts is not supported");
  }
  if (json.has("quantization_config")) {
    json.refuse_field("quantization_config",
                      "quantised folders are not supported, use F32, F16, "
                      "BF16 weights or GGUF");
  }
  for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping",
                          "embedding_multiplier", "residual_multiplier", "logits_scaling"}) {
    if (json.has(key)) json.refuse_field(key, "not supported");
  }
  const bool window_off = !json.boolean("use_sliding_window").value_or(true);
  const auto window = json.integer("sliding_window");
  if (window && !window_off && *window < config.context) {
    json.refuse_field("sliding_window",
                      fmt::format("sliding windows are not supported, found {} of {} positions",
                                  *window, config.context));
  }
}

void check_special_ids(const JsonFields& json, HuggingFaceConfig& result) {
  const std::int64_t vocab = result.config.vocab;
  for (const char* key : {"bos_token_id", "eos_token_id"}) {
    const boost::json::value* id = json.find(key);
    if (vocab < 1 || id == nullptr || !id->is_int64()) continue;
    if (id->get_int64() >= 0 && id->get_int64() < vocab) continue;
    result.notes.push_back(fmt::format("config.json: {} {} ignored, the vocabulary has {} tokens",
                                       key, id->get_int64(), vocab));
  }
}

}  // namespace

HuggingFaceConfig read_huggingface_config(const JsonFields& json) {
  const auto model_type = json.text("model_type");
  if (!model_type) json.refuse_field("model_type", "missing, a text wanted");
  const Family family = family_of(*model_type, json.source());
  HuggingFaceConfig result;
  read_sizes(json, result.config);
  apply_family(family, result.config);
  read_activation(json, family, result);
  read_rope(json, result);
  refuse_foreign_fields(json, result.config);
  result.rules.names = kHuggingFaceNames;
  result.rules.rotary_order = RotaryOrder::kHalfSplit;
  result.rules.norm_offset = family == Family::kGemma ? 1.0F : 0.0F;
  read_presence(json, family, result);
  check_special_ids(json, result);
  return result;
}

}  // namespace metronome::runtime
