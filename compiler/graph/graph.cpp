// SPDX-License-Identifier: Apache-2.0
#include "compiler/graph/graph.h"

#include <fmt/core.h>

#include <cmath>

#include "hw/isa/error.h"

namespace metronome::graph {
namespace {

class Builder {
 public:
  explicit Builder(const Model& model) : model_(model), c_(model.config) { graph_.model = &model; }

  Graph decoder() {
    const int x = layers(embedding());
    const int normed = final_norm(x);
    const Matrix& head = model_.head ? *model_.head : model_.embedding;
    graph_.logits = matmul(normed, head, nullptr, "output", c_.vocab, c_.width);
    return std::move(graph_);
  }

  Graph encoder() {
    graph_.hidden = final_norm(layers(embedding()));
    graph_.pooled = add({OpKind::kPool, "pool", -1, {graph_.hidden}, c_.width});
    return std::move(graph_);
  }

 private:
  int add(OpNode node) {
    graph_.nodes.push_back(std::move(node));
    return static_cast<int>(graph_.nodes.size()) - 1;
  }
  OpNode& node(int id) { return graph_.nodes[static_cast<std::size_t>(id)]; }

  void expect(const Matrix& m, std::int64_t rows, std::int64_t cols) const {
    if (m.rows == rows && m.cols == cols) return;
    throw UserError(fmt::format("{}: {}: shape {} x {}, the configuration asks for {} x {}",
                                model_.source, m.name, m.rows, m.cols, rows, cols));
  }

  void expect(const Vector& v, std::int64_t size) const {
    if (static_cast<std::int64_t>(v.values.size()) == size) return;
    throw UserError(fmt::format("{}: {}: {} values, the configuration asks for {}", model_.source,
                                v.name, v.values.size(), size));
  }

  int embedding() {
    expect(model_.embedding, c_.vocab, c_.width);
    int x = add({OpKind::kEmbed, "token_embd", -1, {}, c_.width, &model_.embedding});
    if (c_.position == PositionKind::kLearned) {
      check(model_.positions.has_value(), "graph", 0, "learned positions without their table");
      expect(*model_.positions, c_.context, c_.width);
      x = add({OpKind::kAddPosition, "position_embd", -1, {x}, c_.width, &*model_.positions});
    }
    if (!model_.embedding_norm) return x;
    return norm(x, *model_.embedding_norm, model_.embedding_norm_bias, "token_embd_norm");
  }

  int layers(int x) {
    for (std::size_t l = 0; l < model_.layers.size(); ++l) {
      layer_ = static_cast<int>(l);
      x = attention(x, model_.layers[l]);
      x = feed_forward(x, model_.layers[l]);
    }
    layer_ = -1;
    return x;
  }

  int final_norm(int x) {
    if (!norm_first()) return x;
    return norm(x, model_.final_norm, model_.final_norm_bias, "output_norm");
  }

  bool norm_first() const { return c_.norm_placement == NormPlacement::kBefore; }

  int norm(int x, const Vector& weight, const std::optional<Vector>& bias, const char* part) {
    expect(weight, c_.width);
    const bool layer_norm = c_.norm == NormKind::kLayer;
    OpNode node{layer_norm ? OpKind::kLayerNorm : OpKind::kRmsNorm, part, layer_, {x}, c_.width};
    node.vector = &weight;
    if (bias) {
      check(layer_norm, "graph", 0, "an RMSNorm with a bias");
      expect(*bias, c_.width);
      node.offset = &*bias;
    }
    return add(std::move(node));
  }

  int matmul(int x, const Matrix& m, const std::optional<Vector>* bias, const char* part,
             std::int64_t rows, std::int64_t cols) {
    expect(m, rows, cols);
    const Vector* b = bias != nullptr && *bias ? &**bias : nullptr;
    if (b != nullptr) expect(*b, rows);
    return add({OpKind::kMatMul, part, layer_, {x}, rows, &m, b});
  }

  int attention(int x, const Layer& l) {
    const std::int64_t q_size = c_.heads * c_.head_dim;
    const std::int64_t kv_size = c_.kv_heads * c_.head_dim;
    const std::int64_t repeat = c_.heads / c_.kv_heads;
    const bool first = norm_first();
    const int h = first ? norm(x, l.attention_norm, l.attention_norm_bias, "attn_norm") : x;
    const int q = matmul(h, l.query, &l.query_bias, "attn_q", q_size, c_.width);
    const int k = matmul(h, l.key, &l.key_bias, "attn_k", kv_size, c_.width);
    const int v = matmul(h, l.value, &l.value_bias, "attn_v", kv_size, c_.width);
    for (int id : {q, k, v}) node(id).heads_out = true;
    for (int id : {k, v}) node(id).head_repeat = repeat;
    const bool rotary = c_.position == PositionKind::kRotary;
    const int scaled_q = rotary ? on_heads(OpKind::kRope, q, "rope_q", q_size, 1)
                                : on_heads(OpKind::kScale, q, "scale_q", q_size, 1);
    node(scaled_q).scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(c_.head_dim)));
    const int placed_k = rotary ? on_heads(OpKind::kRope, k, "rope_k", kv_size, repeat) : k;
    append(placed_k, "cache_k", kv_size, CacheKind::kKeys, repeat);
    append(v, "cache_v", kv_size, CacheKind::kValues, repeat);
    const int a = add({OpKind::kAttention, "attn", layer_, {scaled_q}, q_size});
    node(a).heads_in = node(a).heads_out = true;
    const int o = matmul(a, l.attention_output, &l.output_bias, "attn_output", c_.width, q_size);
    node(o).heads_in = true;
    const int sum = add({OpKind::kAdd, "attn_residual", layer_, {x, o}, c_.width});
    return first ? sum : norm(sum, l.attention_norm, l.attention_norm_bias, "attn_output_norm");
  }

  /// An operator on values that are laid out in attention heads.
  int on_heads(OpKind kind, int x, const char* part, std::int64_t size, std::int64_t repeat) {
    const int id = add({kind, part, layer_, {x}, size});
    node(id).heads_in = node(id).heads_out = true;
    node(id).head_repeat = repeat;
    return id;
  }

  void append(int x, const char* part, std::int64_t size, CacheKind kind, std::int64_t repeat) {
    const int id = add({OpKind::kAppend, part, layer_, {x}, size});
    node(id).cache = kind;
    node(id).heads_in = true;
    node(id).head_repeat = repeat;
  }

  int feed_forward(int x, const Layer& l) {
    const bool first = norm_first();
    const int h = first ? norm(x, l.ffn_norm, l.ffn_norm_bias, "ffn_norm") : x;
    const int act = c_.feed_forward == FeedForward::kGated ? gated(h, l) : plain(h, l);
    const int down = matmul(act, l.ffn_down, &l.down_bias, "ffn_down", c_.width, c_.ffn);
    const int sum = add({OpKind::kAdd, "ffn_residual", layer_, {x, down}, c_.width});
    return first ? sum : norm(sum, l.ffn_norm, l.ffn_norm_bias, "layer_output_norm");
  }

  int gated(int h, const Layer& l) {
    const int gate = matmul(h, l.ffn_gate, &l.gate_bias, "ffn_gate", c_.ffn, c_.width);
    const int up = matmul(h, l.ffn_up, &l.up_bias, "ffn_up", c_.ffn, c_.width);
    return add({OpKind::kGate, "ffn_act", layer_, {gate, up}, c_.ffn});
  }

  int plain(int h, const Layer& l) {
    const int up = matmul(h, l.ffn_up, &l.up_bias, "ffn_up", c_.ffn, c_.width);
    return add({OpKind::kActivation, "ffn_act", layer_, {up}, c_.ffn});
  }

  const Model& model_;
  const ModelConfig& c_;
  Graph graph_;
  int layer_ = -1;
};

}  // namespace

const char* name(OpKind kind) {
  switch (kind) {
    case OpKind::kEmbed:
      return "Embed";
    case OpKind::kRmsNorm:
      return "RMSNorm";
    case OpKind::kMatMul:
      return "MatMul";
    case OpKind::kRope:
      return "RoPE";
    case OpKind::kAppend:
      return "Append";
    case OpKind::kAttention:
      return "Attention";
    case OpKind::kGate:
      return "Gate";
    case OpKind::kAdd:
      return "Add";
    case OpKind::kLayerNorm:
      return "LayerNorm";
    case OpKind::kAddPosition:
      return "AddPosition";
    case OpKind::kScale:
      return "Scale";
    case OpKind::kActivation:
      return "Activation";
    case OpKind::kPool:
      return "Pool";
  }
  return "";
}

Graph build_decode_graph(const Model& model) {
  if (model.config.is_encoder()) {
    throw UserError(
        fmt::format("{}: architecture: {} is an encoder, which generates no text; a "
                    "causal model such as llama or gpt2 is wanted here",
                    model.source, model.config.architecture));
  }
  return Builder(model).decoder();
}

Graph build_encoder_graph(const Model& model) {
  if (!model.config.is_encoder()) {
    throw UserError(
        fmt::format("{}: architecture: {} is a decoder, an encoder such as bert is "
                    "wanted here",
                    model.source, model.config.architecture));
  }
  return Builder(model).encoder();
}

Graph build_graph(const Model& model) {
  return model.config.is_encoder() ? build_encoder_graph(model) : build_decode_graph(model);
}

}  // namespace metronome::graph
