// SPDX-License-Identifier: Apache-2.0
#include "runtime/generation/sampler.h"

#include <algorithm>
#include <cmath>

#include "hw/isa/error.h"
#include "hw/isa/numerics/functions.h"

namespace metronome::runtime {
namespace {

std::int32_t highest_id(std::span<const float> logits) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (std::isnan(logits[i])) {
      throw InvariantError("sampler: the logit of token " + std::to_string(i) + " is not a number");
    }
    if (logits[i] > logits[best]) best = i;
  }
  return static_cast<std::int32_t>(best);
}

}  // namespace

std::int32_t Sampler::pick(std::span<const float> logits) {
  const std::int32_t best = highest_id(logits);
  const float highest = logits[static_cast<std::size_t>(best)];
  if (options_.temperature == 0.0 || std::isinf(highest)) return best;
  return draw(logits, highest);
}

/// Tokens by falling probability, equal ones by rising id; the first whose running sum exceeds a
/// uniform share of the kept sum.
std::int32_t Sampler::draw(std::span<const float> logits, float highest) {
  ranked_.clear();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double scaled = (double{logits[i]} - double{highest}) / options_.temperature;
    ranked_.emplace_back(numerics::vxm_exp(static_cast<float>(scaled)),
                         static_cast<std::int32_t>(i));
  }
  std::ranges::sort(ranked_, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  double total = 0.0;
  for (const auto& [weight, id] : ranked_) total += weight;
  double kept = 0.0;
  std::size_t count = 0;
  while (count < ranked_.size() && (count == 0 || kept < options_.top_p * total)) {
    kept += ranked_[count++].first;
  }
  const double share = random_.next_unit() * kept;
  double sum = 0.0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    sum += ranked_[i].first;
    if (sum > share) return ranked_[i].second;
  }
  return ranked_[count - 1].second;
}

}  // namespace metronome::runtime
