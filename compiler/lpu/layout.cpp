// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/layout.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "compiler/ops/ops.h"
#include "hw/isa/error.h"

namespace metronome::compiler {

using graph::OpKind;
using graph::OpNode;
using lpu::Hemisphere;
using lpu::kWeightStripes;
using lpu::TensorKind;

namespace {

constexpr std::uint32_t kMinusInfinity = 0xFF800000U;

std::vector<std::uint8_t> bytes_of(const std::vector<float>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

Layout::Layout(const graph::Graph& graph, const lpu::ChipSpec& spec, std::int64_t context)
    : graph_(graph),
      model_(*graph.model),
      plan_(spec, graph.model->source),
      lanes_(spec.lanes()),
      lanes_per_superlane_(spec.lanes_per_superlane),
      heads_(model_.config.heads),
      head_dim_(model_.config.head_dim),
      heads_per_block_(lanes_ / model_.config.head_dim),
      context_(context) {
  if (heads_per_block_ == 0) {
    throw UserError(
        fmt::format("{}: head_dim: found {}, chip {} has {} lanes and a head must fit "
                    "in one vector; a chip with more superlanes would help",
                    model_.source, head_dim_, spec.name, lanes_));
  }
  if (head_dim_ % 2 != 0) {
    throw UserError(fmt::format("{}: head_dim: found {}, must be even to rotate pairs",
                                model_.source, head_dim_));
  }
  add_inputs();
  add_working_set();
  add_position_tables();
  add_ones();
  add_caches();
  int side = 0;
  for (const OpNode& node : graph.nodes) {
    add_parameters(node);
    if (node.kind == OpKind::kMatMul) add_weights(node, side++ % 2);
    if (node.kind == OpKind::kEmbed) add_weights(node, 0);
  }
}

Blocks Layout::result_blocks(const OpNode& node) const {
  return node.heads_out ? heads() : plain(node.size);
}

Blocks Layout::input_blocks(const OpNode& node, std::int64_t size) const {
  return node.heads_in ? heads() : plain(size);
}

TensorId Layout::add_constant(std::string name, Role role, int width, std::int64_t rows, int lanes,
                              std::vector<std::uint8_t> bytes) {
  const TensorId id = plan_.add(std::move(name), TensorKind::kConstant, role, width, rows, lanes);
  plan_.set_data(id, std::move(bytes));
  return id;
}

void Layout::add_inputs() {
  const int lanes = static_cast<int>(lanes_);
  Tensors& t = tensors_;
  t.position_map = plan_.add("position", TensorKind::kInput, Role::kMaps, 1, 1, lanes);
  t.token_map = plan_.add("token_row", TensorKind::kInput, Role::kMaps, 1, 1, lanes);
  t.token_select = plan_.add("token_select", TensorKind::kInput, Role::kParameters, 4,
                             2 * kWeightStripes, lanes);
  for (TensorId id : {t.position_map, t.token_map, t.token_select}) plan_.name_rows(id);
}

void Layout::add_working_set() {
  const int lanes = static_cast<int>(lanes_);
  Tensors& t = tensors_;
  const auto scratch = [&](const char* name, Role role, int width, std::int64_t rows) {
    return plan_.add(name, TensorKind::kScratch, role, width, rows, lanes);
  };
  int widest = plain(model_.config.width).count();
  for (const OpNode& node : graph_.nodes) {
    const Blocks blocks = result_blocks(node);
    widest = std::max(widest, blocks.count());
    const std::string& part = node.part;
    const bool kept =
        node.kind == OpKind::kRope || (node.kind == OpKind::kMatMul && part != "attn_output" &&
                                       part != "ffn_down" && part != "output");
    if (!kept || t.vectors.contains(part)) continue;
    const Role role =
        node.kind == OpKind::kRope || part == "ffn_up" ? Role::kVectors : Role::kTemporary;
    t.vectors[part] = scratch(part.c_str(), role, 4, blocks.count());
  }
  t.residual = scratch("residual", Role::kResidual, 4, plain(model_.config.width).count());
  t.logits = plan_.add("logits", TensorKind::kOutput, Role::kResidual, 4,
                       plain(model_.config.vocab).count(), lanes);
  t.activations[0] = scratch("activations_w", Role::kActivationsWest, 2, 2 * widest);
  t.activations[1] = scratch("activations_e", Role::kActivationsEast, 2, 2 * widest);
  t.partial_sum = scratch("partial_sum", Role::kVectors, 4, 1);
  t.scale = scratch("scale", Role::kVectors, 4, 1);
  t.highest_score = scratch("highest_score", Role::kVectors, 4, 1);
  t.embedding_part =
      scratch("embedding_part", Role::kVectors, 4, plain(model_.config.width).count());
  t.scores = scratch("scores", Role::kTemporary, 4, context_);
}

void Layout::add_position_tables() {
  const std::int64_t used = heads().block;
  std::vector<float> cosine;
  std::vector<float> sine;
  for (std::int64_t p = 0; p < context_; ++p) {
    const ops::RopeRow row = ops::rope_row(model_.config.rope, head_dim_, p);
    for (std::int64_t lane = 0; lane < used; ++lane) {
      const auto pair = static_cast<std::size_t>(lane % head_dim_ / 2);
      cosine.push_back(row.cosine[pair]);
      sine.push_back(lane % 2 == 0 ? -row.sine[pair] : row.sine[pair]);
    }
  }
  const int lanes = static_cast<int>(used);
  tensors_.cosine =
      add_constant("rope_cosine", Role::kParameters, 4, context_, lanes, bytes_of(cosine));
  tensors_.sine = add_constant("rope_sine", Role::kVectors, 4, context_, lanes, bytes_of(sine));
  tensors_.zero = add_constant("zero", Role::kTemporary, 4, 1, lanes,
                               std::vector<std::uint8_t>(static_cast<std::size_t>(used) * 4));
  tensors_.mask = plan_.add("mask", TensorKind::kState, Role::kParameters, 4, context_, lanes);
  plan_.tensor(tensors_.mask).fill = kMinusInfinity;
  plan_.name_rows(tensors_.mask);
}

/// 1 where row and lane are of one head: a multiply with it sums within heads and spreads the sum.
void Layout::add_ones() {
  const std::int64_t used = heads().block;
  const std::int64_t rows = (used + kWeightStripes - 1) / kWeightStripes * kWeightStripes;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(rows * used * 2), 0);
  for (std::int64_t r = 0; r < used; ++r) {
    for (std::int64_t lane = 0; lane < used; ++lane) {
      if (r / head_dim_ == lane / head_dim_) {
        bytes[static_cast<std::size_t>((r * used + lane) * 2 + 1)] = 0x3C;  // fp16 one
      }
    }
  }
  for (int side = 0; side < 2; ++side) {
    tensors_.ones[side] =
        plan_.add_weights(fmt::format("head_ones_{}", side == 0 ? 'w' : 'e'),
                          static_cast<Hemisphere>(side), rows, static_cast<int>(used));
    plan_.set_data(tensors_.ones[side], bytes);
  }
}

void Layout::add_caches() {
  for (std::int64_t l = 0; l < model_.config.layers; ++l) {
    for (const bool keys : {true, false}) {
      auto& layer = (keys ? tensors_.keys : tensors_.values).emplace_back();
      for (int b = 0; b < heads().count(); ++b) {
        const TensorId id = plan_.add(fmt::format("blk.{}.{}.{}", l, keys ? "keys" : "values", b),
                                      TensorKind::kState, keys ? Role::kKeys : Role::kValues, 4,
                                      context_, static_cast<int>(heads().block));
        plan_.name_rows(id);
        layer.push_back(id);
      }
    }
  }
}

/// A norm weight or bias as fp32 rows, in the blocks of the vector that it meets.
void Layout::add_parameters(const OpNode& node) {
  if (node.vector == nullptr) return;
  const Blocks blocks = result_blocks(node);
  const auto lanes = static_cast<int>(std::min(blocks.block, blocks.size));
  std::vector<float> rows(static_cast<std::size_t>(blocks.count() * lanes), 0.0F);
  for (std::int64_t i = 0; i < blocks.size; ++i) {
    std::int64_t from = i;
    if (node.heads_out) from = i / head_dim_ / node.head_repeat * head_dim_ + i % head_dim_;
    rows[static_cast<std::size_t>(i / blocks.block * lanes + i % blocks.block)] =
        node.vector->values[static_cast<std::size_t>(from)];
  }
  tensors_.parameters[node.vector] =
      add_constant(node.name() + (node.kind == OpKind::kMatMul ? ".bias" : ".weight"),
                   Role::kParameters, 4, blocks.count(), lanes, bytes_of(rows));
}

void Layout::add_weights(const OpNode& node, int first_side) {
  if (tensors_.weights.contains(node.matrix)) return;
  const graph::Matrix& m = *node.matrix;
  const Blocks rows = node.kind == OpKind::kEmbed ? plain(m.rows) : result_blocks(node);
  const Blocks columns = input_blocks(node, m.cols);
  WeightTiles tiles;
  tiles.first_side = first_side;
  tiles.block_rows = static_cast<int>((std::min(rows.size, rows.block) + kWeightStripes - 1) /
                                      kWeightStripes * kWeightStripes);
  tiles.column_blocks = columns.count();
  const auto lanes = static_cast<int>(std::min(columns.size, columns.block));
  std::vector<std::uint16_t> row(static_cast<std::size_t>(m.cols));
  std::vector<std::uint16_t> data[2];
  int blocks_on[2] = {0, 0};
  for (int b = 0; b < rows.count(); ++b) ++blocks_on[static_cast<int>(tiles.hemisphere(b))];
  for (int side = 0; side < 2; ++side) {
    data[side].resize(static_cast<std::size_t>(blocks_on[side]) *
                      static_cast<std::size_t>(tiles.column_blocks * tiles.block_rows * lanes));
  }
  for (std::int64_t r = 0; r < rows.size; ++r) {
    std::int64_t from = r;
    if (node.heads_out) from = r / head_dim_ / node.head_repeat * head_dim_ + r % head_dim_;
    ops::read_half_row(m, from, model_.source, row);
    const int block = static_cast<int>(r / rows.block);
    auto& half = data[static_cast<int>(tiles.hemisphere(block))];
    for (int c = 0; c < columns.count(); ++c) {
      const std::int64_t at = (tiles.first_row(block, c) + r % rows.block) * lanes;
      std::copy_n(row.begin() + c * columns.block, columns.length(c),
                  half.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  for (int side = 0; side < 2; ++side) {
    if (data[side].empty()) continue;
    const std::int64_t count =
        std::int64_t{blocks_on[side]} * tiles.column_blocks * tiles.block_rows;
    tiles.side[side] = plan_.add_weights(fmt::format("{}.{}", m.name, side == 0 ? 'w' : 'e'),
                                         static_cast<Hemisphere>(side), count, lanes);
    std::vector<std::uint8_t> bytes(data[side].size() * 2);
    std::memcpy(bytes.data(), data[side].data(), bytes.size());
    plan_.set_data(tiles.side[side], std::move(bytes));
  }
  tensors_.weights[node.matrix] = tiles;
}

}  // namespace metronome::compiler
