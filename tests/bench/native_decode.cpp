// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/native_decode.h"

#include <algorithm>
#include <cmath>

#include "compiler/ops/ops.h"
#include "hw/lpu/simd/kernels.h"

namespace metronome::bench {

NativeDecode::NativeDecode(const graph::Model& model, std::int64_t context)
    : model_(model), context_(context), embedding_(ops::to_int8(model.embedding, model.source)) {
  const auto read = [&](const graph::Matrix& m) { return ops::to_int8(m, model.source); };
  const auto cache =
      static_cast<std::size_t>(context * model.config.kv_heads * model.config.head_dim);
  for (const graph::Layer& l : model.layers) {
    layers_.push_back({read(l.query), read(l.key), read(l.value), read(l.attention_output),
                       read(l.ffn_gate), read(l.ffn_up), read(l.ffn_down), Values(cache),
                       Values(cache)});
  }
  if (model.head) head_ = read(*model.head);
}

void NativeDecode::normalise(const Values& x, const graph::Vector& weight) {
  float squares = 0.0F;
  for (const float v : x) squares += v * v;
  const float inverse =
      1.0F / std::sqrt(squares / static_cast<float>(x.size()) + model_.config.rms_eps);
  normed_.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) normed_[i] = x[i] * inverse * weight.values[i];
  quantise(normed_);
}

void NativeDecode::quantise(const Values& x) {
  float largest = 1e-30F;
  for (const float v : x) largest = std::max(largest, std::abs(v));
  const float steps = 127.0F / largest;
  integers_.resize(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    integers_[i] = static_cast<std::int8_t>(std::nearbyint(x[i] * steps));
  }
  scale_ = largest / 127.0F;
}

/// In pieces of columns, as long as an exact sum goes.
void NativeDecode::multiply(const ops::Int8Matrix& w, Values& out) {
  constexpr std::size_t kPiece = 1024;
  const auto rows = static_cast<std::size_t>(w.rows);
  const auto columns = static_cast<std::size_t>(w.cols);
  constexpr std::size_t kRows = 64;
  out.resize(rows);
  rows_.resize(kRows);
  sums_.resize(kRows);
  for (std::size_t first = 0; first < rows; first += kRows) {
    const std::size_t count = std::min(kRows, rows - first);
    for (std::size_t r = 0; r < count; ++r) out[first + r] = 0.0F;
    for (std::size_t c = 0; c < columns; c += kPiece) {
      const std::size_t length = std::min(kPiece, columns - c);
      for (std::size_t r = 0; r < count; ++r) rows_[r] = &w.values[(first + r) * columns + c];
      lpu::simd::dot_rows_i8(integers_.data() + c, length, rows_.data(), count, sums_.data());
      for (std::size_t r = 0; r < count; ++r) out[first + r] += static_cast<float>(sums_[r]);
    }
    for (std::size_t r = 0; r < count; ++r) out[first + r] *= scale_ * w.scales[first + r];
  }
}

void NativeDecode::rotate(Values& x, std::int64_t heads) const {
  const std::int64_t dim = model_.config.head_dim;
  const ops::RopeRow row = ops::rope_row(model_.config.rope, dim, position_);
  for (std::int64_t pair = 0; pair < heads * dim / 2; ++pair) {
    const auto angle = static_cast<std::size_t>(pair % (dim / 2));
    float& a = x[static_cast<std::size_t>(2 * pair)];
    float& b = x[static_cast<std::size_t>(2 * pair + 1)];
    const float turned = a * row.cosine[angle] - b * row.sine[angle];
    b = b * row.cosine[angle] + a * row.sine[angle];
    a = turned;
  }
}

void NativeDecode::attend(const Layer& layer) {
  const graph::ModelConfig& c = model_.config;
  const auto dim = static_cast<std::size_t>(c.head_dim);
  const auto kv_width = static_cast<std::size_t>(c.kv_heads) * dim;
  const auto seen = static_cast<std::size_t>(position_ + 1);
  const float root = 1.0F / std::sqrt(static_cast<float>(dim));
  weights_.resize(seen);
  mixed_.assign(q_.size(), 0.0F);
  for (std::size_t h = 0; h < static_cast<std::size_t>(c.heads); ++h) {
    const std::size_t kv = h / static_cast<std::size_t>(c.heads / c.kv_heads) * dim;
    float most = -INFINITY;
    for (std::size_t t = 0; t < seen; ++t) {
      const float* key = &layer.keys[t * kv_width + kv];
      float score = 0.0F;
      for (std::size_t d = 0; d < dim; ++d) score += q_[h * dim + d] * key[d];
      weights_[t] = score * root;
      most = std::max(most, weights_[t]);
    }
    float total = 0.0F;
    for (float& w : weights_) total += w = std::exp(w - most);
    for (std::size_t t = 0; t < seen; ++t) {
      const float* value = &layer.values[t * kv_width + kv];
      const float w = weights_[t] / total;
      for (std::size_t d = 0; d < dim; ++d) mixed_[h * dim + d] += w * value[d];
    }
  }
}

const std::vector<float>& NativeDecode::step(std::int32_t token) {
  const graph::ModelConfig& c = model_.config;
  if (position_ == context_) position_ = 0;
  x_.resize(static_cast<std::size_t>(c.width));
  const auto row = embedding_.row(token);
  for (std::size_t i = 0; i < x_.size(); ++i)
    x_[i] = static_cast<float>(row[i]) * embedding_.scale(token);
  const auto add = [&](const ops::Int8Matrix& w) {
    multiply(w, part_);
    for (std::size_t i = 0; i < x_.size(); ++i) x_[i] += part_[i];
  };
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    normalise(x_, model_.layers[l].attention_norm);
    multiply(layer.query, q_);
    multiply(layer.key, k_);
    multiply(layer.value, v_);
    rotate(q_, c.heads);
    rotate(k_, c.kv_heads);
    const auto at = static_cast<std::ptrdiff_t>(position_ * c.kv_heads * c.head_dim);
    std::copy(k_.begin(), k_.end(), layer.keys.begin() + at);
    std::copy(v_.begin(), v_.end(), layer.values.begin() + at);
    attend(layer);
    quantise(mixed_);
    add(layer.output);
    normalise(x_, model_.layers[l].ffn_norm);
    multiply(layer.gate, gate_);
    multiply(layer.up, up_);
    for (std::size_t i = 0; i < gate_.size(); ++i) {
      gate_[i] = gate_[i] / (1.0F + std::exp(-gate_[i])) * up_[i];
    }
    quantise(gate_);
    add(layer.down);
  }
  normalise(x_, model_.final_norm);
  multiply(head_.rows != 0 ? head_ : embedding_, logits_);
  ++position_;
  return logits_;
}

}  // namespace metronome::bench
