// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/layout.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "compiler/lpu/supported_operators.h"
#include "compiler/ops/ops.h"
#include "hw/isa/error.h"

namespace metronome::compiler {

using graph::OpKind;
using graph::OpNode;
using lpu::Hemisphere;
using lpu::TensorKind;

namespace {

constexpr std::uint32_t kMinusInfinity = 0xFF800000U;

std::vector<std::uint8_t> bytes_of(const std::vector<float>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Heads that share keys, where the precision lets them: sums over several heads are exact in
/// int32, in any order; in fp16 they are rounded once a block, so the blocks must be those of the
/// reference.
HeadLayout head_layout(const graph::ModelConfig& c, std::int64_t lanes, ops::Precision precision) {
  const std::int64_t dim = std::clamp<std::int64_t>(c.head_dim, 1, lanes);
  return {c.heads, c.kv_heads, dim, lanes, precision != ops::Precision::kFp16};
}

}  // namespace

Layout::Layout(const graph::Graph& graph, const lpu::ChipSpec& spec, ops::Precision precision,
               std::int64_t context)
    : graph_(graph),
      model_(*graph.model),
      precision_(precision),
      plan_(spec, precision, graph.model->source),
      lanes_(spec.lanes()),
      lanes_per_superlane_(spec.lanes_per_superlane),
      head_dim_(model_.config.head_dim),
      heads_(head_layout(model_.config, lanes_, precision)),
      context_(context) {
  require_lowered_operators(graph);
  require_heads();
  add_inputs();
  add_working_set();
  if (quantised()) add_quantised_working_set();
  add_position_tables();
  add_ones();
  for (const OpNode& node : graph.nodes) {
    add_parameters(node);
    if (node.kind == OpKind::kMatMul || node.kind == OpKind::kEmbed) add_weights(node);
  }
  add_caches();
  plan_.require_fit();
}

void Layout::require_heads() const {
  if (head_dim_ > lanes_) {
    throw UserError(
        fmt::format("{}: head_dim: found {}, chip {} has {} lanes and a head must fit "
                    "in one vector; a chip with more superlanes would help",
                    model_.source, head_dim_, plan_.spec().name, lanes_));
  }
  if (head_dim_ % 2 != 0) {
    throw UserError(fmt::format("{}: head_dim: found {}, must be even to rotate pairs",
                                model_.source, head_dim_));
  }
}

Blocks Layout::result_blocks(const OpNode& node) const {
  if (!node.heads_out) return plain(node.size);
  return {node.head_repeat > 1 ? Blocks::Kind::kKeys : Blocks::Kind::kQueries, node.size, lanes_,
          &heads_};
}

Blocks Layout::input_blocks(const OpNode& node, std::int64_t size) const {
  if (!node.heads_in) return plain(size);
  return {Blocks::Kind::kResults, size, lanes_, &heads_};
}

TensorId Layout::add_constant(std::string name, Role role, int width, std::int64_t rows, int lanes,
                              std::vector<std::uint8_t> bytes) {
  const TensorId id = plan_.add(std::move(name), TensorKind::kConstant, role, width, rows, lanes);
  plan_.set_data(id, std::move(bytes));
  return id;
}

TensorId Layout::scratch(const char* name, Role role, int width, std::int64_t rows) {
  return plan_.add(name, TensorKind::kScratch, role, width, rows, static_cast<int>(lanes_));
}

int Layout::score_sets() const {
  const std::int64_t room = plan_.spec().words_per_slice() / 4 / context_;
  return static_cast<int>(std::clamp<std::int64_t>(kScorePlaces * room, kScorePlaces,
                                                   std::max(kScorePlaces, heads_.vectors())));
}

void Layout::add_inputs() {
  const int lanes = static_cast<int>(lanes_);
  Tensors& t = tensors_;
  const auto input = [&](const char* name, Role role, int width, std::int64_t rows) {
    const TensorId id = plan_.add(name, TensorKind::kInput, role, width, rows, lanes);
    plan_.name_rows(id);
    return id;
  };
  const int stripes = lpu::kWeightStreams / (quantised() ? 1 : 2);
  t.position_map = input("position", Role::kMaps, 1, 1);
  t.token_map = input("token_row", Role::kMaps, 1, 1);
  t.token_select =
      input("token_select", Role::kParameters, 4, std::int64_t{plan_.weight_banks()} * stripes);
  if (!quantised()) return;
  t.token_group = input("token_group", Role::kMaps, 1, 1);
  t.token_lane = input("token_lane", Role::kParameters, 4, 1);
}

void Layout::add_working_set() {
  const int lanes = static_cast<int>(lanes_);
  Tensors& t = tensors_;
  int widest = std::max(plain(model_.config.width).count(), heads_.vectors());
  for (const OpNode& node : graph_.nodes) {
    const Blocks blocks = result_blocks(node);
    if (node.kind == OpKind::kGate) widest = std::max(widest, blocks.count());
    const std::string& part = node.part;
    const bool kept =
        part == "rope_q" || (node.kind == OpKind::kMatMul && part != "attn_output" &&
                             part != "ffn_down" && part != "output" && part != "attn_v");
    if (!kept || t.vectors.contains(part)) continue;
    const Role role = part == "rope_q" || part == "ffn_up" ? Role::kVectors : Role::kTemporary;
    t.vectors[part] = scratch(part.c_str(), role, 4, blocks.count());
  }
  const int width_blocks = plain(model_.config.width).count();
  t.residual = scratch("residual", Role::kResidual, 4, width_blocks);
  t.logits = plan_.add("logits", TensorKind::kOutput, Role::kResidual, 4,
                       plain(model_.config.vocab).count(), lanes);
  const int bytes = quantised() ? 1 : 2;
  const std::int64_t rows = std::int64_t{activation_rows()} * widest;
  t.activations[0] = scratch("activations_w", Role::kActivationsWest, bytes, rows);
  t.activations[1] = scratch("activations_e", Role::kActivationsEast, bytes, rows);
  t.highest_score = scratch("highest_score", Role::kHighest, 4, 2 * std::int64_t{heads_.vectors()});
  t.embedding_part = scratch("embedding_part", Role::kVectors, 4,
                             std::int64_t{width_blocks} * plan_.weight_banks());
  const std::int64_t each = (score_sets() + kScorePlaces - 1) / kScorePlaces * context_;
  t.scores[0] = scratch("scores_0", Role::kTemporary, 4, each);
  t.scores[1] = scratch("scores_1", Role::kResidual, 4, each);
  t.scores[2] = scratch("scores_2", Role::kVectors, 4, each);
  if (quantised()) return;
  t.partial_sum = scratch("partial_sum", Role::kVectors, 4, 1);
  t.scale = scratch("scale", Role::kVectors, 4, 1);
}

void Layout::add_quantised_working_set() {
  Tensors& t = tensors_;
  const auto ffn = static_cast<std::int64_t>(plain(model_.config.ffn).count());
  t.partial[0] = scratch("partial_w", Role::kResidual, 4, kPartialSums);
  t.partial[1] = scratch("partial_e", Role::kTemporary, 4, kPartialSums);
  t.activation_scale = scratch("activation_scale", Role::kVectors, 4, 1);
  t.norm_scale = scratch("norm_scale", Role::kVectors, 4, 1);
  // Apart from the scores that other vectors still read.
  t.attention = scratch("attention", Role::kTemporary, 4, heads_.vectors());
  t.vectors["ffn_act"] = scratch("ffn_act", Role::kResidual, 4, ffn);
  t.token_scale = scratch("token_scale", Role::kVectors, 4, 1);
}

void Layout::add_position_tables() {
  const std::int64_t used = heads_.lanes(0);
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
  const std::int64_t used = heads_.lanes(0);
  constexpr int kStripes = lpu::kWeightStreams / 2;
  const std::int64_t rows = (used + kStripes - 1) / kStripes * kStripes;
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(rows * used * 2), 0);
  for (std::int64_t r = 0; r < used; ++r) {
    for (std::int64_t lane = 0; lane < used; ++lane) {
      if (r / head_dim_ == lane / head_dim_) {
        bytes[static_cast<std::size_t>((r * used + lane) * 2 + 1)] = 0x3C;  // fp16 one
      }
    }
  }
  for (int side = 0; side < 2; ++side) {
    tensors_.ones[side] = plan_.add_weights(fmt::format("head_ones_{}", side == 0 ? 'w' : 'e'),
                                            side, 2, rows, static_cast<int>(used));
    plan_.set_data(tensors_.ones[side], bytes);
  }
}

void Layout::add_caches() {
  const int width = quantised() ? 2 : 4;
  for (std::int64_t l = 0; l < model_.config.layers; ++l) {
    for (const bool keys : {true, false}) {
      auto& layer = (keys ? tensors_.keys : tensors_.values).emplace_back();
      for (int b = 0; b < heads_.kv_blocks(); ++b) {
        const TensorId id = plan_.add_cache(
            fmt::format("blk.{}.{}.{}", l, keys ? "keys" : "values", b),
            keys ? Role::kKeys : Role::kValues, width, context_, static_cast<int>(heads_.lanes(b)),
            b, heads_.vectors() == heads_.kv_blocks());
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
  const auto lanes = static_cast<int>(blocks.widest());
  std::vector<float> rows(static_cast<std::size_t>(blocks.count()) * blocks.widest(), 0.0F);
  for (int b = 0; b < blocks.count(); ++b) {
    for (std::int64_t lane = 0; lane < blocks.length(b); ++lane) {
      const std::int64_t from = blocks.value(b, lane);
      if (from < 0) continue;
      rows[static_cast<std::size_t>(b * lanes + lane)] =
          node.vector->values[static_cast<std::size_t>(from)];
    }
  }
  tensors_.parameters[node.vector] =
      add_constant(node.name() + (node.kind == OpKind::kMatMul ? ".bias" : ".weight"),
                   Role::kParameters, 4, blocks.count(), lanes, bytes_of(rows));
}

}  // namespace metronome::compiler
