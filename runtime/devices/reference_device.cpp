// SPDX-License-Identifier: Apache-2.0
#include "runtime/devices/reference_device.h"

#include <fmt/core.h>

#include "hw/isa/error.h"
#include "runtime/devices/token_check.h"

namespace metronome::runtime {

using graph::OpKind;
using graph::OpNode;
using ops::Values;

ReferenceDevice::ReferenceDevice(const graph::Model& model, ops::Geometry geometry,
                                 std::int64_t context, ops::Precision precision)
    : model_(model),
      graph_(graph::build_graph(model)),
      geometry_(geometry),
      context_(context),
      precision_(precision) {
  for (const OpNode& node : graph_.nodes) {
    if (node.matrix == nullptr) continue;
    // Positions are added, not multiplied: fp16 in every precision.
    const bool int8 = integer() && node.kind != OpKind::kAddPosition;
    if (int8 && !int8_weights_.contains(node.matrix)) {
      int8_weights_[node.matrix] = ops::to_int8(*node.matrix, model.source);
    } else if (!int8 && !half_weights_.contains(node.matrix)) {
      half_weights_[node.matrix] = ops::to_half(*node.matrix, model.source);
    }
  }
  reset();
}

void ReferenceDevice::reset() {
  const auto layers = static_cast<std::size_t>(model_.config.layers);
  keys_.assign(layers, {});
  values_.assign(layers, {});
  position_ = 0;
}

/// Values in one block of the sum: whole heads where the operand is laid out in heads.
int ReferenceDevice::block_of(const OpNode& node) const {
  if (!node.heads_in) return geometry_.lanes;
  const auto head_dim = static_cast<int>(model_.config.head_dim);
  return geometry_.lanes / head_dim * head_dim;
}

const Values& ReferenceDevice::input(const OpNode& node, std::size_t i) const {
  return results_[static_cast<std::size_t>(node.inputs[i])];
}

const ops::QuantisedVector& ReferenceDevice::quantised_input(const OpNode& node) {
  ops::QuantisedVector& integers = integers_[static_cast<std::size_t>(node.inputs[0])];
  if (integers.high.empty()) integers = ops::quantise(input(node, 0), precision_);
  return integers;
}

Values ReferenceDevice::embed(const OpNode& node, std::int32_t token) const {
  const float scale = model_.config.embedding_scale;
  if (!integer()) return ops::embed(half_weights_.at(node.matrix).row(token), scale);
  const ops::Int8Matrix& table = int8_weights_.at(node.matrix);
  return ops::embed_int8(table.row(token), table.scale(token), scale);
}

Values ReferenceDevice::normalise(const OpNode& node) {
  const Values& weight = node.vector->values;
  const float eps = model_.config.rms_eps;
  if (!integer()) return ops::rms_norm(input(node, 0), weight, eps, geometry_);
  // Its readers are matrix products, which take the integers; nothing else is left of it.
  integers_[static_cast<std::size_t>(&node - graph_.nodes.data())] =
      ops::rms_norm_int8(input(node, 0), weight, eps, geometry_, precision_);
  return {};
}

Values ReferenceDevice::multiply(const OpNode& node) {
  macs_ += node.matrix->rows * node.matrix->cols;
  const std::span<const float> bias = node.vector != nullptr
                                          ? std::span<const float>(node.vector->values)
                                          : std::span<const float>();
  if (!integer()) {
    return ops::matmul(half_weights_.at(node.matrix), input(node, 0), bias, block_of(node));
  }
  return ops::matmul_int8(int8_weights_.at(node.matrix), quantised_input(node), bias);
}

void ReferenceDevice::append(const OpNode& node) {
  auto& cache = node.cache == graph::CacheKind::kKeys ? keys_ : values_;
  const Values& row = input(node, 0);
  cache[static_cast<std::size_t>(node.layer)].push_back(integer() ? ops::half_rounded(row) : row);
}

Values ReferenceDevice::attend(const OpNode& node) const {
  const auto layer = static_cast<std::size_t>(node.layer);
  const graph::ModelConfig& c = model_.config;
  const auto attention = integer() ? ops::attention_int8 : ops::attention;
  return attention(input(node, 0), keys_[layer], values_[layer], c.heads, c.kv_heads);
}

Values ReferenceDevice::evaluate(const OpNode& node, std::int32_t token) {
  const graph::ModelConfig& c = model_.config;
  switch (node.kind) {
    case OpKind::kEmbed:
      return embed(node, token);
    case OpKind::kRmsNorm:
      return normalise(node);
    case OpKind::kMatMul:
      return multiply(node);
    case OpKind::kRope:
      return ops::rope(input(node, 0), ops::rope_row(c.rope, c.head_dim, position_), node.scale);
    case OpKind::kAppend:
      append(node);
      return {};
    case OpKind::kAttention:
      return attend(node);
    case OpKind::kGate:
      return ops::gate(c.activation, input(node, 0), input(node, 1));
    case OpKind::kAdd:
      return ops::add(input(node, 0), input(node, 1));
    case OpKind::kLayerNorm: {
      const std::span<const float> offset = node.offset != nullptr
                                                ? std::span<const float>(node.offset->values)
                                                : std::span<const float>();
      return ops::layer_norm(input(node, 0), node.vector->values, offset, c.rms_eps, geometry_);
    }
    case OpKind::kAddPosition:
      return add_position(node);
    case OpKind::kScale:
      return ops::scale(input(node, 0), node.scale);
    case OpKind::kActivation:
      return ops::activate(c.activation, input(node, 0));
    case OpKind::kPool:
      break;  // of a sequence, not of a token: see encode
  }
  return {};
}

Values ReferenceDevice::add_position(const OpNode& node) const {
  return ops::add_position(input(node, 0), half_weights_.at(node.matrix).row(position_));
}

TokenResult ReferenceDevice::step(std::int32_t token) {
  if (graph_.logits < 0) {
    throw UserError(fmt::format("{}: architecture: {} is an encoder, which generates no text",
                                model_.source, model_.config.architecture));
  }
  require_token(model_, position_, context_, token);
  results_.assign(graph_.nodes.size(), {});
  integers_.assign(graph_.nodes.size(), {});
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    results_[i] = evaluate(graph_.nodes[i], token);
  }
  TokenResult result;
  result.position = position_++;
  result.logits = results_[static_cast<std::size_t>(graph_.logits)];
  return result;
}

/// Each node for all tokens before the next: attention then finds the whole sequence in the caches.
Encoding ReferenceDevice::encode(std::span<const std::int32_t> tokens) {
  if (graph_.pooled < 0) {
    throw UserError(
        fmt::format("{}: architecture: {} is a decoder, an encoder such as bert is "
                    "wanted here",
                    model_.source, model_.config.architecture));
  }
  const auto count = static_cast<std::int64_t>(tokens.size());
  if (count < 1 || count > context_) {
    throw UserError(
        fmt::format("{}: tokens: found {}, must be 1 to {}", model_.source, count, context_));
  }
  for (const std::int32_t token : tokens) require_token(model_, 0, context_, token);
  reset();
  std::vector<std::vector<Values>> rows(tokens.size());  // [token][node]
  for (auto& row : rows) row.resize(graph_.nodes.size());
  std::vector<decltype(integers_)> integers(tokens.size());  // likewise
  for (auto& row : integers) row.resize(graph_.nodes.size());
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].kind == OpKind::kPool) continue;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      position_ = static_cast<std::int64_t>(t);
      results_.swap(rows[t]);
      integers_.swap(integers[t]);
      results_[i] = evaluate(graph_.nodes[i], tokens[t]);
      results_.swap(rows[t]);
      integers_.swap(integers[t]);
    }
  }
  Encoding encoding;
  for (auto& row : rows) {
    encoding.hidden.push_back(std::move(row[static_cast<std::size_t>(graph_.hidden)]));
  }
  encoding.embedding = ops::pool(encoding.hidden, geometry_);
  return encoding;
}

hw::Counters ReferenceDevice::counters() const {
  return {{"macs", "multiply-accumulates", "Products of the weight matrices", macs_}};
}

}  // namespace metronome::runtime
