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
  // Indices in use at a time: from that of a value about to leave the chip to that of one driven
  // `latest` cycles and the run ahead before it enters it at the other end.
  const int cycles = spec.positions() + latest + kRunAheadCycles + 2;
  return std::bit_ceil(static_cast<std::size_t>(cycles));
}

}  // namespace

StreamFabric::StreamFabric(const ChipSpec& spec)
    : spec_(spec),
      queues_(queues(spec)),
      depth_(frame_depth(spec)),
      slots_(2 * static_cast<std::size_t>(spec.streams) * depth_),
      further_(slots_.size()) {
  check(spec.positions() <= std::numeric_limits<std::int16_t>::max(), "streams", 0,
        "a chip of more columns than a position counts");
}

std::string StreamFabric::path(QueueId queue) const {
  return queue < 0 ? "test" : queues_[static_cast<std::size_t>(queue)].path;
}

void StreamFabric::refuse_stream(Direction d, int stream, Cycle now, QueueId by) const {
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

void StreamFabric::insert(std::size_t slot, Direction d, int stream, Cycle visible,
                          Producer producer) {
  Producer& first = slots_[slot].first;
  std::vector<Producer>& further = further_[slot];
  if (!first.more) further.clear();
  const Position x = producer.position;
  if (first.position == x) double_drive(d, stream, x, visible, first.by, producer.by);
  if (upstream(d, x, first.position)) std::swap(first, producer);
  auto at = further.begin();
  while (at != further.end() && upstream(d, at->position, producer.position)) ++at;
  if (at != further.end() && at->position == producer.position) {
    double_drive(d, stream, producer.position, visible, at->by, producer.by);
  }
  further.insert(at, std::move(producer));
  first.more = true;
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

StreamFabric::Producer& StreamFabric::last_upstream(std::size_t slot, Direction d, int stream,
                                                    Position position, Cycle now, QueueId by) {
  Slot& s = slots_[slot];
  Producer* found = nullptr;
  const auto reaches = [&](const Producer& p) {
    return p.position == position || upstream(d, p.position, position);
  };
  if (s.key == frame_index(d, position, now) + resets_ && reaches(s.first)) {
    found = &s.first;
    if (s.first.more) {
      for (Producer& p : further_[slot]) {
        if (!reaches(p)) break;
        found = &p;
      }
    }
  }
  if (found == nullptr) {
    check(false, path(by), now,
          fmt::format("operand missing: no value on stream {}{} at column {}", letter(d), stream,
                      position));
  }
  return *found;
}

void StreamFabric::observe(const Producer& found, Direction d, int stream, Position position,
                           Cycle now, QueueId by) const {
  observer_->on_sample({static_cast<hw::TrackId>(std::max(by, 0)), now, d == Direction::kEast,
                        stream, position, static_cast<hw::TrackId>(std::max(found.by, 0)),
                        found.position});
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

void StreamFabric::clear() { resets_ += kReset; }

}  // namespace metronome::lpu
