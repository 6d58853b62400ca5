// SPDX-License-Identifier: Apache-2.0
#include "tests/programs/plain_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace metronome::testing {
namespace {

double frequency(const graph::Rope& rope, std::int64_t head_dim, std::int64_t pair) {
  const double f =
      std::pow(rope.base, -2.0 * static_cast<double>(pair) / static_cast<double>(head_dim));
  if (!rope.frequency_divisors.empty()) {
    return f / static_cast<double>(rope.frequency_divisors[static_cast<std::size_t>(pair)]);
  }
  if (rope.scaling == graph::RopeScaling::kLinear) return f / rope.factor;
  if (rope.scaling == graph::RopeScaling::kNone) return f;
  // Turns over the original context: few turns are slowed by the factor, many are kept.
  const double turns = static_cast<double>(rope.original_context) * f / (2.0 * std::numbers::pi);
  const double keep = std::clamp(
      (turns - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor), 0.0, 1.0);
  return keep * f + (1.0 - keep) * f / rope.factor;
}

float activated(graph::Activation activation, float x) {
  if (activation == graph::Activation::kSilu) return x / (1.0F + std::exp(-x));
  if (activation == graph::Activation::kGeluErf) {
    return 0.5F * x * (1.0F + std::erf(x / std::numbers::sqrt2_v<float>));
  }
  const float inner = std::sqrt(2.0F / std::numbers::pi_v<float>) * (x + 0.044715F * x * x * x);
  return 0.5F * x * (1.0F + std::tanh(inner));
}

}  // namespace

PlainModel::PlainModel(const graph::Model& model)
    : model_(model), keys_(model.layers.size()), values_(model.layers.size()) {}

PlainModel::Floats PlainModel::product(const graph::Matrix& w, const Floats& x,
                                       const std::optional<graph::Vector>& bias) {
  Floats y(static_cast<std::size_t>(w.rows));
  Floats row(static_cast<std::size_t>(w.cols));
  for (std::size_t r = 0; r < y.size(); ++r) {
    w.read_row(static_cast<std::int64_t>(r), row);
    for (std::size_t c = 0; c < row.size(); ++c) y[r] += row[c] * x[c];
    if (bias) y[r] += bias->values[r];
  }
  return y;
}

PlainModel::Floats PlainModel::normalised(const Floats& x, const graph::Vector& weight,
                                          const std::optional<graph::Vector>& bias) const {
  float mean = 0.0F;
  if (model_.config.norm == graph::NormKind::kLayer) {
    for (float v : x) mean += v / static_cast<float>(x.size());
  }
  float squares = 0.0F;
  for (float v : x) squares += (v - mean) * (v - mean);
  const float scale =
      1.0F / std::sqrt(squares / static_cast<float>(x.size()) + model_.config.rms_eps);
  Floats y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = (x[i] - mean) * scale * weight.values[i] + (bias ? bias->values[i] : 0.0F);
  }
  return y;
}

void PlainModel::rotate(Floats& x) const {
  const std::int64_t dim = model_.config.head_dim;
  for (std::size_t i = 0; i < x.size(); i += 2) {
    const std::int64_t pair = static_cast<std::int64_t>(i) % dim / 2;
    const double angle = static_cast<double>(position_) * frequency(model_.config.rope, dim, pair);
    const auto c = static_cast<float>(std::cos(angle));
    const auto s = static_cast<float>(std::sin(angle));
    const float a = x[i];
    const float b = x[i + 1];
    x[i] = a * c - b * s;
    x[i + 1] = b * c + a * s;
  }
}

PlainModel::Floats PlainModel::attend(std::size_t layer, const Floats& q) const {
  const auto dim = static_cast<std::size_t>(model_.config.head_dim);
  const auto share = static_cast<std::size_t>(model_.config.heads / model_.config.kv_heads);
  const std::size_t seen = keys_[layer].size();
  Floats out(q.size());
  for (std::size_t h = 0; h < static_cast<std::size_t>(model_.config.heads); ++h) {
    const std::size_t kv = h / share * dim;
    Floats weights(seen);
    for (std::size_t t = 0; t < seen; ++t) {
      for (std::size_t d = 0; d < dim; ++d) weights[t] += q[h * dim + d] * keys_[layer][t][kv + d];
      weights[t] /= std::sqrt(static_cast<float>(dim));
    }
    const float highest = *std::max_element(weights.begin(), weights.end());
    float total = 0.0F;
    for (float& w : weights) total += w = std::exp(w - highest);
    for (std::size_t t = 0; t < seen; ++t) {
      for (std::size_t d = 0; d < dim; ++d) {
        out[h * dim + d] += weights[t] / total * values_[layer][t][kv + d];
      }
    }
  }
  return out;
}

PlainModel::Floats PlainModel::feed_forward(const graph::Layer& l, const Floats& x) {
  Floats up = product(l.ffn_up, x, l.up_bias);
  if (model_.config.feed_forward == graph::FeedForward::kPlain) {
    for (float& v : up) v = activated(model_.config.activation, v);
    return product(l.ffn_down, up, l.down_bias);
  }
  const Floats gate = product(l.ffn_gate, x, l.gate_bias);
  for (std::size_t i = 0; i < up.size(); ++i) {
    up[i] *= activated(model_.config.activation, gate[i]);
  }
  return product(l.ffn_down, up, l.down_bias);
}

std::vector<float> PlainModel::step(std::int32_t token) {
  Floats x(static_cast<std::size_t>(model_.config.width));
  model_.embedding.read_row(token, x);
  for (float& v : x) v *= model_.config.embedding_scale;
  const bool rotary = model_.config.position == graph::PositionKind::kRotary;
  if (!rotary) {
    Floats row(x.size());
    model_.positions->read_row(position_, row);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += row[i];
  }
  const auto add_to_x = [&](const Floats& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  };
  for (std::size_t i = 0; i < model_.layers.size(); ++i) {
    const graph::Layer& l = model_.layers[i];
    const Floats h = normalised(x, l.attention_norm, l.attention_norm_bias);
    Floats q = product(l.query, h, l.query_bias);
    Floats k = product(l.key, h, l.key_bias);
    if (rotary) {
      rotate(q);
      rotate(k);
    }
    keys_[i].push_back(std::move(k));
    values_[i].push_back(product(l.value, h, l.value_bias));
    add_to_x(product(l.attention_output, attend(i, q), l.output_bias));
    add_to_x(feed_forward(l, normalised(x, l.ffn_norm, l.ffn_norm_bias)));
  }
  ++position_;
  return product(model_.head ? *model_.head : model_.embedding,
                 normalised(x, model_.final_norm, model_.final_norm_bias), std::nullopt);
}

float largest_difference(std::span<const float> a, std::span<const float> b) {
  float most = 0.0F;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

}  // namespace metronome::testing
