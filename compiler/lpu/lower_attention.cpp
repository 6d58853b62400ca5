// SPDX-License-Identifier: Apache-2.0
// Attention of one token over the cache: positions pass one after the other, heads lie side by side
// in the lanes, so softmax needs no reduction over lanes.
#include <algorithm>

#include "compiler/lpu/lane_maps.h"
#include "compiler/lpu/lower.h"

namespace metronome::compiler {

using graph::OpNode;
using lpu::Hemisphere;
using lpu::Opcode;

void Lowering::append(Cluster& c, TensorId cache, NodeId value, int sl) {
  if (layout_.quantised()) value = c.unary(Opcode::kCvtF32F16, value, sl);
  const NodeId map = read(c, t_.position_map, 0);
  c.scatter(cache, at(cache), 0, value, map);
}

void Lowering::append_keys(Cluster& c, const OpNode& n, int block, NodeId keys, int sl) {
  append(c, t_.keys[static_cast<std::size_t>(n.layer)][static_cast<std::size_t>(block)], keys, sl);
}

void Lowering::append_values(Cluster& c, const OpNode& n, int block, NodeId values, int sl) {
  append(c, t_.values[static_cast<std::size_t>(n.layer)][static_cast<std::size_t>(block)], values,
         sl);
}

void Lowering::rope(const OpNode& n) {
  const Blocks blocks = layout_.result_blocks(n);
  const TensorId from = vector_of(n.inputs[0]);
  for (int b = 0; b < blocks.count(); ++b) {
    const int sl = layout_.superlanes(blocks.length(b));
    Cluster c = cluster("");
    const NodeId x = read(c, from, b);
    const NodeId swapped = c.distribute(Hemisphere::kEast, read(c, from, b), {pair_swap()});
    const NodeId cosine = c.gather(t_.cosine, at(t_.cosine), 0, read(c, t_.position_map, 0));
    const NodeId sine = c.gather(t_.sine, at(t_.sine), 0, read(c, t_.position_map, 0));
    // Nodes are numbered as they are made: one a statement, since the order of arguments is free.
    const NodeId along = c.binary(Opcode::kMulF32, x, cosine, sl);
    const NodeId across = c.binary(Opcode::kMulF32, swapped, sine, sl);
    NodeId y = c.binary(Opcode::kAddF32, along, across, sl);
    if (n.scale != 1.0F) y = c.binary(Opcode::kMulF32, y, n.scale, sl);
    if (n.part == "rope_k") {
      append_keys(c, n, b, y, sl);
    } else {
      write(c, t_.vectors.at(n.part), b, y);
    }
    add(std::move(c));
  }
}

void Lowering::attention(const OpNode& n) {
  const int sets = layout_.score_sets();
  for (int first = 0; first < layout_.heads().vectors(); first += sets) {
    const int last = std::min(first + sets, layout_.heads().vectors());
    for (int v = first; v < last; ++v) {
      for (int part = 0; part < score_parts(v); ++part) score_rows(n, v, part);
    }
    for (int v = first; v < last; ++v) weigh_values(n, v);
  }
  if (!layout_.quantised()) return;
  quantise(t_.attention, layout_.heads().vectors(), layout_.heads().lanes(0), -1,
           t_.activation_scale);
}

/// Rows of the cache in fp32.
NodeId Lowering::cached(Cluster& c, TensorId cache, const Positions& p, int sl) const {
  const NodeId rows = c.read(cache, layout_.plan().place(cache), p.first, p.count, p.stride);
  return layout_.quantised() ? c.unary(Opcode::kCvtF16F32, rows, sl) : rows;
}

int Lowering::score_parts(int vector) const {
  const HeadLayout& heads = layout_.heads();
  const int sl = layout_.superlanes(heads.lanes(heads.kv_block(vector)));
  return layout_.quantised() && context_ > 1 && cluster("").beats(sl) > 1 ? 2 : 1;
}

/// Scores of some positions, each head's sum spread over its lanes: products q k in the vector
/// unit, summed within heads by a matrix of ones. In int8 each side of the chip sums a part of the
/// positions.
void Lowering::score_rows(const OpNode& n, int v, int part) {
  const HeadLayout& heads = layout_.heads();
  const int block = heads.kv_block(v);
  const int sl = layout_.superlanes(heads.lanes(block));
  const TensorId keys = t_.keys[static_cast<std::size_t>(n.layer)][static_cast<std::size_t>(block)];
  const TensorId query = vector_of(n.inputs[0]);
  std::vector<Tile> tiles;
  Cluster c = cluster("scores");
  const int first = (context_ + score_parts(v) - 1) / score_parts(v);
  const Positions p{part * first, part == 0 ? first : context_ - first, c.beats(sl)};
  const NodeId k = cached(c, keys, p, sl);
  const NodeId q = c.hold(read(c, query, v), p.count, sl, p.stride);
  const NodeId product = c.binary(Opcode::kMulF32, k, q, sl);
  NodeId score = -1;
  if (layout_.quantised()) {
    const int side = score_parts(v) == 1 ? v % 2 : part;
    const auto h = static_cast<Hemisphere>(side);
    tiles.push_back({t_.ones[side], h, 0, static_cast<int>(heads.lanes(0))});
    score = c.multiply(h, c.unary(Opcode::kCvtF32F16, product, sl), sl,
                       {.each = true, .continues = false, .emits = true});
  } else {
    for (int side = 0; side < 2; ++side) {
      tiles.push_back(
          {t_.ones[side], static_cast<Hemisphere>(side), 0, static_cast<int>(heads.lanes(0))});
    }
    score = half_scores(c, product, sl);
  }
  const NodeId mask = read(c, t_.mask, p.first, p.count, p.stride);
  const NodeId masked = c.binary(Opcode::kAddF32, score, mask, sl);
  write(c, scores_of(v), score_row(v) + p.first, masked);
  write(c, t_.highest_score, 2 * std::int64_t{v} + part,
        c.accumulate(Opcode::kAccMaxF32, masked, sl));
  add(std::move(c), std::move(tiles));
}

/// Sums of the products' high halves in the east and of their low halves in the west.
NodeId Lowering::half_scores(Cluster& c, NodeId product, int sl) {
  const NodeId high = c.unary(Opcode::kCvtF32F16, product, sl);
  const NodeId rest = c.binary(Opcode::kSubF32, product, c.unary(Opcode::kCvtF16F32, high, sl), sl);
  const NodeId low = c.unary(Opcode::kCvtF32F16, rest, sl);
  const NodeId high_copy = c.unary(Opcode::kCvtF32F16, product, sl);
  const Fold each{.each = true, .continues = false, .emits = true};
  const NodeId sum_high =
      c.unary(Opcode::kPass, c.multiply(Hemisphere::kEast, high_copy, sl, each), sl);
  const NodeId sum_low = c.multiply(Hemisphere::kWest, low, sl, each);
  return c.binary(Opcode::kAddF32, sum_high, sum_low, sl);
}

/// Softmax and the weighted sum of values, over the positions in ascending order.
void Lowering::weigh_values(const OpNode& n, int v) {
  const HeadLayout& heads = layout_.heads();
  const int block = heads.kv_block(v);
  const int sl = layout_.superlanes(heads.lanes(block));
  const TensorId values =
      t_.values[static_cast<std::size_t>(n.layer)][static_cast<std::size_t>(block)];
  Cluster c = cluster("values");
  const NodeId score = read(c, scores_of(v), score_row(v), context_);
  NodeId most = read(c, t_.highest_score, 2 * std::int64_t{v});
  if (score_parts(v) == 2) {
    const NodeId first = c.unary(Opcode::kPass, most, sl);
    most = c.binary(Opcode::kMaxF32, first, read(c, t_.highest_score, 2 * std::int64_t{v} + 1), sl);
  }
  const NodeId highest = c.hold(most, context_, sl);
  const NodeId e = c.unary(Opcode::kExpF32, c.binary(Opcode::kSubF32, score, highest, sl), sl);
  const NodeId total = c.accumulate(Opcode::kAccAddF32, e, sl);
  const NodeId value = cached(c, values, {0, context_, 1}, sl);
  const NodeId sum = c.accumulate(Opcode::kAccAddF32, c.binary(Opcode::kMulF32, e, value, sl), sl);
  const NodeId root = c.unary(Opcode::kRsqrtF32, total, sl);
  const NodeId inverse = c.binary(Opcode::kMulF32, root, root, sl);
  const NodeId result = c.binary(Opcode::kMulF32, sum, inverse, sl);
  if (layout_.quantised()) {
    write(c, t_.attention, v, result);
  } else {
    write_split(c, result, v, sl);
  }
  add(std::move(c));
}

}  // namespace metronome::compiler
