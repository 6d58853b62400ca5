// SPDX-License-Identifier: Apache-2.0
// How long accesses took, a bin a cycle.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

class LatencyHistogram {
 public:
  /// Latencies from kBins - 1 on share the last bin.
  static constexpr Cycle kBins = 16384;

  void add(Cycle cycles) {
    ++count_[static_cast<std::size_t>(std::clamp<Cycle>(cycles, 0, kBins - 1))];
  }
  void clear() { std::fill(count_.begin(), count_.end(), 0); }
  /// By latency in cycles.
  const std::vector<std::int64_t>& bins() const { return count_; }

 private:
  std::vector<std::int64_t> count_ = std::vector<std::int64_t>(kBins);
};

}  // namespace metronome::gpu
