// SPDX-License-Identifier: Apache-2.0
#include "runtime/devices/fp32_device.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "compiler/ops/ops.h"
#include "runtime/devices/token_check.h"

namespace metronome::runtime {

using graph::OpKind;
using graph::OpNode;

namespace {

/// Partial sums side by side, so that the host's vector unit can hold them: always the same order.
float dot(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kSums = 16;
  std::array<float, kSums> sums{};
  std::size_t i = 0;
  for (; i + kSums <= a.size(); i += kSums) {
    for (std::size_t j = 0; j < kSums; ++j) sums[j] += a[i + j] * b[i + j];
  }
  float total = 0.0F;
  for (; i < a.size(); ++i) total += a[i] * b[i];
  for (const float sum : sums) total += sum;
  return total;
}

float activated(graph::Activation activation, float x) {
  switch (activation) {
    case graph::Activation::kSilu:
      return x / (1.0F + std::exp(-x));
    case graph::Activation::kGeluErf:
      return 0.5F * x * (1.0F + std::erf(x / std::numbers::sqrt2_v<float>));
    case graph::Activation::kGeluTanh:
      break;
  }
  const float inner = std::sqrt(2.0F / std::numbers::pi_v<float>) * (x + 0.044715F * x * x * x);
  return 0.5F * x * (1.0F + std::tanh(inner));
}

std::vector<float> all_rows(const graph::Matrix& m) {
  std::vector<float> values(static_cast<std::size_t>(m.rows * m.cols));
  for (std::int64_t r = 0; r < m.rows; ++r) {
    m.read_row(r, std::span(values).subspan(static_cast<std::size_t>(r * m.cols),
                                            static_cast<std::size_t>(m.cols)));
  }
  return values;
}

}  // namespace

Fp32Device::Fp32Device(const graph::Model& model, std::int64_t context)
    : model_(model), graph_(graph::build_decode_graph(model)), context_(context) {
  for (const OpNode& node : graph_.nodes) {
    if (node.matrix != nullptr && !weights_.contains(node.matrix)) {
      weights_[node.matrix] = all_rows(*node.matrix);
    }
  }
  reset();
}

void Fp32Device::reset() {
  const auto layers = static_cast<std::size_t>(model_.config.layers);
  keys_.assign(layers, {});
  values_.assign(layers, {});
  position_ = 0;
}

const Fp32Device::Floats& Fp32Device::input(const OpNode& node, std::size_t i) const {
  return results_[static_cast<std::size_t>(node.inputs[i])];
}

Fp32Device::Floats Fp32Device::embed(const OpNode& node, std::int32_t token) const {
  const auto width = static_cast<std::size_t>(node.matrix->cols);
  const auto row =
      std::span(weights_.at(node.matrix)).subspan(static_cast<std::size_t>(token) * width, width);
  Floats x(row.begin(), row.end());
  for (float& v : x) v *= model_.config.embedding_scale;
  return x;
}

Fp32Device::Floats Fp32Device::normalise(const OpNode& node) const {
  const Floats& x = input(node, 0);
  const float mean = dot(x, x) / static_cast<float>(x.size());
  const float scale = 1.0F / std::sqrt(mean + model_.config.rms_eps);
  Floats y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * scale * node.vector->values[i];
  return y;
}

Fp32Device::Floats Fp32Device::centre_and_normalise(const OpNode& node) const {
  Floats y = input(node, 0);
  const auto n = static_cast<float>(y.size());
  float sum = 0.0F;
  for (const float v : y) sum += v;
  for (float& v : y) v -= sum / n;
  const float scale = 1.0F / std::sqrt(dot(y, y) / n + model_.config.rms_eps);
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] *= scale * node.vector->values[i];
    if (node.offset != nullptr) y[i] += node.offset->values[i];
  }
  return y;
}

Fp32Device::Floats Fp32Device::add_position(const OpNode& node) const {
  Floats y = input(node, 0);
  const std::span<const float> table = weights_.at(node.matrix);
  const auto row = table.subspan(static_cast<std::size_t>(position_) * y.size(), y.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += row[i];
  return y;
}

Fp32Device::Floats Fp32Device::multiply(const OpNode& node) {
  const Floats& x = input(node, 0);
  const std::span<const float> weights = weights_.at(node.matrix);
  Floats y(static_cast<std::size_t>(node.matrix->rows));
  for (std::size_t r = 0; r < y.size(); ++r) {
    y[r] = dot(weights.subspan(r * x.size(), x.size()), x);
    if (node.vector != nullptr) y[r] += node.vector->values[r];
  }
  macs_ += node.matrix->rows * node.matrix->cols;
  return y;
}

Fp32Device::Floats Fp32Device::rotate(const OpNode& node) const {
  const graph::ModelConfig& c = model_.config;
  const ops::RopeRow row = ops::rope_row(c.rope, c.head_dim, position_);
  const Floats& x = input(node, 0);
  Floats y(x.size());
  for (std::size_t i = 0; i < x.size(); i += 2) {
    const std::size_t pair = i / 2 % row.cosine.size();
    y[i] = (x[i] * row.cosine[pair] - x[i + 1] * row.sine[pair]) * node.scale;
    y[i + 1] = (x[i + 1] * row.cosine[pair] + x[i] * row.sine[pair]) * node.scale;
  }
  return y;
}

Fp32Device::Floats Fp32Device::attend(const OpNode& node) const {
  const graph::ModelConfig& c = model_.config;
  const auto& keys = keys_[static_cast<std::size_t>(node.layer)];
  const auto& values = values_[static_cast<std::size_t>(node.layer)];
  const auto dim = static_cast<std::size_t>(c.head_dim);
  const auto share = static_cast<std::size_t>(c.heads / c.kv_heads);
  const Floats& q = input(node, 0);
  Floats out(q.size());
  Floats weights(keys.size());
  for (std::size_t h = 0; h < static_cast<std::size_t>(c.heads); ++h) {
    const std::size_t kv = h / share * dim;
    for (std::size_t t = 0; t < keys.size(); ++t) {
      weights[t] = dot(std::span(q).subspan(h * dim, dim), std::span(keys[t]).subspan(kv, dim));
    }
    const float highest = *std::max_element(weights.begin(), weights.end());
    float total = 0.0F;
    for (float& w : weights) total += w = std::exp(w - highest);
    for (std::size_t t = 0; t < keys.size(); ++t) {
      const float w = weights[t] / total;
      for (std::size_t d = 0; d < dim; ++d) out[h * dim + d] += w * values[t][kv + d];
    }
  }
  return out;
}

Fp32Device::Floats Fp32Device::gate(const OpNode& node) const {
  const Floats& up = input(node, 1);
  Floats y = input(node, 0);
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = activated(model_.config.activation, y[i]) * up[i];
  }
  return y;
}

Fp32Device::Floats Fp32Device::evaluate(const OpNode& node, std::int32_t token) {
  switch (node.kind) {
    case OpKind::kEmbed:
      return embed(node, token);
    case OpKind::kRmsNorm:
      return normalise(node);
    case OpKind::kMatMul:
      return multiply(node);
    case OpKind::kRope:
      return rotate(node);
    case OpKind::kAppend: {
      auto& cache = node.cache == graph::CacheKind::kKeys ? keys_ : values_;
      cache[static_cast<std::size_t>(node.layer)].push_back(input(node, 0));
      return {};
    }
    case OpKind::kAttention:
      return attend(node);
    case OpKind::kGate:
      return gate(node);
    case OpKind::kAdd: {
      Floats sum = input(node, 0);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += input(node, 1)[i];
      return sum;
    }
    case OpKind::kLayerNorm:
      return centre_and_normalise(node);
    case OpKind::kAddPosition:
      return add_position(node);
    case OpKind::kScale: {
      Floats y = input(node, 0);
      for (float& v : y) v *= node.scale;
      return y;
    }
    case OpKind::kActivation: {
      Floats y = input(node, 0);
      for (float& v : y) v = activated(model_.config.activation, v);
      return y;
    }
    case OpKind::kPool:
      break;  // of encoders only, which `build_decode_graph` refuses
  }
  return {};
}

TokenResult Fp32Device::step(std::int32_t token) {
  require_token(model_, position_, context_, token);
  results_.assign(graph_.nodes.size(), {});
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    results_[i] = evaluate(graph_.nodes[i], token);
  }
  TokenResult result;
  result.position = position_++;
  result.logits = results_[static_cast<std::size_t>(graph_.logits)];
  return result;
}

hw::Counters Fp32Device::counters() const {
  return {{"macs", "multiply-accumulates", "Products of the weight matrices", macs_}};
}

}  // namespace metronome::runtime
