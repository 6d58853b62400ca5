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

  Graph build() {
    int x = add({OpKind::kEmbed, "token_embd", -1, {}, c_.width, &model_.embedding});
    expect(model_.embedding, c_.vocab, c_.width);
    for (std::size_t l = 0; l < model_.layers.size(); ++l) {
      layer_ = static_cast<int>(l);
      x = attention(x, model_.layers[l]);
      x = feed_forward(x, model_.layers[l]);
    }
    layer_ = -1;
    const int normed = norm(x, model_.final_norm, "output_norm");
    const Matrix& head = model_.head ? *model_.head : model_.embedding;
    graph_.logits = matmul(normed, head, nullptr, "output", c_.vocab, c_.width);
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

  int norm(int x, const Vector& weight, const char* part) {
    expect(weight, c_.width);
    return add({OpKind::kRmsNorm, part, layer_, {x}, c_.width, nullptr, &weight});
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
    const int h = norm(x, l.attention_norm, "attn_norm");
    const int q = matmul(h, l.query, &l.query_bias, "attn_q", q_size, c_.width);
    const int k = matmul(h, l.key, &l.key_bias, "attn_k", kv_size, c_.width);
    const int v = matmul(h, l.value, &l.value_bias, "attn_v", kv_size, c_.width);
    for (int id : {q, k, v}) node(id).heads_out = true;
    for (int id : {k, v}) node(id).head_repeat = repeat;
    const int rq = rope(q, "rope_q", q_size, 1);
    node(rq).scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(c_.head_dim)));
    const int rk = rope(k, "rope_k", kv_size, repeat);
    append(rk, "cache_k", kv_size, CacheKind::kKeys, repeat);
    append(v, "cache_v", kv_size, CacheKind::kValues, repeat);
    const int a = add({OpKind::kAttention, "attn", layer_, {rq}, q_size});
    node(a).heads_in = node(a).heads_out = true;
    const int o = matmul(a, l.attention_output, &l.output_bias, "attn_output", c_.width, q_size);
    node(o).heads_in = true;
    return add({OpKind::kAdd, "attn_residual", layer_, {x, o}, c_.width});
  }

  int rope(int x, const char* part, std::int64_t size, std::int64_t repeat) {
    const int id = add({OpKind::kRope, part, layer_, {x}, size});
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
    const int h = norm(x, l.ffn_norm, "ffn_norm");
    const int gate = matmul(h, l.ffn_gate, &l.gate_bias, "ffn_gate", c_.ffn, c_.width);
    const int up = matmul(h, l.ffn_up, &l.up_bias, "ffn_up", c_.ffn, c_.width);
    const int act = add({OpKind::kGate, "ffn_act", layer_, {gate, up}, c_.ffn});
    const int down = matmul(act, l.ffn_down, &l.down_bias, "ffn_down", c_.width, c_.ffn);
    return add({OpKind::kAdd, "ffn_residual", layer_, {x, down}, c_.width});
  }

  const Model& model_;
  const ModelConfig& c_;
  Graph graph_;
  int layer_ = -1;
};

}  // namespace

Graph build_decode_graph(const Model& model) { return Builder(model).build(); }

}  // namespace metronome::graph
