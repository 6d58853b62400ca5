// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/reservation.h"

#include <algorithm>

namespace metronome::compiler {

Reservations::Reservations(const lpu::ChipSpec& spec)
    : streams_(spec.streams),
      positions_(spec.positions()),
      queues_(static_cast<std::size_t>(spec.queue_count())),
      segments_(2 * static_cast<std::size_t>(spec.streams)) {}

void Reservations::hold_queue(lpu::QueueId queue, lpu::Cycle cycle) {
  auto& line = queues_[static_cast<std::size_t>(queue)];
  const auto at = static_cast<std::size_t>(cycle);
  if (at >= line.size()) line.resize(std::max(at + 1, line.size() * 2), 0);
  line[at] = 1;
}

// Eastward indices may be negative by up to the chip's length; shifted to start at zero.
std::size_t Reservations::index(const Segment& s) const {
  return static_cast<std::size_t>(
      s.direction == lpu::Direction::kEast ? s.visible - s.from + positions_ : s.visible + s.from);
}

std::uint64_t Reservations::mask(const Segment& s) {
  const int low = std::min(s.from, s.to);
  const int high = std::max(s.from, s.to);
  return ((std::uint64_t{2} << static_cast<unsigned>(high - low)) - 1)
         << static_cast<unsigned>(low);
}

bool Reservations::segment_free(const Segment& s) const {
  const auto& held = segments_[line(s)];
  const std::size_t at = index(s);
  return at >= held.size() || (held[at] & mask(s)) == 0;
}

void Reservations::hold_segment(const Segment& s) {
  auto& held = segments_[line(s)];
  const std::size_t at = index(s);
  if (at >= held.size()) held.resize(std::max(at + 1, held.size() * 2), 0);
  held[at] |= mask(s);
}

}  // namespace metronome::compiler
