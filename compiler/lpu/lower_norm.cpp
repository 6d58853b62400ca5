// SPDX-License-Identifier: Apache-2.0
// Norms, and the way of fp32 vectors into the activations of an int8 multiply.
#include <algorithm>

#include "compiler/lpu/lane_maps.h"
#include "compiler/lpu/lower.h"
#include "compiler/ops/quantise.h"

namespace metronome::compiler {

using graph::OpNode;
using lpu::Hemisphere;
using lpu::Opcode;

/// Lanes of `first`, first + 1, ... superlanes.
std::vector<int> Lowering::superlane_shifts(int first, int end) const {
  std::vector<int> lanes;
  for (int s = first; s < end; ++s) lanes.push_back(s * spec_.lanes_per_superlane);
  return lanes;
}

NodeId Lowering::fold_lanes(Cluster& c, Opcode opcode, NodeId accumulated, int sl) const {
  const Hemisphere side = opcode == Opcode::kAccMaxF32 ? Hemisphere::kWest : Hemisphere::kEast;
  const Hemisphere other = side == Hemisphere::kWest ? Hemisphere::kEast : Hemisphere::kWest;
  const NodeId spread = c.distribute(side, c.accumulator(accumulated, 16, sl), broadcasts());
  const NodeId mine = c.accumulate(opcode, spread, sl);
  if (sl == 1) return mine;
  // One accumulator sends one way, so the superlanes' folds are accumulated twice.
  const NodeId copy = c.accumulate(opcode, spread, sl);
  const int later = lpu::info(Opcode::kShiftSouth).latency(spec_.superlanes) -
                    lpu::info(Opcode::kShiftNorth).latency(spec_.superlanes) - 1;
  const NodeId from_north = c.accumulate(
      opcode,
      c.shift(other, Opcode::kShiftSouth, c.accumulator(copy, sl - 1, sl), superlane_shifts(1, sl)),
      sl);
  const NodeId from_south =
      c.accumulate(opcode,
                   c.shift(side, Opcode::kShiftNorth, c.accumulator(mine, sl, sl, 1, later),
                           superlane_shifts(0, sl)),
                   sl);
  const Opcode join = opcode == Opcode::kAccMaxF32 ? Opcode::kMaxF32 : Opcode::kAddF32;
  return c.binary(join, from_south, from_north, sl);
}

void Lowering::rms_norm(const OpNode& n) {
  if (!layout_.quantised()) return half_norm(n);
  quantise_norm(n);
  norm_scale(n);
}

/// 1 / root mean square, as each superlane gets it.
void Lowering::mean_square(const OpNode& n) {
  const Blocks blocks = layout_.plain(n.size);
  const int sl = layout_.superlanes(blocks.widest());
  Cluster c = cluster("mean_square");
  const NodeId x = read(c, t_.residual, 0, blocks.count());
  const NodeId squares = c.accumulate(Opcode::kAccAddF32, c.binary(Opcode::kMulF32, x, x, sl), sl);
  const NodeId total = fold_lanes(c, Opcode::kAccAddF32, squares, sl);
  const NodeId mean = c.binary(Opcode::kMulF32, total, 1.0F / static_cast<float>(n.size), sl);
  const NodeId safe = c.binary(Opcode::kAddF32, mean, graph_.model->config.rms_eps, sl);
  write(c, t_.scale, 0, c.unary(Opcode::kRsqrtF32, safe, sl));
  add(std::move(c));
}

/// The scale of a norm's integers: 1 / root mean square, as superlane 0 gets it, times the scale of
/// the vector before it; the same in every superlane, since results lie in others than operands.
void Lowering::norm_scale(const OpNode& n) {
  const Blocks blocks = layout_.plain(n.size);
  const int sl = layout_.superlanes(blocks.widest());
  constexpr auto kAcc = Opcode::kAccAddF32;
  Cluster c = cluster("mean_square");
  const NodeId x = read(c, t_.residual, 0, blocks.count());
  const NodeId squares = c.accumulate(kAcc, c.binary(Opcode::kMulF32, x, x, sl), sl);
  const NodeId spread =
      c.distribute(Hemisphere::kEast, c.accumulator(squares, 16, sl), broadcasts());
  NodeId total = c.accumulate(kAcc, spread, sl);
  if (sl > 1) {
    const NodeId copy = c.accumulate(kAcc, spread, sl);
    const NodeId others =
        c.accumulate(kAcc,
                     c.shift(Hemisphere::kWest, Opcode::kShiftSouth,
                             c.accumulator(copy, sl - 1, sl), superlane_shifts(1, sl)),
                     sl);
    const auto wait = static_cast<int>(c.last_issue(others) - c.last_issue(total) - 1);
    total = c.binary(Opcode::kAddF32, c.accumulator(total, 1, 1, 1, wait), others, 1);
  }
  const NodeId mean = c.binary(Opcode::kMulF32, total, 1.0F / static_cast<float>(n.size), 1);
  const NodeId safe = c.binary(Opcode::kAddF32, mean, graph_.model->config.rms_eps, 1);
  const NodeId inverse = c.unary(Opcode::kRsqrtF32, safe, 1);
  const NodeId scale = c.binary(Opcode::kMulF32, read(c, t_.norm_scale, 0), inverse, 1);
  const int all = spec_.superlanes;
  const NodeId everywhere = c.accumulate(Opcode::kAccOr,
                                         c.shift(Hemisphere::kEast, Opcode::kShiftNorth,
                                                 c.hold(scale, all, 1), superlane_shifts(0, all)),
                                         all);
  write(c, t_.activation_scale, 0, everywhere);
  add(std::move(c));
}

void Lowering::half_norm(const OpNode& n) {
  mean_square(n);
  const Blocks blocks = layout_.plain(n.size);
  const TensorId weight = t_.parameters.at(n.vector);
  for (int b = 0; b < blocks.count(); ++b) {
    const int sl = layout_.superlanes(blocks.length(b));
    Cluster c = cluster("normalise");
    const NodeId x = read(c, t_.residual, b);
    const NodeId scaled = c.binary(Opcode::kMulF32, x, read(c, t_.scale, 0), sl);
    const NodeId y = c.binary(Opcode::kMulF32, scaled, read(c, weight, b), sl);
    write_split(c, y, b, sl);
    add(std::move(c));
  }
}

void Lowering::quantise_norm(const OpNode& n) {
  const Blocks blocks = layout_.plain(n.size);
  quantise(t_.residual, blocks.count(), blocks.widest(), t_.parameters.at(n.vector), t_.norm_scale);
}

void Lowering::quantise(TensorId rows, int count, std::int64_t widest, TensorId weight,
                        TensorId scale) {
  const int sl = layout_.superlanes(widest);
  const int all = spec_.superlanes;  // results lie in others than operands
  const bool two = layout_.activation_rows() == 2;
  Cluster c = cluster("quantise");
  const auto vector = [&] {
    const NodeId x = read(c, rows, 0, count);
    return weight < 0 ? x : c.binary(Opcode::kMulF32, x, read(c, weight, 0, count), sl);
  };
  NodeId x = vector();
  if (weight < 0) x = c.unary(Opcode::kPass, x, sl);
  const NodeId size = c.binary(Opcode::kMaxF32, x, c.unary(Opcode::kNegF32, x, sl), sl);
  const NodeId largest =
      fold_lanes(c, Opcode::kAccMaxF32, c.accumulate(Opcode::kAccMaxF32, size, sl), all);
  const NodeId safe = c.binary(Opcode::kMaxF32, largest, ops::kLeastActivation, all);
  const NodeId root = c.unary(Opcode::kRsqrtF32, safe, all);
  const NodeId inverse = c.binary(Opcode::kMulF32, root, root, all);
  const float steps = two ? ops::kSteps16 : ops::kSteps8;
  const NodeId factor = c.binary(Opcode::kMulF32, inverse, steps, all);
  write(c, scale, 0, c.binary(Opcode::kMulF32, safe, 1.0F / steps, all));
  const NodeId scaled = c.binary(Opcode::kMulF32, vector(), c.hold(factor, count, sl), sl);
  write_quantised(c, scaled, sl);
  add(std::move(c));
}

void Lowering::write_quantised(Cluster& c, NodeId scaled, int sl) {
  const int rows = layout_.activation_rows();
  const auto both_sides = [&](NodeId value, int row) {
    for (const TensorId side : t_.activations) {
      write(c, side, row, c.unary(Opcode::kCvtF32I8, value, sl), rows);
    }
  };
  if (rows == 1) return both_sides(scaled, 0);
  const NodeId high = c.binary(Opcode::kMulF32, scaled, 1.0F / ops::kHighStep, sl);
  both_sides(high, 0);
  const NodeId rounded = c.unary(Opcode::kCvtI8F32, c.unary(Opcode::kCvtF32I8, high, sl), sl);
  const NodeId back = c.binary(Opcode::kMulF32, rounded, ops::kHighStep, sl);
  both_sides(c.binary(Opcode::kSubF32, scaled, back, sl), 1);
}

}  // namespace metronome::compiler
