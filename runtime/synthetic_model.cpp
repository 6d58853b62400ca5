// SPDX-License-Identifier: Apache-2.0
#include "runtime/synthetic_model.h"

namespace metronome::runtime {
namespace {

graph::Matrix matrix(const char* name, std::int64_t rows, std::int64_t cols) {
  return {name, rows, cols, [](std::int64_t row, std::span<float> out) {
            constexpr std::uint64_t kLevels = 2048;
            for (std::size_t c = 0; c < out.size(); ++c) {
              const auto mixed = (static_cast<std::uint64_t>(row) * 7919 + c * 104729) % kLevels;
              out[c] = (static_cast<float>(mixed) - kLevels / 2.0F) / 65536.0F;
            }
          }};
}

graph::Vector ones(const char* name, std::int64_t size) {
  return {name, std::vector<float>(static_cast<std::size_t>(size), 1.0F)};
}

graph::ModelConfig config_of(const SyntheticShape& s) {
  graph::ModelConfig c;
  c.architecture = "llama";
  c.width = s.width;
  c.layers = s.layers;
  c.heads = s.heads;
  c.kv_heads = s.kv_heads;
  c.head_dim = s.head_dim;
  c.ffn = s.ffn;
  c.vocab = s.vocab;
  c.context = s.context;
  c.rms_eps = 1e-5F;
  c.tied_head = true;
  return c;
}

}  // namespace

graph::Model synthetic_model(const SyntheticShape& s) {
  graph::Model model;
  model.source = s.name;
  model.config = config_of(s);
  model.embedding = matrix("embedding", s.vocab, s.width);
  model.final_norm = ones("final_norm", s.width);
  for (std::int64_t l = 0; l < s.layers; ++l) {
    graph::Layer& layer = model.layers.emplace_back();
    layer.attention_norm = ones("attention_norm", s.width);
    layer.ffn_norm = ones("ffn_norm", s.width);
    layer.query = matrix("query", s.heads * s.head_dim, s.width);
    layer.key = matrix("key", s.kv_heads * s.head_dim, s.width);
    layer.value = matrix("value", s.kv_heads * s.head_dim, s.width);
    layer.attention_output = matrix("attention_output", s.width, s.heads * s.head_dim);
    layer.ffn_gate = matrix("ffn_gate", s.ffn, s.width);
    layer.ffn_up = matrix("ffn_up", s.ffn, s.width);
    layer.ffn_down = matrix("ffn_down", s.width, s.ffn);
  }
  return model;
}

}  // namespace metronome::runtime
