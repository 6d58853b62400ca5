// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/lower.h"

#include <array>

#include "compiler/ops/ops.h"

namespace metronome::compiler {

using graph::OpKind;
using graph::OpNode;
using lpu::Hemisphere;
using lpu::kWeightStripes;
using lpu::Opcode;

namespace {

using Map = std::array<std::uint8_t, 16>;

/// Maps that bring lane 0, 1, ... of a superlane to all its lanes.
std::vector<Map> broadcasts() {
  std::vector<Map> maps(16);
  for (std::uint8_t lane = 0; lane < 16; ++lane) maps[lane].fill(lane);
  return maps;
}

/// Exchanges the two lanes of each pair.
Map pair_swap() {
  Map map{};
  for (std::uint8_t lane = 0; lane < 16; ++lane) map[lane] = lane ^ 1U;
  return map;
}

}  // namespace

Lowering::Lowering(const graph::Graph& graph, Layout& layout, Scheduler& scheduler,
                   std::int64_t context)
    : graph_(graph),
      layout_(layout),
      t_(layout.tensors()),
      scheduler_(scheduler),
      spec_(layout.plan().spec()),
      context_(static_cast<int>(context)) {}

void Lowering::run() {
  scheduler_.begin_operator("open_position", -1);
  open_position();
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const OpNode& n = graph_.nodes[i];
    scheduler_.begin_operator(n.name(), n.layer);
    const OpNode* next = i + 1 < graph_.nodes.size() ? &graph_.nodes[i + 1] : nullptr;
    switch (n.kind) {
      case OpKind::kEmbed:
        embed(n);
        break;
      case OpKind::kRmsNorm:
        rms_norm(n);
        break;
      case OpKind::kMatMul:
        matmul(n, next != nullptr && next->kind == OpKind::kAdd);
        break;
      case OpKind::kRope:
        rope(n);
        break;
      case OpKind::kAppend:
        append(n);
        break;
      case OpKind::kAttention:
        attention(n);
        break;
      case OpKind::kGate:
        gate(n);
        break;
      case OpKind::kAdd:
        break;  // done by the multiply before it, on the way to memory
    }
  }
}

TensorId Lowering::vector_of(int id) const {
  const OpNode& n = node(id);
  return t_.vectors.at(n.part);
}

/// The position of this token becomes visible to attention: its mask row turns from -inf to 0.
void Lowering::open_position() {
  Cluster c = cluster("");
  const NodeId zero = c.read(t_.zero, at(t_.zero), 0);
  const NodeId map = c.read(t_.position_map, at(t_.position_map), 0);
  c.scatter(t_.mask, at(t_.mask), 0, zero, map);
  scheduler_.place(c);
}

/// Every stripe of the table gathers a row; the one that holds the token passes its select mask.
void Lowering::embed(const OpNode& n) {
  const WeightTiles& table = t_.weights.at(n.matrix);
  const Blocks blocks = layout_.plain(n.size);
  for (int b = 0; b < blocks.count(); ++b) {
    const int sl = layout_.superlanes(blocks.length(b));
    for (int side = 0; side < 2; ++side) {
      const TensorId tensor = table.side[side];
      if (tensor < 0) continue;
      Cluster c = cluster("gather");
      NodeId sum = side == 1 ? c.read(t_.embedding_part, at(t_.embedding_part), b) : -1;
      for (int stripe = 0; stripe < kWeightStripes; ++stripe) {
        const NodeId map = c.read(t_.token_map, at(t_.token_map), 0);
        const NodeId row = c.gather(tensor, layout_.plan().place(tensor, stripe),
                                    std::int64_t{b} * table.block_rows + stripe, map);
        const NodeId mask =
            c.read(t_.token_select, at(t_.token_select), side * kWeightStripes + stripe);
        const NodeId mine = c.binary(Opcode::kAnd, c.unary(Opcode::kCvtF16F32, row, sl), mask, sl);
        // The first waits a step, so that no two stripes ask for the map in one cycle.
        sum = sum < 0 ? c.unary(Opcode::kPass, mine, sl) : c.binary(Opcode::kOr, sum, mine, sl);
      }
      const bool last = side == 1 || table.side[1] < 0;
      const float scale = graph_.model->config.embedding_scale;
      if (last && scale != 1.0F) sum = c.binary(Opcode::kMulF32, sum, scale, sl);
      const TensorId target = last ? t_.residual : t_.embedding_part;
      c.write(target, at(target), b, sum);
      scheduler_.place(c);
    }
  }
}

void Lowering::write_split(Cluster& c, NodeId value, int block, int sl) {
  const NodeId high_w = c.unary(Opcode::kCvtF32F16, value, sl);
  const NodeId high_e = c.unary(Opcode::kCvtF32F16, value, sl);
  const NodeId back = c.unary(Opcode::kCvtF16F32, high_w, sl);
  const NodeId rest = c.binary(Opcode::kSubF32, value, back, sl);
  const NodeId low_w = c.unary(Opcode::kCvtF32F16, rest, sl);
  const NodeId low_e = c.unary(Opcode::kCvtF32F16, rest, sl);
  const std::int64_t row = 2 * block;
  c.write(t_.activations[0], at(t_.activations[0]), row, high_w);
  c.write(t_.activations[1], at(t_.activations[1]), row, high_e);
  c.write(t_.activations[0], at(t_.activations[0]), row + 1, low_w);
  c.write(t_.activations[1], at(t_.activations[1]), row + 1, low_e);
}

void Lowering::rms_norm(const OpNode& n) {
  const Blocks blocks = layout_.plain(n.size);
  const int used = layout_.superlanes(std::min(blocks.size, blocks.block));
  constexpr auto kSide = Hemisphere::kEast;

  Cluster squares = cluster("squares");
  {
    const NodeId x = squares.read(t_.residual, at(t_.residual), 0, blocks.count());
    const NodeId square = squares.binary(Opcode::kMulF32, x, x, used);
    const NodeId sum = squares.accumulate(Opcode::kAccAddF32, square, used);
    const NodeId spread =
        squares.distribute(kSide, squares.accumulator(sum, 16, used), broadcasts());
    const NodeId superlane = squares.accumulate(Opcode::kAccAddF32, spread, used);
    squares.write(t_.partial_sum, at(t_.partial_sum), 0, superlane);
  }
  scheduler_.place(squares);

  Cluster scale = cluster("scale");
  {
    NodeId total = -1;
    if (used == 1) {
      total = scale.read(t_.partial_sum, at(t_.partial_sum), 0);
    } else {
      std::vector<int> north;
      std::vector<int> south;
      north.reserve(static_cast<std::size_t>(used));
      south.reserve(static_cast<std::size_t>(used));
      for (int s = 0; s < used; ++s) north.push_back(s * spec_.lanes_per_superlane);
      for (int s = 1; s < used; ++s) south.push_back(s * spec_.lanes_per_superlane);
      const NodeId a = scale.read(t_.partial_sum, at(t_.partial_sum), 0, used, 1, 0);
      const NodeId b = scale.read(t_.partial_sum, at(t_.partial_sum), 0, used - 1, 1, 0);
      const NodeId from_south = scale.accumulate(
          Opcode::kAccAddF32, scale.shift(kSide, Opcode::kShiftNorth, a, north), used);
      const NodeId from_north = scale.accumulate(
          Opcode::kAccAddF32, scale.shift(kSide, Opcode::kShiftSouth, b, south), used);
      total = scale.binary(Opcode::kAddF32, from_south, from_north, used);
    }
    const float inverse = 1.0F / static_cast<float>(n.size);
    const NodeId mean = scale.binary(Opcode::kMulF32, total, inverse, used);
    const NodeId safe = scale.binary(Opcode::kAddF32, mean, graph_.model->config.rms_eps, used);
    scale.write(t_.scale, at(t_.scale), 0, scale.unary(Opcode::kRsqrtF32, safe, used));
  }
  scheduler_.place(scale);

  const TensorId weight = t_.parameters.at(n.vector);
  for (int b = 0; b < blocks.count(); ++b) {
    const int sl = layout_.superlanes(blocks.length(b));
    Cluster c = cluster("normalise");
    const NodeId x = c.read(t_.residual, at(t_.residual), b);
    const NodeId scaled = c.binary(Opcode::kMulF32, x, c.read(t_.scale, at(t_.scale), 0), sl);
    const NodeId y = c.binary(Opcode::kMulF32, scaled, c.read(weight, at(weight), b), sl);
    write_split(c, y, b, sl);
    scheduler_.place(c);
  }
}

void Lowering::matmul(const OpNode& n, bool adds_residual) {
  const WeightTiles& tiles = t_.weights.at(n.matrix);
  const Blocks rows = layout_.result_blocks(n);
  const Blocks columns = layout_.input_blocks(n, n.matrix->cols);
  for (int b = 0; b < rows.count(); ++b) {
    const Hemisphere h = tiles.hemisphere(b);
    const TensorId x = t_.activations[static_cast<int>(h)];
    const int out_superlanes = layout_.superlanes(rows.length(b));
    for (int k = 0; k < columns.count(); ++k) {
      scheduler_.load_tile(h, tiles.side[static_cast<int>(h)], tiles.first_row(b, k),
                           static_cast<int>(rows.length(b)));
      const int sl = layout_.superlanes(columns.length(k));
      const bool last = k + 1 == columns.count();
      Cluster c = cluster("multiply");
      const NodeId halves = c.read(x, at(x), 2 * std::int64_t{k}, 2, c.beats(sl));
      NodeId y = c.multiply(h, halves, sl, {.each = false, .continues = k > 0, .emits = last});
      if (last) {
        if (n.vector != nullptr) {
          const TensorId bias = t_.parameters.at(n.vector);
          y = c.binary(Opcode::kAddF32, y, c.read(bias, at(bias), b), out_superlanes);
        }
        TensorId target = t_.logits;
        if (adds_residual) {
          target = t_.residual;
          const NodeId old = c.read(t_.residual, at(t_.residual), b);
          y = c.binary(Opcode::kAddF32, y, old, out_superlanes);
        } else if (n.layer >= 0) {
          target = t_.vectors.at(n.part);
        }
        c.write(target, at(target), b, y);
      }
      scheduler_.place(c);
    }
  }
}

void Lowering::rope(const OpNode& n) {
  const Blocks blocks = layout_.heads();
  const TensorId from = vector_of(n.inputs[0]);
  const TensorId to = t_.vectors.at(n.part);
  for (int b = 0; b < blocks.count(); ++b) {
    const int sl = layout_.superlanes(blocks.length(b));
    Cluster c = cluster("");
    const NodeId x = c.read(from, at(from), b);
    const NodeId swapped =
        c.distribute(Hemisphere::kEast, c.read(from, at(from), b), {pair_swap()});
    const NodeId cosine =
        c.gather(t_.cosine, at(t_.cosine), 0, c.read(t_.position_map, at(t_.position_map), 0));
    const NodeId sine =
        c.gather(t_.sine, at(t_.sine), 0, c.read(t_.position_map, at(t_.position_map), 0));
    // Nodes are numbered as they are made: one a statement, since the order of arguments is free.
    const NodeId along = c.binary(Opcode::kMulF32, x, cosine, sl);
    const NodeId across = c.binary(Opcode::kMulF32, swapped, sine, sl);
    NodeId y = c.binary(Opcode::kAddF32, along, across, sl);
    if (n.scale != 1.0F) y = c.binary(Opcode::kMulF32, y, n.scale, sl);
    c.write(to, at(to), b, y);
    scheduler_.place(c);
  }
}

void Lowering::append(const OpNode& n) {
  const TensorId from = vector_of(n.inputs[0]);
  const auto& caches = n.cache == graph::CacheKind::kKeys ? t_.keys : t_.values;
  for (int b = 0; b < layout_.heads().count(); ++b) {
    const TensorId cache = caches[static_cast<std::size_t>(n.layer)][static_cast<std::size_t>(b)];
    Cluster c = cluster("");
    const NodeId x = c.read(from, at(from), b);
    const NodeId map = c.read(t_.position_map, at(t_.position_map), 0);
    c.scatter(cache, at(cache), 0, x, map);
    scheduler_.place(c);
  }
}

void Lowering::attention(const OpNode& n) {
  for (int b = 0; b < layout_.heads().count(); ++b) {
    score_rows(n, b);
    weigh_values(n, b);
  }
}

/// Scores of every position, each head's sum spread over its lanes: products q k in the vector
/// unit, summed within heads by a matrix of ones, high halves in the east and low halves in the
/// west.
void Lowering::score_rows(const OpNode& n, int b) {
  const Blocks blocks = layout_.heads();
  const int sl = layout_.superlanes(blocks.length(b));
  const auto rows = static_cast<int>(blocks.length(b));
  for (int side = 0; side < 2; ++side) {
    scheduler_.load_tile(static_cast<Hemisphere>(side), t_.ones[side], 0, rows);
  }
  const TensorId keys = t_.keys[static_cast<std::size_t>(n.layer)][static_cast<std::size_t>(b)];
  const TensorId query = vector_of(n.inputs[0]);
  Cluster c = cluster("scores");
  const int stride = c.beats(sl);
  const NodeId k = c.read(keys, at(keys), 0, context_, stride);
  const NodeId q = c.hold(c.read(query, at(query), b), context_, sl, stride);
  const NodeId product = c.binary(Opcode::kMulF32, k, q, sl);
  const NodeId high = c.unary(Opcode::kCvtF32F16, product, sl);
  const NodeId rest = c.binary(Opcode::kSubF32, product, c.unary(Opcode::kCvtF16F32, high, sl), sl);
  const NodeId low = c.unary(Opcode::kCvtF32F16, rest, sl);
  const NodeId high_copy = c.unary(Opcode::kCvtF32F16, product, sl);
  const Fold each{.each = true, .continues = false, .emits = true};
  const NodeId sum_high =
      c.unary(Opcode::kPass, c.multiply(Hemisphere::kEast, high_copy, sl, each), sl);
  const NodeId sum_low = c.multiply(Hemisphere::kWest, low, sl, each);
  const NodeId score = c.binary(Opcode::kAddF32, sum_high, sum_low, sl);
  const NodeId mask = c.read(t_.mask, at(t_.mask), 0, context_, stride);
  const NodeId masked = c.binary(Opcode::kAddF32, score, mask, sl);
  c.write(t_.scores, at(t_.scores), 0, masked);
  c.write(t_.highest_score, at(t_.highest_score), 0, c.accumulate(Opcode::kAccMaxF32, masked, sl));
  scheduler_.place(c);
}

/// Softmax and the weighted sum of values, over the positions in ascending order.
void Lowering::weigh_values(const OpNode& n, int b) {
  const int sl = layout_.superlanes(layout_.heads().length(b));
  const TensorId values = t_.values[static_cast<std::size_t>(n.layer)][static_cast<std::size_t>(b)];
  Cluster c = cluster("values");
  const NodeId score = c.read(t_.scores, at(t_.scores), 0, context_);
  const NodeId highest = c.hold(c.read(t_.highest_score, at(t_.highest_score), 0), context_, sl);
  const NodeId e = c.unary(Opcode::kExpF32, c.binary(Opcode::kSubF32, score, highest, sl), sl);
  const NodeId total = c.accumulate(Opcode::kAccAddF32, e, sl);
  const NodeId v = c.read(values, at(values), 0, context_);
  const NodeId sum = c.accumulate(Opcode::kAccAddF32, c.binary(Opcode::kMulF32, e, v, sl), sl);
  const NodeId root = c.unary(Opcode::kRsqrtF32, total, sl);
  const NodeId inverse = c.binary(Opcode::kMulF32, root, root, sl);
  write_split(c, c.binary(Opcode::kMulF32, sum, inverse, sl), b, sl);
  scheduler_.place(c);
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
    const NodeId active = activate(c, c.read(gates, at(gates), b), sl);
    write_split(c, c.binary(Opcode::kMulF32, active, c.read(ups, at(ups), b), sl), b, sl);
    scheduler_.place(c);
  }
}

}  // namespace metronome::compiler
