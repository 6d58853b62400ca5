// SPDX-License-Identifier: Apache-2.0
// Where SMs and L2 slices lie on the die, and how far they are from each other. A die has more SMs
// than a product uses: which are switched off differs from part to part.
#pragma once

#include <vector>

#include "hw/gpu/conditions.h"

namespace metronome::gpu {

class Floorplan {
 public:
  Floorplan(const GpuSpec& spec, const Conditions& conditions);

  int gpc_of(int sm) const { return gpc_[static_cast<std::size_t>(sm)]; }
  int half_of(int sm) const { return half_[static_cast<std::size_t>(sm)]; }
  /// Cycles of distance, both ways together, between an SM and slice `index` of the SM's own half.
  Cycle distance(int sm, int index) const {
    return distance_[static_cast<std::size_t>(sm) * slices_per_half_ +
                     static_cast<std::size_t>(index)];
  }

 private:
  std::size_t slices_per_half_;
  std::vector<int> gpc_;         // by SM
  std::vector<int> half_;        // by SM
  std::vector<Cycle> distance_;  // [SM][slice of a half]
};

}  // namespace metronome::gpu
