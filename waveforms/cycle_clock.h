// SPDX-License-Identifier: Apache-2.0
// Cycles as picoseconds, without drift: each edge is rounded for itself.
#pragma once

#include <cstdint>

namespace metronome::waveforms {

class CycleClock {
 public:
  explicit CycleClock(std::int64_t hz) : hz_(hz) {}

  /// Rising edge that opens `cycle`: round(cycle * 1e12 / hz), halves up.
  std::int64_t start_ps(std::int64_t cycle) const { return half_ps(2 * cycle); }
  /// Falling edge in the middle of `cycle`.
  std::int64_t middle_ps(std::int64_t cycle) const { return half_ps(2 * cycle + 1); }
  std::int64_t hz() const { return hz_; }

 private:
  __extension__ using Wide = __int128;

  std::int64_t half_ps(std::int64_t half_cycles) const {
    const Wide halves = Wide{half_cycles} * 1'000'000'000'000;
    return static_cast<std::int64_t>((halves + hz_) / (Wide{2} * hz_));
  }

  std::int64_t hz_;
};

}  // namespace metronome::waveforms
