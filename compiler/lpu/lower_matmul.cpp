// SPDX-License-Identifier: Apache-2.0
// Matrix times vector: block by block of the result, tile by tile of its columns.
#include <algorithm>

#include "compiler/lpu/lower.h"
#include "compiler/ops/quantise.h"

namespace metronome::compiler {

using graph::OpNode;
using lpu::Hemisphere;
using lpu::Opcode;

/// Adds the products of one tile to the accumulators, fp32 or int32; emits the sum if it is the
/// last.
NodeId Lowering::product(Cluster& c, const Operand& x, int half) {
  const TensorId rows = t_.activations[static_cast<int>(x.hemisphere)];
  const Fold fold{.each = false, .continues = !x.first, .emits = x.last};
  const int count = layout_.activation_rows();
  if (!layout_.quantised()) {
    const NodeId halves =
        read(c, rows, std::int64_t{count} * x.column, count, c.beats(x.superlanes));
    return c.multiply(x.hemisphere, halves, x.superlanes, fold);
  }
  const NodeId row = read(c, rows, std::int64_t{count} * x.column + half);
  return c.multiply(x.hemisphere, row, x.superlanes, fold, half);
}

/// The integer sum of a whole block: this run's and those of the runs before it.
NodeId Lowering::whole_sum(Cluster& c, const Operand& x, const std::vector<PartialSum>& before,
                           int half, int sl) {
  NodeId sum = product(c, x, half);
  for (const PartialSum& p : before) {
    sum = c.binary(Opcode::kAddModI32, sum, read(c, p.tensor, p.row + half), sl);
  }
  return sum;
}

/// Integer sums times the scales of the vector and of the weights' rows.
NodeId Lowering::rescaled(Cluster& c, const OpNode& n, const Operand& x,
                          const std::vector<PartialSum>& before, int block, int sl) {
  NodeId y = c.unary(Opcode::kCvtI32F32, whole_sum(c, x, before, 0, sl), sl);
  if (layout_.activation_rows() == 2) {
    y = c.binary(Opcode::kMulF32, y, ops::kHighStep, sl);
    const NodeId low = c.unary(Opcode::kCvtI32F32, whole_sum(c, x, before, 1, sl), sl);
    y = c.binary(Opcode::kAddF32, y, low, sl);
  }
  y = c.binary(Opcode::kMulF32, y, read(c, t_.activation_scale, 0), sl);
  return c.binary(Opcode::kMulF32, y, read(c, t_.scales.at(n.matrix), block), sl);
}

TensorId Lowering::target_of(const OpNode& n) const {
  return n.layer < 0 ? t_.logits : t_.vectors.at(n.part);
}

/// The last step's sum, on its way to memory.
void Lowering::finish_block(Cluster& c, const OpNode& n, const Operand& x,
                            const std::vector<PartialSum>& before, int block, bool adds_residual) {
  const int sl = layout_.superlanes(layout_.result_blocks(n).length(block));
  NodeId y = layout_.quantised() ? rescaled(c, n, x, before, block, sl) : product(c, x, 0);
  if (n.vector != nullptr) {
    y = c.binary(Opcode::kAddF32, y, read(c, t_.parameters.at(n.vector), block), sl);
  }
  if (adds_residual) y = c.binary(Opcode::kAddF32, y, read(c, t_.residual, block), sl);
  if (n.part == "attn_v") return append_values(c, n, block, y, sl);
  write(c, adds_residual ? t_.residual : target_of(n), block, y);
}

/// A run's sum, kept until the last run of its block.
Lowering::PartialSum Lowering::keep_sum(Cluster& c, const Operand& x) {
  const int count = layout_.activation_rows();
  const PartialSum kept{t_.partial[static_cast<int>(x.hemisphere)], next_partial_};
  next_partial_ = (next_partial_ + count) % kPartialSums;
  write(c, kept.tensor, kept.row, product(c, x, 0));
  return kept;
}

void Lowering::matmul(const OpNode& n, bool adds_residual) {
  struct Turn {
    std::int64_t row;  // where the run begins in its bank
    int block;
    const TileRun* run;
  };
  const WeightTiles& tiles = t_.weights.at(n.matrix);
  std::vector<Turn> turns;
  std::vector<std::size_t> left;  // runs to come of each block
  for (const std::vector<TileRun>& runs : tiles.runs) {
    for (const TileRun& run : runs) {
      turns.push_back({run.first_rows.front(), static_cast<int>(left.size()), &run});
    }
    left.push_back(runs.size());
  }
  // All banks are read side by side, each from its start.
  std::stable_sort(turns.begin(), turns.end(),
                   [](const Turn& a, const Turn& b) { return a.row < b.row; });
  std::vector<std::vector<PartialSum>> sums(left.size());
  for (const Turn& turn : turns) {
    const auto at = static_cast<std::size_t>(turn.block);
    const bool whole = --left[at] == 0;
    multiply_run(n, turn.block, *turn.run, whole, adds_residual, sums[at]);
  }
}

/// The tiles of a run, through one plane.
void Lowering::multiply_run(const OpNode& n, int b, const TileRun& run, bool whole,
                            bool adds_residual, std::vector<PartialSum>& sums) {
  const WeightTiles& tiles = t_.weights.at(n.matrix);
  const auto rows = static_cast<int>(layout_.result_blocks(n).length(b));
  const Blocks columns = layout_.input_blocks(n, n.matrix->cols);
  const auto count = static_cast<int>(run.first_rows.size());
  Work work{op_, layer_, {}};
  for (int i = 0; i < count; ++i) {
    const int k = run.first_column + i;
    const Operand x{MemoryPlan::hemisphere_of_bank(run.bank), k,
                    layout_.superlanes(columns.length(k)), i == 0, i + 1 == count};
    const Tile tile{tiles.banks[static_cast<std::size_t>(run.bank)], x.hemisphere,
                    run.first_rows[static_cast<std::size_t>(i)], rows};
    Cluster c = cluster("multiply");
    if (!x.last) {
      product(c, x, 0);
    } else if (whole) {
      finish_block(c, n, x, sums, b, adds_residual);
    } else {
      sums.push_back(keep_sum(c, x));
    }
    work.steps.push_back({{tile}, std::move(c)});
    if ((x.last && whole) || layout_.precision() != ops::Precision::kW8A16) continue;
    Cluster low = cluster("multiply");
    const NodeId sum = product(low, x, 1);
    if (x.last) write(low, sums.back().tensor, sums.back().row + 1, sum);
    work.steps.push_back({{}, std::move(low)});
  }
  works_.push_back(std::move(work));
}

}  // namespace metronome::compiler
