// SPDX-License-Identifier: Apache-2.0
// Cycles as picoseconds or nanoseconds, without drift: each edge is rounded for itself.
#pragma once

#include <cstdint>

namespace metronome::waveforms {

class CycleClock {
 public:
  explicit CycleClock(std::int64_t hz) : hz_(hz) {}

  /// Rising edge that opens `cycle`: round(cycle * 1e12 / hz), halves up.
  std::int64_t start_ps(std::int64_t cycle) const { return rounded(2 * cycle, kPicoseconds); }
  /// Falling edge in the middle of `cycle`.
  std::int64_t middle_ps(std::int64_t cycle) const { return rounded(2 * cycle + 1, kPicoseconds); }
  /// Rising edge in nanoseconds, rounded once: round(cycle * 1e9 / hz), halves up.
  std::int64_t start_ns(std::int64_t cycle) const { return rounded(2 * cycle, kNanoseconds); }
  std::int64_t hz() const { return hz_; }

 private:
  __extension__ using Wide = __int128;

  static constexpr std::int64_t kPicoseconds = 1'000'000'000'000;
  static constexpr std::int64_t kNanoseconds = 1'000'000'000;

  std::int64_t rounded(std::int64_t half_cycles, std::int64_t per_second) const {
    const Wide halves = Wide{half_cycles} * per_second;
    return static_cast<std::int64_t>((halves + hz_) / (Wide{2} * hz_));
  }

  std::int64_t hz_;
};

}  // namespace metronome::waveforms
