// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/reservation.h"

#include <algorithm>

namespace metronome::compiler {

Reservations::Reservations(const lpu::ChipSpec& spec)
    : streams_(spec.streams),
      positions_(spec.positions()),
      queues_(static_cast<std::size_t>(spec.queue_count())),
      segments_(2 * static_cast<std::size_t>(spec.streams)) {}

namespace {

constexpr int kWord = 64;

/// Calls `visit(word, bits)` for the words of a queue's line in which the train has cycles, as long
/// as it returns true. Long trains are of small strides, so a word is dealt with at once.
template <typename Visit>
bool each_word(const Train& train, Visit visit) {
  const auto first = static_cast<std::size_t>(train.first);
  const std::size_t last =
      first + static_cast<std::size_t>(train.count - 1) * static_cast<std::size_t>(train.stride);
  const auto stride = static_cast<std::size_t>(train.stride);
  if (train.count == 1 || kWord % stride != 0) {
    for (std::size_t at = first; at <= last; at += stride) {
      if (!visit(at / kWord, std::uint64_t{1} << at % kWord)) return false;
    }
    return true;
  }
  std::uint64_t every = 0;
  for (std::size_t bit = first % stride; bit < kWord; bit += stride)
    every |= std::uint64_t{1} << bit;
  for (std::size_t word = first / kWord; word <= last / kWord; ++word) {
    std::uint64_t bits = every;
    if (word == first / kWord) bits &= ~std::uint64_t{0} << first % kWord;
    if (word == last / kWord) bits &= ~std::uint64_t{0} >> (kWord - 1 - last % kWord);
    if (!visit(word, bits)) return false;
  }
  return true;
}

}  // namespace

bool Reservations::hold(const Train& train) {
  auto& line = queues_[static_cast<std::size_t>(train.queue)];
  const bool free = each_word(train, [&](std::size_t word, std::uint64_t bits) {
    return word >= line.size() || (line[word] & bits) == 0;
  });
  if (!free) return false;
  each_word(train, [&](std::size_t word, std::uint64_t bits) {
    if (word >= line.size()) line.resize(std::max(word + 1, line.size() * 2), 0);
    line[word] |= bits;
    return true;
  });
  return true;
}

void Reservations::release(const Train& train) {
  auto& line = queues_[static_cast<std::size_t>(train.queue)];
  each_word(train, [&](std::size_t word, std::uint64_t bits) {
    line[word] &= ~bits;
    return true;
  });
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
