// SPDX-License-Identifier: Apache-2.0
// Which signals were busy when, for the opening stretch of a trace: a viewer set-up picks from it
// what to show first.
#pragma once

#include <cstdint>
#include <vector>

namespace metronome::waveforms {

class Activity {
 public:
  static constexpr std::int64_t kCyclesPerBucket = 40;
  static constexpr std::int64_t kBuckets = 256;

  Activity() = default;
  Activity(std::int64_t first_cycle, std::size_t signals)
      : first_(first_cycle), signals_(signals) {}

  /// `signal` did something in `cycle`.
  void add(std::size_t signal, std::int64_t cycle) {
    const std::int64_t bucket = (cycle - first_) / kCyclesPerBucket;
    if (cycle < first_ || bucket >= kBuckets) return;
    const std::size_t row = static_cast<std::size_t>(bucket) * signals_;
    if (counts_.size() < row + signals_) counts_.resize(row + signals_);
    ++counts_[row + signal];
  }

  std::int64_t buckets() const {
    return signals_ == 0 ? 0 : static_cast<std::int64_t>(counts_.size() / signals_);
  }
  std::int64_t count(std::int64_t bucket, std::size_t signal) const {
    return bucket < buckets() ? counts_[static_cast<std::size_t>(bucket) * signals_ + signal] : 0;
  }
  std::int64_t start_of(std::int64_t bucket) const { return first_ + bucket * kCyclesPerBucket; }

 private:
  std::int64_t first_ = 0;
  std::size_t signals_ = 0;
  std::vector<std::uint16_t> counts_;  // [bucket, signal]
};

}  // namespace metronome::waveforms
