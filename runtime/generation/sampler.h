// SPDX-License-Identifier: Apache-2.0
// Chooses the next token from logits. The same logits, options and seed give the same ids on every
// host: exponentials are numerics::vxm_exp, which is fixed bit for bit, sums are in double in a
// fixed order, and random numbers are SplitMix64.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "runtime/generation/random.h"

namespace metronome::runtime {

struct SamplingOptions {
  double temperature = 0.0;  // 0: the largest logit, always
  double top_p = 1.0;        // keep the likeliest tokens that together reach this probability
  std::uint64_t seed = 0;
};

class Sampler {
 public:
  explicit Sampler(SamplingOptions options) : options_(options), random_(options.seed) {}

  /// The id of the next token. Greedy ties go to the lowest id.
  /// Shapes: logits [vocab], vocab at least 1.
  /// Errors: InvariantError naming the id of a logit that is not a number.
  std::int32_t pick(std::span<const float> logits);

 private:
  std::int32_t draw(std::span<const float> logits, float highest);

  SamplingOptions options_;
  SplitMix64 random_;
  std::vector<std::pair<double, std::int32_t>> ranked_;  // weight and id, likeliest first
};

}  // namespace metronome::runtime
