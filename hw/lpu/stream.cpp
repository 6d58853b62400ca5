// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "hw/isa/error.h"

namespace metronome::lpu {
namespace {

std::size_t frame_depth(const ChipSpec& spec) {
  int latest = 0;
  for (const OpcodeInfo& op : opcodes()) latest = std::max(latest, op.latency(spec.superlanes));
  // An index is alive from its first drive, `latest` cycles and the run ahead before it is visible,
  // until it has crossed the chip.
  const int cycles = 2 * spec.positions() + latest + kRunAheadCycles + 2;
  return std::bit_ceil(static_cast<std::size_t>(cycles));
}

Cycle frame_index(Direction d, Position x, Cycle t) {
  return d == Direction::kEast ? t - x : t + x;
}

/// True if a value entering at `a` passes `b` later.
bool upstream(Direction d, Position a, Position b) { return d == Direction::kEast ? a < b : a > b; }

}  // namespace

StreamFabric::StreamFabric(const ChipSpec& spec)
    : spec_(spec),
      queues_(queues(spec)),
      depth_(frame_depth(spec)),
      slots_(2 * static_cast<std::size_t>(spec.streams) * depth_) {}

std::string StreamFabric::path(QueueId queue) const {
  return queue < 0 ? "test" : queues_[static_cast<std::size_t>(queue)].path;
}

StreamFabric::Slot& StreamFabric::slot(Direction d, int stream, Cycle index) {
  const std::size_t line = static_cast<std::size_t>(d) * static_cast<std::size_t>(spec_.streams) +
                           static_cast<std::size_t>(stream);
  return slots_[line * depth_ + (static_cast<std::size_t>(index) & (depth_ - 1))];
}

void StreamFabric::require_stream(Direction d, int stream, Cycle now, QueueId by) const {
  if (stream < spec_.streams) [[likely]]
    return;
  check(false, path(by), now,
        fmt::format("stream {}{}, the chip has {} a direction", letter(d), stream, spec_.streams));
}

void StreamFabric::double_drive(Direction d, int stream, Position position, Cycle visible,
                                QueueId one, QueueId other) const {
  const auto [first, second] = std::minmax(one, other);
  check(false, path(second), visible,
        fmt::format("drives stream {}{} at column {}, which {} drives in the same cycle", letter(d),
                    stream, position, path(first)));
  std::abort();
}

void StreamFabric::insert(Slot& s, Direction d, int stream, Cycle visible, Producer producer) {
  const Position x = producer.position;
  if (s.first.position == x) double_drive(d, stream, x, visible, s.first.by, producer.by);
  if (upstream(d, x, s.first.position)) std::swap(s.first, producer);
  auto at = s.further.begin();
  while (at != s.further.end() && upstream(d, at->position, producer.position)) ++at;
  if (at != s.further.end() && at->position == producer.position) {
    double_drive(d, stream, producer.position, visible, at->by, producer.by);
  }
  s.further.insert(at, std::move(producer));
}

void StreamFabric::report(Direction d, int stream, Position position, Cycle visible, const Row& row,
                          QueueId by) const {
  std::vector<std::uint8_t> bytes(row.block()->lanes);
  for (int lane = 0; lane < row.block()->lanes; ++lane) {
    bytes[static_cast<std::size_t>(lane)] = row.at(lane);
  }
  const RowBlock& block = *row.block();
  const std::size_t size = std::size_t{block.lanes} * block.width;
  observer_->on_stream({visible,
                        d == Direction::kEast,
                        stream,
                        position,
                        bytes,
                        static_cast<hw::TrackId>(std::max(by, 0)),
                        row.byte(),
                        block.width,
                        {block.data, size}});
}

void StreamFabric::place(Direction d, int stream, Position position, Cycle visible, Row row,
                         QueueId by) {
  require_stream(d, stream, visible, by);
  ++values_driven_;
  if (observer_ != nullptr) [[unlikely]]
    report(d, stream, position, visible, row, by);
  const Cycle index = frame_index(d, position, visible);
  Slot& s = slot(d, stream, index);
  if (s.index == index) [[unlikely]] {
    insert(s, d, stream, visible, {position, by, std::move(row)});
    return;
  }
  s.index = index;
  s.first.position = position;
  s.first.by = by;
  s.first.row = std::move(row);
  if (!s.further.empty()) s.further.clear();
}

void StreamFabric::drive(StreamGroup g, Position position, Cycle visible, RowBlock* block,
                         QueueId by) {
  for (std::uint8_t b = 0; b < g.width; ++b) {
    place(g.direction, g.first + b, position, visible, Row(block, b), by);
  }
}

void StreamFabric::drive(StreamGroup g, Position position, Cycle visible, const Row* rows,
                         QueueId by) {
  for (int b = 0; b < g.width; ++b) {
    place(g.direction, g.first + b, position, visible, rows[b], by);
  }
}

const Row& StreamFabric::sample(Direction d, int stream, Position position, Cycle now, QueueId by) {
  require_stream(d, stream, now, by);
  const Cycle index = frame_index(d, position, now);
  Slot& s = slot(d, stream, index);
  Producer* found = nullptr;
  if (s.index == index) [[likely]] {
    if (s.first.position == position || upstream(d, s.first.position, position)) found = &s.first;
    for (Producer& p : s.further) {
      if (p.position != position && !upstream(d, p.position, position)) break;
      found = &p;
    }
  }
  if (found == nullptr) [[unlikely]] {
    check(false, path(by), now,
          fmt::format("operand missing: no value on stream {}{} at column {}", letter(d), stream,
                      position));
  }
  if (found->row.block()->fault) [[unlikely]]
    repair(*found, now, by);
  if (observer_ != nullptr) [[unlikely]] {
    observer_->on_sample({static_cast<hw::TrackId>(std::max(by, 0)), now, d == Direction::kEast,
                          stream, position, static_cast<hw::TrackId>(std::max(found->by, 0)),
                          found->position});
  }
  return found->row;
}

void StreamFabric::repair(Producer& producer, Cycle now, QueueId by) {
  const Row faulty = producer.row;
  RowBlock* mended = pool_->make(spec_.lanes(), 1);
  for (int lane = 0; lane < spec_.lanes(); ++lane) mended->storage[lane] = faulty.at(lane);
  const auto lanes = static_cast<std::size_t>(spec_.lanes());
  const EccOutcome outcome = ecc_correct({mended->storage, lanes}, *faulty.block()->fault);
  if (outcome.uncorrectable_superlane >= 0) {
    check(false, path(by), now,
          fmt::format("uncorrectable check bits in superlane {}, value from {}",
                      outcome.uncorrectable_superlane, path(producer.by)));
  }
  corrected_words_ += outcome.corrected_words;
  producer.row = Row(mended, 0);
}

void StreamFabric::clear() {
  for (Slot& s : slots_) {
    s.index = std::numeric_limits<Cycle>::min();
    s.first = {};
    s.further.clear();
  }
}

}  // namespace metronome::lpu
