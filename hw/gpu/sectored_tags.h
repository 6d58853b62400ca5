// SPDX-License-Identifier: Apache-2.0
// Tags of a sectored, set-associative cache: which sectors of which lines are there. No data.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/gpu/random.h"
#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

class SectoredTags {
 public:
  struct Way {
    std::uint8_t valid = 0;  // by sector
    std::uint8_t dirty = 0;
    bool twin = false;       // another cache of the same level holds the line too
    bool guest = false;      // taken in from elsewhere and not used since
    std::uint32_t used = 0;  // order of the last touch
  };
  struct Victim {
    std::uint64_t line = 0;
    Way state;
  };
  /// How a place is found for a line: in a free way, else the least recently used of `sample` ways
  /// drawn by `random`, of all ways without it. `twins_first`: a twin, if there is one, goes
  /// before.
  struct Policy {
    Random* random = nullptr;
    std::int64_t sample = 0;
    bool twins_first = false;
  };

  /// Forgets everything.
  void reshape(std::int64_t sets, std::int64_t ways);
  /// Fills all ways with whole lines of somebody else, every second number from `line` on, of
  /// random ages, as guests; so many of a thousand are dirty.
  void occupy(std::uint64_t line, int sectors, std::int64_t dirty_permille, Random& random);
  /// The line as the most recently used, or null. Lines are numbers; `set` picks the set.
  Way* touch(std::uint64_t line, std::uint64_t set);
  Way* find(std::uint64_t line, std::uint64_t set);
  /// Puts the line, which is not there, in its place. What it replaces comes back.
  Way& insert(std::uint64_t line, std::uint64_t set, const Policy& policy,
              std::optional<Victim>& victim);
  void remove(std::uint64_t line, std::uint64_t set);
  std::int64_t sets() const { return sets_; }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::size_t base(std::uint64_t set) const {
    return static_cast<std::size_t>(set % static_cast<std::uint64_t>(sets_)) *
           static_cast<std::size_t>(ways_);
  }
  std::size_t choose(std::size_t first, const Policy& policy) const;

  std::int64_t sets_ = 1;
  std::int64_t ways_ = 0;
  std::uint32_t clock_ = 0;
  std::vector<std::uint64_t> lines_;  // [set][way]
  std::vector<Way> state_;            // [set][way]
};

}  // namespace metronome::gpu
