// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/tlb.h"

#include <algorithm>

#include "hw/gpu/random.h"

namespace metronome::gpu {

Tlb::Tlb(const GpuSpec& spec)
    : spec_(spec),
      l1_(static_cast<std::size_t>(spec.sm_count),
          std::vector<Entry>(static_cast<std::size_t>(spec.l1_tlb_entries))) {}

void Tlb::reset(const Conditions& conditions) {
  on_ = conditions.on(Mechanism::kTlb);
  seed_ = conditions.seed(Cause::kTlb);
  clock_ = 0;
  for (auto& entries : l1_) std::fill(entries.begin(), entries.end(), Entry{});
  l2_.clear();
  counts_ = {};
}

/// A page that nobody has touched yet is known with even odds: kernels before may have used it.
Cycle Tlb::from_l2(std::uint64_t page, Cycle now) {
  const auto at = l2_.find(page);
  if (at != l2_.end()) {
    at->second.used = ++clock_;
    ++counts_.l2_hits;
    return std::max(now, at->second.ready) + spec_.l2_tlb_cycles;
  }
  if (static_cast<std::int64_t>(l2_.size()) >= spec_.l2_tlb_entries) {
    // The minimum of unique ages does not depend on the order in which entries are met.
    l2_.erase(std::min_element(l2_.begin(), l2_.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    }));
  }
  const bool known = (mix(seed_, page) & 1) != 0;
  const Cycle ready = known ? now : now + spec_.page_walk_cycles;
  ++(known ? counts_.l2_hits : counts_.walks);
  l2_[page] = {page, ++clock_, ready};
  return ready + spec_.l2_tlb_cycles;
}

Cycle Tlb::translated(int sm, std::uint64_t page, Cycle now) {
  if (!on_) return now;
  std::vector<Entry>& entries = l1_[static_cast<std::size_t>(sm)];
  std::size_t at = 0;
  while (at < entries.size() && entries[at].page != page) ++at;
  Entry entry;
  if (at < entries.size()) {
    ++counts_.hits;
    entry = entries[at];
  } else {
    at = entries.size() - 1;
    entry = {page, 0, from_l2(page, now)};
  }
  std::move_backward(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(at),
                     entries.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  entries.front() = entry;
  return std::max(now, entry.ready);
}

}  // namespace metronome::gpu
