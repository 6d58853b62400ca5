// SPDX-License-Identifier: Apache-2.0
// How a whole number of cycles spreads over many observations. Every observation counts: nothing is
// weighted or dropped, and bins are made from the values themselves.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace metronome::comparison {

/// Percentiles are nearest rank: the p-th of n values is the value of rank ceil(p n / 100) in
/// ascending order, so each is a value that was observed.
struct Summary {
  std::int64_t count = 0;
  std::int64_t min = 0;
  std::int64_t p50 = 0;
  std::int64_t p90 = 0;
  std::int64_t p99 = 0;
  std::int64_t p999 = 0;
  std::int64_t max = 0;

  std::int64_t spread() const { return max - min; }
  /// 1 without observations.
  double tail_ratio() const {
    return p50 == 0 ? 1.0 : static_cast<double>(p99) / static_cast<double>(p50);
  }
  bool operator==(const Summary&) const = default;
};

/// Observations from `from` to `to`, both included.
struct Bin {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t count = 0;

  bool operator==(const Bin&) const = default;
};

class Distribution {
 public:
  void add(std::int64_t value, std::int64_t times = 1);
  void add(const Distribution& other);
  std::int64_t count() const { return count_; }
  /// The value of rank ceil(permille * count / 1000), at least the first.
  /// Errors: InvariantError without observations, or outside 0 to 1000.
  std::int64_t at_permille(std::int64_t permille) const;
  /// All zeros without observations.
  Summary summary() const;
  /// How often each value was observed, ascending.
  const std::map<std::int64_t, std::int64_t>& times() const { return times_; }
  /// At most `most` bins side by side, empty ones included, from the least value to the largest.
  /// All are equally wide but the last, which ends at the largest value. None without observations.
  std::vector<Bin> bins(std::size_t most) const;

 private:
  std::map<std::int64_t, std::int64_t> times_;  // by value
  std::int64_t count_ = 0;
};

}  // namespace metronome::comparison
