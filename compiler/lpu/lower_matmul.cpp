// SPDX-License-Identifier: Apache-2.0
// Matrix times vector: block by block of the result, tile by tile of its columns.
#include "compiler/lpu/lower.h"
#include "compiler/ops/quantise.h"

namespace metronome::compiler {

using graph::OpNode;
using lpu::Hemisphere;
using lpu::Opcode;

/// Adds the products of one tile to the accumulators, fp32 or int32; emits the sum if it is the last.
NodeId Lowering::product(Cluster& c, const Operand& x, int half) {
  const TensorId rows = t_.activations[static_cast<int>(x.hemisphere)];
  const Fold fold{.each = false, .continues = x.column > 0, .emits = x.last};
  const int count = layout_.activation_rows();
  if (!layout_.quantised()) {
    const NodeId halves =
        read(c, rows, std::int64_t{count} * x.column, count, c.beats(x.superlanes));
    return c.multiply(x.hemisphere, halves, x.superlanes, fold);
  }
  const NodeId row = read(c, rows, std::int64_t{count} * x.column + half);
  return c.multiply(x.hemisphere, row, x.superlanes, fold, half);
}

/// Integer sums times the scales of the vector and of the weights' rows.
NodeId Lowering::rescaled(Cluster& c, const OpNode& n, const Operand& x, int block, int sl) {
  NodeId y = c.unary(Opcode::kCvtI32F32, product(c, x, 0), sl);
  if (layout_.activation_rows() == 2) {
    y = c.binary(Opcode::kMulF32, y, ops::kHighStep, sl);
    y = c.binary(Opcode::kAddF32, y, c.unary(Opcode::kCvtI32F32, product(c, x, 1), sl), sl);
  }
  y = c.binary(Opcode::kMulF32, y, read(c, t_.activation_scale, 0), sl);
  return c.binary(Opcode::kMulF32, y, read(c, t_.scales.at(n.matrix), block), sl);
}

TensorId Lowering::target_of(const OpNode& n) const {
  return n.layer < 0 ? t_.logits : t_.vectors.at(n.part);
}

/// The last step's sum, on its way to memory.
void Lowering::finish_block(Cluster& c, const OpNode& n, const Operand& x, int block,
                            bool adds_residual) {
  const int sl = layout_.superlanes(layout_.result_blocks(n).length(block));
  NodeId y = layout_.quantised() ? rescaled(c, n, x, block, sl) : product(c, x, 0);
  if (n.vector != nullptr) {
    y = c.binary(Opcode::kAddF32, y, read(c, t_.parameters.at(n.vector), block), sl);
  }
  if (adds_residual) y = c.binary(Opcode::kAddF32, y, read(c, t_.residual, block), sl);
  if (n.part == "attn_v") return append_values(c, n, block, y, sl);
  write(c, adds_residual ? t_.residual : target_of(n), block, y);
}

void Lowering::matmul(const OpNode& n, bool adds_residual) {
  const WeightTiles& tiles = t_.weights.at(n.matrix);
  const Blocks rows = layout_.result_blocks(n);
  const Blocks columns = layout_.input_blocks(n, n.matrix->cols);
  for (int b = 0; b < rows.count(); ++b) {
    const int bank = tiles.bank(b);
    Work work{op_, layer_, {}};
    for (int k = 0; k < columns.count(); ++k) {
      const Operand x{MemoryPlan::hemisphere_of_bank(bank), k,
                      layout_.superlanes(columns.length(k)), k + 1 == columns.count()};
      const Tile tile{tiles.banks[static_cast<std::size_t>(bank)], x.hemisphere,
                      tiles.first_row(b, k), static_cast<int>(rows.length(b))};
      Cluster c = cluster("multiply");
      if (x.last) {
        finish_block(c, n, x, b, adds_residual);
      } else {
        product(c, x, 0);
      }
      work.steps.push_back({{tile}, std::move(c)});
      if (x.last || layout_.precision() != ops::Precision::kW8A16) continue;
      Cluster low = cluster("multiply");
      product(low, x, 1);
      work.steps.push_back({{}, std::move(low)});
    }
    works_.push_back(std::move(work));
  }
}

}  // namespace metronome::compiler
