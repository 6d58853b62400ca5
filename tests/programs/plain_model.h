// SPDX-License-Identifier: Apache-2.0
// The decoder as a textbook has it, in plain fp32 loops: no blocks, no fp16, none of the
// product's operators. What the product's numerics are measured against.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/model.h"

namespace metronome::testing {

class PlainModel {
 public:
  /// `model` must outlive this.
  explicit PlainModel(const graph::Model& model);

  /// Logits after feeding `token` at the next position. Shapes: [vocab].
  std::vector<float> step(std::int32_t token);

 private:
  using Floats = std::vector<float>;

  Floats product(const graph::Matrix& w, const Floats& x, const std::optional<graph::Vector>& bias);
  Floats normalised(const Floats& x, const graph::Vector& weight,
                    const std::optional<graph::Vector>& bias) const;
  void rotate(Floats& x) const;
  Floats attend(std::size_t layer, const Floats& q) const;
  Floats feed_forward(const graph::Layer& layer, const Floats& x);

  const graph::Model& model_;
  std::vector<std::vector<Floats>> keys_;  // [layer][position]
  std::vector<std::vector<Floats>> values_;
  std::int64_t position_ = 0;
};

/// The largest |a - b|.
float largest_difference(std::span<const float> a, std::span<const float> b);

}  // namespace metronome::testing
