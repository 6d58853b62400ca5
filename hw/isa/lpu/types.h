// SPDX-License-Identifier: Apache-2.0
// Words of the machine that every box uses: time, places, stream groups.
#pragma once

#include <cstdint>
#include <string>

namespace metronome::lpu {

using Cycle = std::int64_t;     // clock cycles since the program's Notify
using ValueId = std::uint32_t;  // names one vector value of a program; 0 names none
using Position = int;           // stream-register column, 0 at the west edge

constexpr ValueId kNoValue = 0;

enum class Direction : std::uint8_t { kEast = 0, kWest = 1 };
enum class Hemisphere : std::uint8_t { kWest = 0, kEast = 1 };

constexpr Direction outward(Hemisphere h) {
  return h == Hemisphere::kEast ? Direction::kEast : Direction::kWest;
}
constexpr Direction inward(Hemisphere h) {
  return h == Hemisphere::kEast ? Direction::kWest : Direction::kEast;
}
constexpr Hemisphere other(Hemisphere h) {
  return h == Hemisphere::kEast ? Hemisphere::kWest : Hemisphere::kEast;
}
constexpr char letter(Direction d) { return d == Direction::kEast ? 'E' : 'W'; }

/// `width` consecutive streams of one direction, `first` aligned to `width`. A value of `width`
/// bytes a lane travels on them, least significant byte on `first`.
struct StreamGroup {
  Direction direction = Direction::kEast;
  std::uint8_t first = 0;
  std::uint8_t width = 1;  // 1, 2, 4, 8 or 16 streams

  bool operator==(const StreamGroup&) const = default;
};

/// `E12` for one stream, `E12:4` for a group of four.
std::string to_string(StreamGroup group);

}  // namespace metronome::lpu
