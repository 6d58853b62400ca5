// SPDX-License-Identifier: Apache-2.0
// The judge's own account of the stream registers: which value each producer put where and when.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "hw/isa/lpu/program.h"

namespace metronome::compiler {

/// One byte plane of a value on its way.
struct Drive {
  lpu::ValueId value = lpu::kNoValue;
  int byte = 0;
  int width = 0;  // bytes a lane of the whole value
  lpu::Position position = 0;
  lpu::QueueId by = -1;
  lpu::Cycle issued = 0;
  int next = -1;
};

class JudgeStreams {
 public:
  /// Records a drive; returns an earlier one of the same register and cycle, if there is one.
  const Drive* add(lpu::Direction d, int stream, lpu::Cycle visible, Drive drive) {
    const auto key = key_of(d, stream, drive.position, visible);
    const auto [at, fresh] = first_.try_emplace(key, -1);
    for (int i = at->second; i >= 0; i = drives_[static_cast<std::size_t>(i)].next) {
      if (drives_[static_cast<std::size_t>(i)].position == drive.position) {
        return &drives_[static_cast<std::size_t>(i)];
      }
    }
    drive.next = at->second;
    at->second = static_cast<int>(drives_.size());
    drives_.push_back(drive);
    return nullptr;
  }

  /// Where a value was last put on a stream, for messages.
  const Drive* made(lpu::ValueId value) const {
    for (auto d = drives_.rbegin(); d != drives_.rend(); ++d) {
      if (d->value == value) return &*d;
    }
    return nullptr;
  }

  /// What passes `position` in cycle `now`: the nearest producer upstream on the same diagonal.
  const Drive* find(lpu::Direction d, int stream, lpu::Position position, lpu::Cycle now) const {
    const auto at = first_.find(key_of(d, stream, position, now));
    if (at == first_.end()) return nullptr;
    const Drive* best = nullptr;
    for (int i = at->second; i >= 0; i = drives_[static_cast<std::size_t>(i)].next) {
      const Drive& candidate = drives_[static_cast<std::size_t>(i)];
      const int hops = d == lpu::Direction::kEast ? position - candidate.position
                                                  : candidate.position - position;
      if (hops < 0) continue;
      const bool nearer =
          best == nullptr || (d == lpu::Direction::kEast ? candidate.position > best->position
                                                         : candidate.position < best->position);
      if (nearer) best = &candidate;
    }
    return best;
  }

 private:
  static std::uint64_t key_of(lpu::Direction d, int stream, lpu::Position x, lpu::Cycle t) {
    const lpu::Cycle diagonal = d == lpu::Direction::kEast ? t - x : t + x;
    return (static_cast<std::uint64_t>(diagonal + (1 << 20)) << 8U) |
           (static_cast<std::uint64_t>(d) << 7U) | static_cast<std::uint64_t>(stream);
  }

  boost::unordered_flat_map<std::uint64_t, int> first_;
  std::vector<Drive> drives_;
};

}  // namespace metronome::compiler
