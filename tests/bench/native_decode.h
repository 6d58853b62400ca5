// SPDX-License-Identifier: Apache-2.0
// Decoding on the host as one would write it without a chip: int8 weights in one array, read once a
// token and multiplied by the host's best int8 instructions, everything else in fp32. What the
// emulator is held against; its numbers are those of the int8 precision, not its bits.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/graph/model.h"
#include "compiler/ops/int8_matrix.h"

namespace metronome::bench {

class NativeDecode {
 public:
  /// Llama models: RMSNorm, rotary positions, a gated feed-forward.
  NativeDecode(const graph::Model& model, std::int64_t context);

  /// Logits of the token at the next position; begins anew when the context is full.
  const std::vector<float>& step(std::int32_t token);

 private:
  struct Layer {
    ops::Int8Matrix query, key, value, output, gate, up, down;
    std::vector<float> keys, values;  // [context, kv width]
  };
  using Values = std::vector<float>;

  void normalise(const Values& x, const graph::Vector& weight);
  void quantise(const Values& x);
  void multiply(const ops::Int8Matrix& w, Values& out);
  void rotate(Values& x, std::int64_t heads) const;
  void attend(const Layer& layer);

  const graph::Model& model_;
  std::int64_t context_;
  std::int64_t position_ = 0;
  std::vector<Layer> layers_;
  ops::Int8Matrix embedding_;
  ops::Int8Matrix head_;  // empty where the embedding is the head
  std::vector<std::int8_t> integers_;
  float scale_ = 0.0F;
  std::vector<const std::int8_t*> rows_;
  std::vector<std::int32_t> sums_;
  Values x_, normed_, q_, k_, v_, mixed_, part_, gate_, up_, logits_, weights_;
};

}  // namespace metronome::bench
