// SPDX-License-Identifier: Apache-2.0
// The stream registers, kept in a moving frame. A value at position x in cycle t is at x+1 in t+1
// (eastward), so it is stored once under the index t - x (t + x westward) and never copied from hop
// to hop. Each index keeps its producers by position; a reader takes the last one upstream of it.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "hw/common/observer.h"
#include "hw/isa/lpu/chip_spec.h"
#include "hw/lpu/row.h"

namespace metronome::lpu {

/// Cycles by which a train of reads may be executed ahead of time: its values are all in place.
inline constexpr int kRunAheadCycles = 64;

class StreamFabric {
 public:
  explicit StreamFabric(const ChipSpec& spec);

  /// Puts the value of `block` on `group` at `position`, to be there in cycle `visible`.
  /// Errors: InvariantError if another producer drives one of these registers in that cycle.
  void drive(StreamGroup group, Position position, Cycle visible, RowBlock* block, QueueId by);
  /// Same, for rows that need not belong to one block: [group.width].
  void drive(StreamGroup group, Position position, Cycle visible, const Row* rows, QueueId by);

  /// The value passing `position` in cycle `now`.
  /// Errors: InvariantError if there is none; check bits that do not match are corrected or stop.
  const Row& sample(Direction direction, int stream, Position position, Cycle now, QueueId by);

  /// The same of each stream of `group`, [group.width], into `rows`.
  void sample_group(StreamGroup group, Position position, Cycle now, QueueId by, Row* rows);
  /// The block whose byte planes pass there, plane after plane; null if they are not all there and
  /// of one block, or if somebody must be told of each. It stays until the next drive.
  const RowBlock* sample_block(StreamGroup group, Position position, Cycle now) const;

  /// Empties all registers, as at reset.
  void clear();

  void set_observer(hw::Observer* observer) { observer_ = observer; }
  void set_pool(BlockPool* pool) { pool_ = pool; }
  /// From now on check bits are looked at: some word has been given false ones.
  void expect_faults() { faults_ = true; }
  bool expects_faults() const { return faults_; }
  /// Values that would have been driven for nobody but who has them already.
  void count_needless(std::int64_t values) { values_driven_ += values; }
  std::int64_t corrected_words() const { return corrected_words_; }
  std::int64_t values_driven() const { return values_driven_; }

 private:
  struct Producer {
    Row row;
    QueueId by = -1;
    std::int16_t position = 0;
    bool more = false;  // of a slot's first: further ones are kept apart
  };
  /// Most indices have one producer: it is kept in place.
  struct Slot {
    Cycle key = std::numeric_limits<Cycle>::min();  // index and reset; other values are past
    Producer first;
  };
  /// Added to the keys by each reset; far beyond the cycles of any run.
  static constexpr Cycle kReset = Cycle{1} << 40;

  /// A value at x in cycle t has this index all its way.
  static Cycle frame_index(Direction d, Position x, Cycle t) {
    return d == Direction::kEast ? t - x : t + x;
  }
  /// True if a value entering at `a` passes `b` later.
  static bool upstream(Direction d, Position a, Position b) {
    return d == Direction::kEast ? a < b : a > b;
  }
  std::size_t slot_of(Direction d, int stream, Cycle index) const {
    const std::size_t line =
        static_cast<std::size_t>(d) * depth_ + (static_cast<std::size_t>(index) & (depth_ - 1));
    return line * static_cast<std::size_t>(spec_.streams) + static_cast<std::size_t>(stream);
  }
  template <typename Value>
  void place(Direction direction, int stream, Position position, Cycle visible, Value&& row,
             QueueId by);
  void insert(std::size_t slot, Direction direction, int stream, Cycle visible, Producer producer);
  Producer& last_upstream(std::size_t slot, Direction direction, int stream, Position position,
                          Cycle now, QueueId by);
  void observe(const Producer& found, Direction direction, int stream, Position position, Cycle now,
               QueueId by) const;
  [[noreturn]] void double_drive(Direction direction, int stream, Position position, Cycle visible,
                                 QueueId one, QueueId other) const;
  void report(Direction direction, int stream, Position position, Cycle visible, const Row& row,
              QueueId by) const;
  void require_stream(Direction direction, int stream, Cycle now, QueueId by) const {
    if (stream >= spec_.streams) [[unlikely]]
      refuse_stream(direction, stream, now, by);
  }
  void refuse_stream(Direction direction, int stream, Cycle now, QueueId by) const;
  void repair(Producer& producer, Cycle now, QueueId by);
  std::string path(QueueId queue) const;

  ChipSpec spec_;
  std::vector<QueueInfo> queues_;
  std::size_t depth_;        // power of two beyond the longest life of an index
  std::vector<Slot> slots_;  // [direction, index % depth, stream]: values that meet lie together
  std::vector<std::vector<Producer>> further_;  // [slot]: in order of travel, after its first
  Cycle resets_ = 0;                            // their number times kReset
  hw::Observer* observer_ = nullptr;
  BlockPool* pool_ = nullptr;
  bool faults_ = false;
  std::int64_t corrected_words_ = 0;
  std::int64_t values_driven_ = 0;
};

template <typename Value>
inline void StreamFabric::place(Direction d, int stream, Position position, Cycle visible,
                                Value&& row, QueueId by) {
  require_stream(d, stream, visible, by);
  ++values_driven_;
  if (observer_ != nullptr) [[unlikely]]
    report(d, stream, position, visible, row, by);
  const Cycle index = frame_index(d, position, visible);
  const std::size_t at = slot_of(d, stream, index);
  Slot& s = slots_[at];
  if (s.key == index + resets_) [[unlikely]] {
    insert(at, d, stream, visible,
           {std::forward<Value>(row), by, static_cast<std::int16_t>(position), false});
    return;
  }
  s.key = index + resets_;
  s.first.row = std::forward<Value>(row);
  s.first.by = by;
  s.first.position = static_cast<std::int16_t>(position);
  s.first.more = false;
}

inline void StreamFabric::drive(StreamGroup g, Position position, Cycle visible, RowBlock* block,
                                QueueId by) {
  for (std::uint8_t b = 0; b < g.width; ++b) {
    place(g.direction, g.first + b, position, visible, Row(block, b), by);
  }
}

inline void StreamFabric::drive(StreamGroup g, Position position, Cycle visible, const Row* rows,
                                QueueId by) {
  for (int b = 0; b < g.width; ++b) {
    place(g.direction, g.first + b, position, visible, rows[b], by);
  }
}

inline const Row& StreamFabric::sample(Direction d, int stream, Position position, Cycle now,
                                       QueueId by) {
  require_stream(d, stream, now, by);
  const Cycle index = frame_index(d, position, now);
  const std::size_t at = slot_of(d, stream, index);
  Slot& s = slots_[at];
  const bool plain = s.key == index + resets_ && !s.first.more &&
                     (s.first.position == position || upstream(d, s.first.position, position));
  Producer& found = plain ? s.first : last_upstream(at, d, stream, position, now, by);
  if (faults_ && found.row.block()->fault) [[unlikely]]
    repair(found, now, by);
  if (observer_ != nullptr) [[unlikely]]
    observe(found, d, stream, position, now, by);
  return found.row;
}

inline void StreamFabric::sample_group(StreamGroup g, Position position, Cycle now, QueueId by,
                                       Row* rows) {
  for (int s = 0; s < g.width; ++s) {
    rows[s] = sample(g.direction, g.first + s, position, now, by);
  }
}

inline const RowBlock* StreamFabric::sample_block(StreamGroup g, Position position,
                                                  Cycle now) const {
  if (faults_ || observer_ != nullptr || g.first + g.width > spec_.streams) return nullptr;
  const Cycle index = frame_index(g.direction, position, now);
  const Slot* slots = &slots_[slot_of(g.direction, g.first, index)];
  const RowBlock* block = slots->first.row.block();
  for (int s = 0; s < g.width; ++s) {
    const Producer& p = slots[s].first;
    const bool passes = slots[s].key == index + resets_ && !p.more &&
                        (p.position == position || upstream(g.direction, p.position, position));
    if (!passes || p.row.block() != block || p.row.byte() != s) return nullptr;
  }
  return block->width == g.width ? block : nullptr;
}

}  // namespace metronome::lpu
