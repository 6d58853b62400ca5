// SPDX-License-Identifier: Apache-2.0
// Translation: a small TLB in each SM, a large one of the GPU, and page walks. Only its time; where
// pages lie is AddressMap's.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "hw/gpu/conditions.h"

namespace metronome::gpu {

class Tlb {
 public:
  explicit Tlb(const GpuSpec& spec);

  void reset(const Conditions& conditions);
  /// When an access of `sm` to `page` that comes in `now` is translated.
  Cycle translated(int sm, std::uint64_t page, Cycle now);

  struct Counts {
    std::int64_t hits = 0;     // in the SM's
    std::int64_t l2_hits = 0;  // in the GPU's
    std::int64_t walks = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Entry {
    std::uint64_t page = ~std::uint64_t{0};
    std::uint64_t used = 0;
    Cycle ready = 0;  // its walk ends
  };
  Cycle from_l2(std::uint64_t page, Cycle now);

  const GpuSpec& spec_;
  bool on_ = true;
  std::uint64_t seed_ = 0;
  std::uint64_t clock_ = 0;
  std::vector<std::vector<Entry>> l1_;  // [SM][entries], the last used in front
  std::unordered_map<std::uint64_t, Entry> l2_;
  Counts counts_;
};

}  // namespace metronome::gpu
