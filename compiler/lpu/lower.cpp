// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/lower.h"

#include <numeric>

#include "compiler/ops/ops.h"
#include "hw/isa/error.h"

namespace metronome::compiler {

using graph::OpKind;
using graph::OpNode;
using lpu::Opcode;

Lowering::Lowering(const graph::Graph& graph, Layout& layout, std::int64_t context)
    : graph_(graph),
      layout_(layout),
      t_(layout.tensors()),
      spec_(layout.plan().spec()),
      context_(static_cast<int>(context)) {}

std::vector<Work> Lowering::run() {
  op_ = "open_position";
  open_position();
  for (const std::size_t i : order()) {
    const OpNode& n = graph_.nodes[i];
    op_ = n.name();
    layer_ = n.layer;
    lower(n, i + 1 < graph_.nodes.size() ? &graph_.nodes[i + 1] : nullptr);
  }
  return std::move(works_);
}

/// The graph's order, but keys before queries: they have the longer way, through the cache.
std::vector<std::size_t> Lowering::order() const {
  std::vector<std::size_t> all(graph_.nodes.size());
  std::iota(all.begin(), all.end(), 0U);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const std::string& part = graph_.nodes[i].part;
    if (part == "attn_q" || part == "rope_q") std::swap(all[i], all[i + 1]);
  }
  return all;
}

void Lowering::lower(const OpNode& n, const OpNode* next) {
  switch (n.kind) {
    case OpKind::kEmbed:
      return embed(n);
    case OpKind::kRmsNorm:
      return rms_norm(n);
    case OpKind::kMatMul:
      return matmul(n, next != nullptr && next->kind == OpKind::kAdd);
    case OpKind::kRope:
      return rope(n);
    case OpKind::kAttention:
      return attention(n);
    case OpKind::kGate:
      return gate(n);
    case OpKind::kAppend:  // done where keys and values are made, on the way to memory
    case OpKind::kAdd:     // done by the multiply before it
      return;
    case OpKind::kLayerNorm:
    case OpKind::kAddPosition:
    case OpKind::kScale:
    case OpKind::kActivation:
    case OpKind::kPool:
      check(false, op_, 0, "an operator that require_lowered_operators refuses");
  }
}

void Lowering::add(Cluster cluster, std::vector<Tile> tiles) {
  works_.push_back({op_, layer_, {{std::move(tiles), std::move(cluster)}}});
}

TensorId Lowering::vector_of(int id) const { return t_.vectors.at(node(id).part); }

/// The position of this token becomes visible to attention: its mask row turns from -inf to 0.
void Lowering::open_position() {
  Cluster c = cluster("");
  const NodeId zero = read(c, t_.zero, 0);
  const NodeId map = read(c, t_.position_map, 0);
  c.scatter(t_.mask, at(t_.mask), 0, zero, map);
  add(std::move(c));
}

void Lowering::write_split(Cluster& c, NodeId value, int block, int sl) {
  const NodeId high_w = c.unary(Opcode::kCvtF32F16, value, sl);
  const NodeId high_e = c.unary(Opcode::kCvtF32F16, value, sl);
  const NodeId back = c.unary(Opcode::kCvtF16F32, high_w, sl);
  const NodeId rest = c.binary(Opcode::kSubF32, value, back, sl);
  const NodeId low_w = c.unary(Opcode::kCvtF32F16, rest, sl);
  const NodeId low_e = c.unary(Opcode::kCvtF32F16, rest, sl);
  const std::int64_t row = 2 * static_cast<std::int64_t>(block);
  write(c, t_.activations[0], row, high_w);
  write(c, t_.activations[1], row, high_e);
  write(c, t_.activations[0], row + 1, low_w);
  write(c, t_.activations[1], row + 1, low_e);
}

NodeId Lowering::activate(Cluster& c, NodeId g, int sl) const {
  // The operand enters once; what is needed of it later waits in the vector unit.
  const NodeId x = c.unary(Opcode::kPass, g, sl);
  if (graph_.model->config.activation == graph::Activation::kSilu) {
    const NodeId e = c.unary(Opcode::kExpF32, c.unary(Opcode::kNegF32, x, sl), sl);
    const NodeId root = c.unary(Opcode::kRsqrtF32, c.binary(Opcode::kAddF32, e, 1.0F, sl), sl);
    return c.binary(Opcode::kMulF32, x, c.binary(Opcode::kMulF32, root, root, sl), sl);
  }
  const NodeId cube = c.binary(Opcode::kMulF32, c.binary(Opcode::kMulF32, x, x, sl), x, sl);
  const NodeId inner = c.binary(
      Opcode::kMulF32,
      c.binary(Opcode::kAddF32, x, c.binary(Opcode::kMulF32, cube, ops::kGeluCubic, sl), sl),
      ops::kGeluScale, sl);
  const NodeId bell = c.binary(Opcode::kAddF32, c.unary(Opcode::kTanhF32, inner, sl), 1.0F, sl);
  return c.binary(Opcode::kMulF32, c.binary(Opcode::kMulF32, x, 0.5F, sl), bell, sl);
}

void Lowering::gate(const OpNode& n) {
  const Blocks blocks = layout_.plain(n.size);
  const TensorId gates = vector_of(n.inputs[0]);
  const TensorId ups = vector_of(n.inputs[1]);
  for (int b = 0; b < blocks.count(); ++b) {
    const int sl = layout_.superlanes(blocks.length(b));
    Cluster c = cluster("");
    const NodeId active = activate(c, read(c, gates, b), sl);
    const NodeId y = c.binary(Opcode::kMulF32, active, read(c, ups, b), sl);
    if (layout_.quantised()) {
      write(c, t_.vectors.at("ffn_act"), b, y);
    } else {
      write_split(c, y, b, sl);
    }
    add(std::move(c));
  }
  if (layout_.quantised()) {
    quantise(t_.vectors.at("ffn_act"), blocks.count(), blocks.widest(), -1, t_.activation_scale);
  }
}

}  // namespace metronome::compiler
