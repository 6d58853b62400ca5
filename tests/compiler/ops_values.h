// SPDX-License-Identifier: Apache-2.0
// Inputs for the operators' tests, and attention as textbooks have it.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "compiler/ops/ops.h"

namespace metronome::ops::testing {

inline constexpr double kHalfUlp = 0x1p-24;
inline const Geometry kFull{320, 16};
inline const Geometry kTeaching{16, 16};

/// Multiples of 2^-23 between -spread and spread.
inline Values random_values(std::uint64_t seed, std::size_t count, float spread) {
  std::mt19937_64 random(seed);
  Values all(count);
  for (float& v : all) {
    const auto units = static_cast<float>(static_cast<std::int64_t>(random() >> 40U) - (1 << 23));
    v = spread * (units * 0x1p-23F);
  }
  return all;
}

/// softmax(q K) V in double, without a maximum. Shapes: as ops::attention's.
inline std::vector<double> plain_attention(const Values& q, const std::vector<Values>& keys,
                                           const std::vector<Values>& values, std::size_t heads,
                                           std::size_t kv_heads) {
  const std::size_t dim = q.size() / heads;
  std::vector<double> out(q.size(), 0.0);
  for (std::size_t h = 0; h < heads; ++h) {
    const std::size_t kv = h / (heads / kv_heads) * dim;
    std::vector<double> weight(keys.size());
    double total = 0.0;
    for (std::size_t t = 0; t < keys.size(); ++t) {
      double score = 0.0;
      for (std::size_t d = 0; d < dim; ++d) {
        score += static_cast<double>(q[h * dim + d]) * keys[t][kv + d];
      }
      total += weight[t] = std::exp(score);
    }
    for (std::size_t d = 0; d < dim; ++d) {
      for (std::size_t t = 0; t < keys.size(); ++t) {
        out[h * dim + d] += weight[t] / total * values[t][kv + d];
      }
    }
  }
  return out;
}

}  // namespace metronome::ops::testing
