// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every host: the finaliser of SplitMix64 over a counter.
#pragma once

#include <cstdint>

namespace metronome::gpu {

/// Avalanche of 64 bits (SplitMix64, Steele et al. 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }

__extension__ using Wide = unsigned __int128;

class Random {
 public:
  explicit Random(std::uint64_t seed = 0) : state_(mix(seed)) {}
  std::uint64_t next() { return mix(state_++); }
  /// Of [0, below); below > 0. The bias of the multiplication is below 2^-32 for small ranges.
  std::uint64_t below(std::uint64_t below) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * below) >> 64);
  }

 private:
  std::uint64_t state_;
};

}  // namespace metronome::gpu
