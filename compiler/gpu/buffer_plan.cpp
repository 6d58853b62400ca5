// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/buffer_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "compiler/ops/ops.h"
#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

using graph::Layer;
using graph::Matrix;
using graph::Model;
using graph::Vector;
using Bytes = std::span<std::uint8_t>;

constexpr std::int64_t kHalf = 2;  // bytes
constexpr std::int64_t kFloat = 4;

std::int64_t padded(std::int64_t values) { return (values + 7) / 8 * 8; }

/// Stored rows [first, first + rows) of a matrix, `step` apart; each head of `head` columns begins
/// `head_stride` further (0: no heads).
struct Rows {
  std::int64_t first = 0;
  std::int64_t step = 1;
  std::int64_t cols = 8;  // stored
  std::int64_t head = 0;
  std::int64_t head_stride = 0;
};

void store_matrix(const Matrix& m, const std::string& source, const Rows& to, Bytes bytes) {
  std::vector<std::uint16_t> row(static_cast<std::size_t>(m.cols));
  for (std::int64_t r = 0; r < m.rows; ++r) {
    ops::read_half_row(m, r, source, row);
    std::uint8_t* out = bytes.data() + (to.first + r * to.step) * to.cols * kHalf;
    const std::int64_t head = to.head == 0 ? m.cols : to.head;
    for (std::int64_t c = 0, h = 0; c < m.cols; c += head, ++h) {
      std::memcpy(out + h * to.head_stride * kHalf, row.data() + c,
                  static_cast<std::size_t>(head * kHalf));
    }
  }
}

/// `values` beginning at number `first`, `step` apart.
void store_floats(std::span<const float> values, std::int64_t first, std::int64_t step,
                  Bytes bytes) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t at = first + static_cast<std::int64_t>(i) * step;
    std::memcpy(bytes.data() + at * kFloat, &values[i], kFloat);
  }
}

using LayerFill = std::function<void(const Layer&, Bytes)>;  // a layer's share

class Planner {
 public:
  Planner(const Model& model, GpuProgram& program)
      : model_(model),
        c_(model.config),
        p_(program),
        a_(program.attention),
        sizes_(model_sizes(model.config, program.attention)) {}

  ModelBuffers plan() {
    b_.mailbox = add("mailbox", Mailbox::kBytes);
    plan_tables();
    plan_attention_weights();
    plan_ffn_weights();
    plan_norms();
    plan_activations();
    return b_;
  }

 private:
  int add(std::string name, std::int64_t bytes, std::function<void(Bytes)> fill = {}) {
    constexpr std::int64_t kReach = std::int64_t{1} << 32;
    if (bytes > kReach) {
      throw UserError(fmt::format("{}: buffer {}: found {} bytes, the GPU's kernels reach {}",
                                  model_.source, name, bytes, kReach));
    }
    p_.buffers.push_back({std::move(name), bytes, std::move(fill)});
    return static_cast<int>(p_.buffers.size()) - 1;
  }

  int add_layers(std::string name, std::int64_t bytes, const LayerFill& fill) {
    const Model& model = model_;
    return add(std::move(name), bytes * c_.layers, [&model, fill, bytes](Bytes all) {
      for (std::size_t l = 0; l < model.layers.size(); ++l) {
        const auto share = static_cast<std::size_t>(bytes);
        fill(model.layers[l], all.subspan(l * share, share));
      }
    });
  }

  /// -1 if no layer has any of the vectors.
  int add_bias(const std::string& name, std::int64_t values, const LayerFill& fill,
               const std::function<bool(const Layer&)>& has) {
    const bool any = std::any_of(model_.layers.begin(), model_.layers.end(), has);
    return any ? add_layers(name, kFloat * values, fill) : -1;
  }

  std::function<void(Bytes)> matrix_fill(const Matrix& m) const {
    const std::string source = model_.source;
    const Rows rows{.cols = sizes_.width};
    return [&m, source, rows](Bytes bytes) { store_matrix(m, source, rows, bytes); };
  }

  void plan_tables() {
    const std::int64_t table = c_.vocab * sizes_.width * kHalf;
    b_.table = add("token_embd", table, matrix_fill(model_.embedding));
    b_.head = model_.head ? add("output", table, matrix_fill(*model_.head)) : b_.table;
    const graph::Rope rope = c_.rope;
    const std::int64_t dim = c_.head_dim;
    const std::int64_t context = a_.context;
    b_.angles = add("rope", context * dim * kFloat, [rope, dim, context](Bytes bytes) {
      for (std::int64_t position = 0; position < context; ++position) {
        const ops::RopeRow row = ops::rope_row(rope, dim, position);
        store_floats(row.cosine, position * dim, 2, bytes);
        store_floats(row.sine, position * dim + 1, 2, bytes);
      }
    });
  }

  void plan_attention_weights() {
    const std::string source = model_.source;
    const ModelSizes s = sizes_;
    const std::int64_t queries = c_.heads * c_.head_dim;
    const std::int64_t keys = c_.kv_heads * c_.head_dim;
    b_.qkv_weights =
        add_layers("attn_qkv", s.qkv_rows * s.width * kHalf, [=](const Layer& l, Bytes bytes) {
          store_matrix(l.query, source, {.first = 0, .cols = s.width}, bytes);
          store_matrix(l.key, source, {.first = queries, .cols = s.width}, bytes);
          store_matrix(l.value, source, {.first = queries + keys, .cols = s.width}, bytes);
        });
    const Rows heads{.cols = s.attended, .head = c_.head_dim, .head_stride = a_.stride()};
    b_.output_weights =
        add_layers("attn_output", c_.width * s.attended * kHalf, [=](const Layer& l, Bytes bytes) {
          store_matrix(l.attention_output, source, heads, bytes);
        });
    b_.qkv_bias = add_bias(
        "attn_qkv.bias", s.qkv_rows,
        [=](const Layer& l, Bytes bytes) {
          if (l.query_bias) store_floats(l.query_bias->values, 0, 1, bytes);
          if (l.key_bias) store_floats(l.key_bias->values, queries, 1, bytes);
          if (l.value_bias) store_floats(l.value_bias->values, queries + keys, 1, bytes);
        },
        [](const Layer& l) { return l.query_bias || l.key_bias || l.value_bias; });
    b_.output_bias = add_vector_bias("attn_output.bias", c_.width, &Layer::output_bias);
  }

  int add_vector_bias(const std::string& name, std::int64_t values,
                      std::optional<Vector> Layer::*bias) {
    return add_bias(
        name, values,
        [bias](const Layer& l, Bytes bytes) {
          if (l.*bias) store_floats((l.*bias)->values, 0, 1, bytes);
        },
        [bias](const Layer& l) { return (l.*bias).has_value(); });
  }

  /// Rows of gate and up take turns: a result needs one of each.
  void plan_ffn_weights() {
    const std::string source = model_.source;
    const ModelSizes s = sizes_;
    b_.gate_up_weights =
        add_layers("ffn_gate_up", 2 * c_.ffn * s.width * kHalf, [=](const Layer& l, Bytes bytes) {
          store_matrix(l.ffn_gate, source, {.first = 0, .step = 2, .cols = s.width}, bytes);
          store_matrix(l.ffn_up, source, {.first = 1, .step = 2, .cols = s.width}, bytes);
        });
    b_.down_weights =
        add_layers("ffn_down", c_.width * s.ffn * kHalf, [=](const Layer& l, Bytes bytes) {
          store_matrix(l.ffn_down, source, {.cols = s.ffn}, bytes);
        });
    b_.gate_up_bias = add_bias(
        "ffn_gate_up.bias", 2 * c_.ffn,
        [](const Layer& l, Bytes bytes) {
          if (l.gate_bias) store_floats(l.gate_bias->values, 0, 2, bytes);
          if (l.up_bias) store_floats(l.up_bias->values, 1, 2, bytes);
        },
        [](const Layer& l) { return l.gate_bias || l.up_bias; });
    b_.down_bias = add_vector_bias("ffn_down.bias", c_.width, &Layer::down_bias);
  }

  void plan_norms() {
    const std::int64_t bytes = sizes_.width * kFloat;
    b_.attention_norm = add_layers("attn_norm", bytes, [](const Layer& l, Bytes to) {
      store_floats(l.attention_norm.values, 0, 1, to);
    });
    b_.ffn_norm = add_layers("ffn_norm", bytes, [](const Layer& l, Bytes to) {
      store_floats(l.ffn_norm.values, 0, 1, to);
    });
    const Model& model = model_;
    b_.final_norm = add("output_norm", bytes,
                        [&model](Bytes to) { store_floats(model.final_norm.values, 0, 1, to); });
  }

  void plan_activations() {
    const std::int64_t cache = a_.kv_heads * a_.context * a_.stride() * kFloat;
    b_.keys = add("cache_k", c_.layers * cache);
    b_.values = add("cache_v", c_.layers * cache);
    b_.stream = add("stream", sizes_.width * kFloat);
    b_.qkv = add("qkv", sizes_.qkv_rows * kFloat);
    b_.query = add("query", a_.heads * a_.stride() * kFloat);
    b_.attended = add("attended", sizes_.attended * kFloat);
    b_.gated = add("gated", sizes_.ffn * kFloat);
    const std::int64_t splits = a_.heads * a_.stored_splits();
    const bool splits_happen = a_.most_splits() > 1;
    b_.partial = splits_happen ? add("attn_partial", splits * a_.stride() * kFloat) : -1;
    b_.split_weights = splits_happen ? add("attn_weights", splits * 2 * kFloat) : -1;
    b_.logits = add("logits", c_.vocab * kFloat);
  }

  const Model& model_;
  const graph::ModelConfig& c_;
  GpuProgram& p_;
  const AttentionShape& a_;
  ModelSizes sizes_;
  ModelBuffers b_{};
};

}  // namespace

ModelSizes model_sizes(const graph::ModelConfig& c, const AttentionShape& attention) {
  return {padded(c.width), padded(c.heads * attention.stride()), padded(c.ffn),
          (c.heads + 2 * c.kv_heads) * c.head_dim};
}

std::int64_t layer_stride(const GpuProgram& program, int buffer) {
  return program.buffers[static_cast<std::size_t>(buffer)].bytes /
         std::max<std::int64_t>(program.layers, 1);
}

ModelBuffers plan_buffers(const Model& model, GpuProgram& program) {
  const ModelBuffers buffers = Planner(model, program).plan();
  program.mailbox = buffers.mailbox;
  program.logits = buffers.logits;
  program.keys = buffers.keys;
  program.values = buffers.values;
  return buffers;
}

}  // namespace metronome::gpu
