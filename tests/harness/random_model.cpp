// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/random_model.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

namespace metronome::harness {
namespace {

class Filler {
 public:
  explicit Filler(const RandomShape& shape) : weights_(shape.weights), random_(shape.seed) {}

  std::vector<float> values(std::int64_t count, float centre, float spread) {
    std::vector<float> all(static_cast<std::size_t>(count));
    for (float& v : all) v = value(centre, spread);
    return all;
  }

  graph::Matrix matrix(std::string name, std::int64_t rows, std::int64_t cols) {
    const float spread = std::sqrt(3.0F / static_cast<float>(cols));
    const auto data = std::make_shared<std::vector<float>>(values(rows * cols, 0.0F, spread));
    return {std::move(name), rows, cols, [data, cols](std::int64_t row, std::span<float> out) {
              std::copy_n(data->begin() + row * cols, cols, out.begin());
            }};
  }

  graph::Vector vector(std::string name, std::int64_t size, float centre) {
    return {std::move(name), values(size, centre, 0.5F)};
  }

 private:
  float value(float centre, float spread) {
    // 24 random bits to [-1, 1): exact in fp32, so equal on every host.
    const auto bits = static_cast<std::int64_t>(random_() >> 40U) - (std::int64_t{1} << 23U);
    const float unit = static_cast<float>(bits) * 0x1p-23F;
    switch (weights_) {
      case Weights::kRandom:
        return centre + spread * unit;
      case Weights::kZero:
        return 0.0F;
      case Weights::kLargest:
        return unit < 0 ? -65504.0F : 65504.0F;
    }
    return 0.0F;
  }

  Weights weights_;
  std::mt19937_64 random_;
};

graph::Layer layer_of(const RandomShape& s, Filler& fill, const std::string& at) {
  const std::int64_t q = s.heads * s.head_dim;
  const std::int64_t kv = s.kv_heads * s.head_dim;
  graph::Layer l;
  l.attention_norm = fill.vector(at + "attn_norm", s.width, 1.0F);
  l.query = fill.matrix(at + "attn_q", q, s.width);
  l.key = fill.matrix(at + "attn_k", kv, s.width);
  l.value = fill.matrix(at + "attn_v", kv, s.width);
  l.attention_output = fill.matrix(at + "attn_output", s.width, q);
  l.ffn_norm = fill.vector(at + "ffn_norm", s.width, 1.0F);
  const bool gated = s.feed_forward == graph::FeedForward::kGated;
  if (gated) l.ffn_gate = fill.matrix(at + "ffn_gate", s.ffn, s.width);
  l.ffn_up = fill.matrix(at + "ffn_up", s.ffn, s.width);
  l.ffn_down = fill.matrix(at + "ffn_down", s.width, s.ffn);
  if (s.biases || s.all_biases) {
    l.query_bias = fill.vector(at + "attn_q.bias", q, 0.0F);
    l.key_bias = fill.vector(at + "attn_k.bias", kv, 0.0F);
    l.value_bias = fill.vector(at + "attn_v.bias", kv, 0.0F);
  }
  if (s.all_biases) {
    l.output_bias = fill.vector(at + "attn_output.bias", s.width, 0.0F);
    if (gated) l.gate_bias = fill.vector(at + "ffn_gate.bias", s.ffn, 0.0F);
    l.up_bias = fill.vector(at + "ffn_up.bias", s.ffn, 0.0F);
    l.down_bias = fill.vector(at + "ffn_down.bias", s.width, 0.0F);
  }
  if (s.norm == graph::NormKind::kLayer) {
    l.attention_norm_bias = fill.vector(at + "attn_norm.bias", s.width, 0.0F);
    l.ffn_norm_bias = fill.vector(at + "ffn_norm.bias", s.width, 0.0F);
  }
  return l;
}

graph::ModelConfig config_of(const RandomShape& s) {
  graph::ModelConfig c;
  c.architecture = s.architecture;
  c.width = s.width;
  c.layers = s.layers;
  c.heads = s.heads;
  c.kv_heads = s.kv_heads;
  c.head_dim = s.head_dim;
  c.ffn = s.ffn;
  c.vocab = s.vocab;
  c.context = s.context;
  c.rms_eps = s.rms_eps;
  c.rope = s.rope;
  c.activation = s.activation;
  c.embedding_scale = s.embedding_scale;
  c.tied_head = s.tied;
  c.norm = s.norm;
  c.norm_placement = s.norm_placement;
  c.position = s.position;
  c.feed_forward = s.feed_forward;
  c.attention = s.attention;
  return c;
}

}  // namespace

RandomShape as_gpt2(RandomShape s) {
  s.architecture = "gpt2";
  s.kv_heads = s.heads;
  s.all_biases = true;
  s.norm = graph::NormKind::kLayer;
  s.position = graph::PositionKind::kLearned;
  s.feed_forward = graph::FeedForward::kPlain;
  s.activation = graph::Activation::kGeluTanh;
  return s;
}

RandomShape as_bert(RandomShape s) {
  s = as_gpt2(std::move(s));
  s.architecture = "bert";
  s.norm_placement = graph::NormPlacement::kAfter;
  s.attention = graph::AttentionSpan::kBidirectional;
  s.activation = graph::Activation::kGeluErf;
  return s;
}

graph::Model random_model(const RandomShape& s) {
  Filler fill(s);
  graph::Model model;
  model.source = s.name;
  model.config = config_of(s);
  model.embedding = fill.matrix("token_embd", s.vocab, s.width);
  if (s.position == graph::PositionKind::kLearned) {
    model.positions = fill.matrix("position_embd", s.context, s.width);
  }
  const bool norm_first = s.norm_placement == graph::NormPlacement::kBefore;
  if (!norm_first) {
    model.embedding_norm = fill.vector("token_embd_norm", s.width, 1.0F);
    model.embedding_norm_bias = fill.vector("token_embd_norm.bias", s.width, 0.0F);
  }
  for (std::int64_t l = 0; l < s.layers; ++l) {
    model.layers.push_back(layer_of(s, fill, "blk." + std::to_string(l) + "."));
  }
  if (norm_first) model.final_norm = fill.vector("output_norm", s.width, 1.0F);
  if (norm_first && s.norm == graph::NormKind::kLayer) {
    model.final_norm_bias = fill.vector("output_norm.bias", s.width, 0.0F);
  }
  if (!s.tied) model.head = fill.matrix("output", s.vocab, s.width);
  return model;
}

std::vector<std::int32_t> random_tokens(std::uint64_t seed, std::size_t count, std::int64_t vocab) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> ids(count);
  for (std::int32_t& id : ids) {
    id = static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(vocab));
  }
  return ids;
}

std::int32_t largest(std::span<const float> values) {
  return static_cast<std::int32_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace metronome::harness
