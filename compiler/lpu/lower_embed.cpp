// SPDX-License-Identifier: Apache-2.0
// The row of the token out of a table that lies in stripes: every stripe gathers a row, the one
// that holds the token passes its select mask.
#include "compiler/lpu/lane_maps.h"
#include "compiler/lpu/lower.h"

namespace metronome::compiler {

using graph::OpNode;
using lpu::Hemisphere;
using lpu::Opcode;

void Lowering::embed(const OpNode& n) {
  if (layout_.quantised()) token_scale();
  const WeightTiles& table = t_.weights.at(n.matrix);
  for (int b = 0; b < layout_.plain(n.size).count(); ++b) {
    for (int bank = 0; bank < static_cast<int>(table.banks.size()); ++bank) {
      if (table.banks[static_cast<std::size_t>(bank)] >= 0) gather_rows(n, b, bank);
    }
    join_rows(n, b);
  }
}

/// What one bank has of a block: the token's values or zeros.
void Lowering::gather_rows(const OpNode& n, int b, int bank) {
  const WeightTiles& table = t_.weights.at(n.matrix);
  const TensorId tensor = table.banks[static_cast<std::size_t>(bank)];
  const lpu::MemoryTensor& t = layout_.plan().tensor(tensor);
  const int sl = layout_.superlanes(layout_.plain(n.size).length(b));
  const Opcode widen = t.width == 1 ? Opcode::kCvtI8F32 : Opcode::kCvtF16F32;
  Cluster c = cluster("gather");
  NodeId sum = -1;
  for (int stripe = 0; stripe < t.stripes; ++stripe) {
    const NodeId map = read(c, t_.token_map, 0);
    const NodeId row = c.gather(tensor, layout_.plan().place(tensor, stripe),
                                std::int64_t{b} * table.block_rows + stripe, map);
    const NodeId mask = read(c, t_.token_select, bank * t.stripes + stripe);
    const NodeId mine = c.binary(Opcode::kAnd, c.unary(widen, row, sl), mask, sl);
    // The first waits a step, so that no two stripes ask for the map in one cycle.
    sum = sum < 0 ? c.unary(Opcode::kPass, mine, sl) : c.binary(Opcode::kOr, sum, mine, sl);
  }
  write(c, t_.embedding_part, std::int64_t{b} * static_cast<int>(table.banks.size()) + bank, sum);
  add(std::move(c));
}

/// The scale of the token's row, in all lanes: its group of scales, all but its lane masked, each
/// lane distributed.
void Lowering::token_scale() {
  const int sl = spec_.superlanes;
  Cluster c = cluster("scale");
  const NodeId group =
      c.gather(t_.token_scales, at(t_.token_scales), 0, read(c, t_.token_group, 0));
  const NodeId mine = c.binary(Opcode::kAnd, group, read(c, t_.token_lane, 0), sl);
  const NodeId held = c.hold(mine, 16, sl);
  const NodeId spread = c.distribute(Hemisphere::kEast, held, broadcasts());
  write(c, t_.token_scale, 0, c.accumulate(Opcode::kAccOr, spread, sl));
  add(std::move(c));
}

void Lowering::join_rows(const OpNode& n, int b) {
  const WeightTiles& table = t_.weights.at(n.matrix);
  const int sl = layout_.superlanes(layout_.plain(n.size).length(b));
  const auto banks = static_cast<int>(table.banks.size());
  Cluster c = cluster("join");
  NodeId sum = -1;
  for (int bank = 0; bank < banks; ++bank) {
    if (table.banks[static_cast<std::size_t>(bank)] < 0) continue;
    const NodeId part = read(c, t_.embedding_part, std::int64_t{b} * banks + bank);
    sum = sum < 0 ? c.unary(Opcode::kPass, part, sl) : c.binary(Opcode::kOr, sum, part, sl);
  }
  if (layout_.quantised()) {
    sum = c.binary(Opcode::kMulF32, sum, read(c, t_.token_scale, 0), sl);
  }
  const float scale = graph_.model->config.embedding_scale;
  if (scale != 1.0F) sum = c.binary(Opcode::kMulF32, sum, scale, sl);
  write(c, t_.residual, b, sum);
  add(std::move(c));
}

}  // namespace metronome::compiler
