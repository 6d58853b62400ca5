// SPDX-License-Identifier: Apache-2.0
#include "runtime/devices/reference_device.h"

#include <fmt/core.h>

#include "hw/isa/error.h"

namespace metronome::runtime {

using graph::OpKind;
using graph::OpNode;
using ops::Values;

ReferenceDevice::ReferenceDevice(const graph::Model& model, ops::Geometry geometry,
                                 std::int64_t context)
    : model_(model),
      graph_(graph::build_decode_graph(model)),
      geometry_(geometry),
      context_(context) {
  for (const OpNode& node : graph_.nodes) {
    if (node.matrix != nullptr && !weights_.contains(node.matrix)) {
      weights_[node.matrix] = ops::to_half(*node.matrix, model.source);
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

Values ReferenceDevice::evaluate(const OpNode& node, std::int32_t token) {
  const auto input = [&](std::size_t i) -> const Values& {
    return results_[static_cast<std::size_t>(node.inputs[i])];
  };
  const graph::ModelConfig& c = model_.config;
  switch (node.kind) {
    case OpKind::kEmbed:
      return ops::embed(weights_.at(node.matrix).row(token), c.embedding_scale);
    case OpKind::kRmsNorm:
      return ops::rms_norm(input(0), node.vector->values, c.rms_eps, geometry_);
    case OpKind::kMatMul: {
      macs_ += node.matrix->rows * node.matrix->cols;
      const std::span<const float> bias = node.vector != nullptr
                                              ? std::span<const float>(node.vector->values)
                                              : std::span<const float>();
      return ops::matmul(weights_.at(node.matrix), input(0), bias, block_of(node));
    }
    case OpKind::kRope:
      return ops::rope(input(0), ops::rope_row(c.rope, c.head_dim, position_), node.scale);
    case OpKind::kAppend: {
      auto& cache = node.cache == graph::CacheKind::kKeys ? keys_ : values_;
      cache[static_cast<std::size_t>(node.layer)].push_back(input(0));
      return {};
    }
    case OpKind::kAttention: {
      const auto layer = static_cast<std::size_t>(node.layer);
      return ops::attention(input(0), keys_[layer], values_[layer], c.heads, c.kv_heads);
    }
    case OpKind::kGate:
      return ops::gate(c.activation, input(0), input(1));
    case OpKind::kAdd:
      return ops::add(input(0), input(1));
  }
  return {};
}

TokenResult ReferenceDevice::step(std::int32_t token) {
  if (position_ >= context_) {
    throw UserError(fmt::format("{}: context: position {} asked for, {} covered", model_.source,
                                position_, context_));
  }
  if (token < 0 || token >= vocab()) {
    throw UserError(
        fmt::format("{}: token: found {}, the vocabulary has {}", model_.source, token, vocab()));
  }
  results_.assign(graph_.nodes.size(), {});
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    results_[i] = evaluate(graph_.nodes[i], token);
  }
  TokenResult result;
  result.position = position_++;
  result.logits = results_[static_cast<std::size_t>(graph_.logits)];
  return result;
}

hw::Counters ReferenceDevice::counters() const {
  return {{"macs", "multiply-accumulates", "Products of the weight matrices", macs_}};
}

}  // namespace metronome::runtime
