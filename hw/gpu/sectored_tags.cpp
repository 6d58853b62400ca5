// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/sectored_tags.h"

namespace metronome::gpu {

void SectoredTags::reshape(std::int64_t sets, std::int64_t ways) {
  sets_ = sets;
  ways_ = ways;
  clock_ = 0;
  const auto size = static_cast<std::size_t>(sets * ways);
  lines_.assign(size, kNone);
  state_.assign(size, {});
}

void SectoredTags::occupy(std::uint64_t line, int sectors, std::int64_t dirty_permille,
                          Random& random) {
  constexpr std::uint64_t kOldest = 1U << 20;
  const auto whole = static_cast<std::uint8_t>((1U << sectors) - 1);
  for (std::size_t at = 0; at < lines_.size(); ++at) {
    lines_[at] = line + 2 * at;
    state_[at] = {};
    state_[at].valid = whole;
    if (random.below(1000) < static_cast<std::uint64_t>(dirty_permille)) state_[at].dirty = whole;
    state_[at].guest = true;
    state_[at].used = static_cast<std::uint32_t>(random.below(kOldest));
  }
  clock_ = kOldest;
}

SectoredTags::Way* SectoredTags::find(std::uint64_t line, std::uint64_t set) {
  const std::size_t first = base(set);
  const std::uint64_t* lines = lines_.data() + first;
  for (std::int64_t way = 0; way < ways_; ++way) {
    if (lines[way] == line) return &state_[first + static_cast<std::size_t>(way)];
  }
  return nullptr;
}

SectoredTags::Way* SectoredTags::touch(std::uint64_t line, std::uint64_t set) {
  Way* way = find(line, set);
  if (way != nullptr) way->used = ++clock_;
  return way;
}

/// Ages are differences of a counter that may wrap.
std::size_t SectoredTags::choose(std::size_t first, const Policy& policy) const {
  std::size_t best = first;
  bool best_twin = false;
  std::uint32_t best_age = 0;
  const auto consider = [&](std::size_t at) {
    const std::uint32_t age = clock_ - state_[at].used;
    const bool twin = policy.twins_first && state_[at].twin;
    if (twin < best_twin || (twin == best_twin && age < best_age)) return;
    best = at;
    best_twin = twin;
    best_age = age;
  };
  for (std::size_t at = first; at < first + static_cast<std::size_t>(ways_); ++at) {
    if (lines_[at] == kNone) return at;
    if (policy.random == nullptr || (policy.twins_first && state_[at].twin)) consider(at);
  }
  if (policy.random == nullptr || best_twin) return best;
  for (std::int64_t n = 0; n < policy.sample; ++n) {
    consider(first +
             static_cast<std::size_t>(policy.random->below(static_cast<std::uint64_t>(ways_))));
  }
  return best;
}

SectoredTags::Way& SectoredTags::insert(std::uint64_t line, std::uint64_t set, const Policy& policy,
                                        std::optional<Victim>& victim) {
  const std::size_t at = choose(base(set), policy);
  victim.reset();
  if (lines_[at] != kNone) victim = {lines_[at], state_[at]};
  lines_[at] = line;
  state_[at] = {};
  state_[at].used = ++clock_;
  return state_[at];
}

void SectoredTags::remove(std::uint64_t line, std::uint64_t set) {
  Way* way = find(line, set);
  if (way == nullptr) return;
  *way = {};
  lines_[static_cast<std::size_t>(way - state_.data())] = kNone;
}

}  // namespace metronome::gpu
