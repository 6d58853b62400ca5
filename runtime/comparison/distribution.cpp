// SPDX-License-Identifier: Apache-2.0
#include "runtime/comparison/distribution.h"

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::comparison {
namespace {

constexpr std::int64_t kAll = 1000;  // permille

}  // namespace

void Distribution::add(std::int64_t value, std::int64_t times) {
  if (times == 0) return;
  check(times > 0, "distribution", 0, "a value was observed less than never");
  times_[value] += times;
  count_ += times;
}

void Distribution::add(const Distribution& other) {
  for (const auto& [value, times] : other.times_) add(value, times);
}

std::int64_t Distribution::at_permille(std::int64_t permille) const {
  check(count_ > 0, "distribution", 0, "a percentile of nothing");
  check(permille >= 0 && permille <= kAll, "distribution", 0, "a percentile outside 0 to 100");
  // Divided before it is multiplied, so that no count overflows.
  const std::int64_t whole = count_ / kAll * permille;
  const std::int64_t part = (count_ % kAll * permille + kAll - 1) / kAll;
  const std::int64_t rank = std::max<std::int64_t>(1, whole + part);
  std::int64_t below = 0;
  for (const auto& [value, times] : times_) {
    below += times;
    if (below >= rank) return value;
  }
  return times_.rbegin()->first;
}

Summary Distribution::summary() const {
  if (count_ == 0) return {};
  return {count_,           times_.begin()->first, at_permille(500),      at_permille(900),
          at_permille(990), at_permille(999),      times_.rbegin()->first};
}

std::vector<Bin> Distribution::bins(std::size_t most) const {
  if (count_ == 0 || most == 0) return {};
  const std::int64_t least = times_.begin()->first;
  const std::int64_t largest = times_.rbegin()->first;
  // Without signs, so that no distance overflows.
  const auto from_least = [least](std::int64_t value) {
    return static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(least);
  };
  const std::uint64_t longest = from_least(largest);
  const std::uint64_t width = longest / most + 1;
  std::vector<Bin> bins(longest / width + 1);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const std::uint64_t first = i * width;
    const std::uint64_t last = std::min(longest, first + (width - 1));
    bins[i].from = static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + first);
    bins[i].to = static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + last);
  }
  for (const auto& [value, times] : times_) bins[from_least(value) / width].count += times;
  return bins;
}

}  // namespace metronome::comparison
