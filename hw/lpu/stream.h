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

  /// Empties all registers, as at reset.
  void clear();

  void set_observer(hw::Observer* observer) { observer_ = observer; }
  void set_pool(BlockPool* pool) { pool_ = pool; }
  std::int64_t corrected_words() const { return corrected_words_; }
  std::int64_t values_driven() const { return values_driven_; }

 private:
  struct Producer {
    Position position = 0;
    QueueId by = -1;
    Row row;
  };
  /// Most indices have one producer: it is kept in place, further ones apart.
  struct Slot {
    Cycle index = std::numeric_limits<Cycle>::min();
    Producer first;
    std::vector<Producer> further;  // in order of travel, after `first`
  };
  Slot& slot(Direction direction, int stream, Cycle index);
  void place(Direction direction, int stream, Position position, Cycle visible, Row row,
             QueueId by);
  void insert(Slot& slot, Direction direction, int stream, Cycle visible, Producer producer);
  [[noreturn]] void double_drive(Direction direction, int stream, Position position, Cycle visible,
                                 QueueId one, QueueId other) const;
  void report(Direction direction, int stream, Position position, Cycle visible, const Row& row,
              QueueId by) const;
  void require_stream(Direction direction, int stream, Cycle now, QueueId by) const;
  void repair(Producer& producer, Cycle now, QueueId by);
  std::string path(QueueId queue) const;

  ChipSpec spec_;
  std::vector<QueueInfo> queues_;
  std::size_t depth_;        // power of two beyond the longest life of an index
  std::vector<Slot> slots_;  // [direction, stream, index % depth]
  hw::Observer* observer_ = nullptr;
  BlockPool* pool_ = nullptr;
  std::int64_t corrected_words_ = 0;
  std::int64_t values_driven_ = 0;
};

}  // namespace metronome::lpu
