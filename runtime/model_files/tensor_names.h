// SPDX-License-Identifier: Apache-2.0
// What each format calls the parts of a transformer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace metronome::runtime {

/// A linear map of a layer; `bias` is empty where the format knows none.
struct LinearNames {
  std::string_view weight;
  std::string_view bias;
};

struct TensorNames {
  std::string_view embedding;
  std::string_view final_norm;
  std::string_view head;
  std::string_view layer_prefix;  // then the layer number and a dot
  std::string_view attention_norm;
  LinearNames query;
  LinearNames key;
  LinearNames value;
  LinearNames attention_output;
  std::string_view ffn_norm;
  LinearNames ffn_gate;
  LinearNames ffn_up;
  LinearNames ffn_down;

  [[nodiscard]] std::string in_layer(std::int64_t layer, std::string_view part) const {
    return std::string(layer_prefix) + std::to_string(layer) + "." + std::string(part);
  }
};

/// Source: the GGUF specification, "Standardized tensor names".
inline constexpr TensorNames kGgufNames = {
    .embedding = "token_embd.weight",
    .final_norm = "output_norm.weight",
    .head = "output.weight",
    .layer_prefix = "blk.",
    .attention_norm = "attn_norm.weight",
    .query = {"attn_q.weight", "attn_q.bias"},
    .key = {"attn_k.weight", "attn_k.bias"},
    .value = {"attn_v.weight", "attn_v.bias"},
    .attention_output = {"attn_output.weight", "attn_output.bias"},
    .ffn_norm = "ffn_norm.weight",
    .ffn_gate = {"ffn_gate.weight", "ffn_gate.bias"},
    .ffn_up = {"ffn_up.weight", "ffn_up.bias"},
    .ffn_down = {"ffn_down.weight", "ffn_down.bias"},
};

/// Source: parameter names of the LlamaForCausalLM family as saved by save_pretrained.
inline constexpr TensorNames kHuggingFaceNames = {
    .embedding = "model.embed_tokens.weight",
    .final_norm = "model.norm.weight",
    .head = "lm_head.weight",
    .layer_prefix = "model.layers.",
    .attention_norm = "input_layernorm.weight",
    .query = {"self_attn.q_proj.weight", "self_attn.q_proj.bias"},
    .key = {"self_attn.k_proj.weight", "self_attn.k_proj.bias"},
    .value = {"self_attn.v_proj.weight", "self_attn.v_proj.bias"},
    .attention_output = {"self_attn.o_proj.weight", "self_attn.o_proj.bias"},
    .ffn_norm = "post_attention_layernorm.weight",
    .ffn_gate = {"mlp.gate_proj.weight", "mlp.gate_proj.bias"},
    .ffn_up = {"mlp.up_proj.weight", "mlp.up_proj.bias"},
    .ffn_down = {"mlp.down_proj.weight", "mlp.down_proj.bias"},
};

/// The legacy llama2.c checkpoint has no names; these follow the fields of its TransformerWeights.
inline constexpr TensorNames kLlama2cNames = {
    .embedding = "token_embedding_table",
    .final_norm = "rms_final_weight",
    .head = "wcls",
    .layer_prefix = "layers.",
    .attention_norm = "rms_att_weight",
    .query = {"wq", ""},
    .key = {"wk", ""},
    .value = {"wv", ""},
    .attention_output = {"wo", ""},
    .ffn_norm = "rms_ffn_weight",
    .ffn_gate = {"w1", ""},
    .ffn_up = {"w3", ""},
    .ffn_down = {"w2", ""},
};

}  // namespace metronome::runtime
