// SPDX-License-Identifier: Apache-2.0
// What every functional unit shares: it is told one instruction at its cycle, samples streams by
// place and time, and drives its result. It never waits, prints, or calls another unit.
#pragma once

#include <fmt/core.h>

#include <string_view>

#include "hw/isa/error.h"
#include "hw/isa/lpu/chip_spec.h"
#include "hw/isa/lpu/instruction.h"
#include "hw/lpu/row.h"
#include "hw/lpu/stream.h"

namespace metronome::lpu {

/// What units of one chip work with.
struct ChipContext {
  ChipSpec spec;
  BlockPool pool;  // before everything that may hold its blocks
  StreamFabric fabric;
  std::vector<QueueInfo> queue_infos;

  explicit ChipContext(const ChipSpec& s)
      : spec(s), pool(s.lanes()), fabric(s), queue_infos(queues(s)) {
    fabric.set_pool(&pool);
  }
  std::string_view path(QueueId q) const { return queue_infos[static_cast<std::size_t>(q)].path; }
};

/// Issues of one instruction, `stride` cycles and `address_step` words apart.
struct IssueTrain {
  Cycle first = 0;
  int count = 1;
  int stride = 1;
  int address = 0;
  int address_step = 0;

  Cycle last() const { return first + static_cast<Cycle>(count - 1) * stride; }
};

class FunctionalUnit {
 public:
  FunctionalUnit() = default;
  FunctionalUnit(const FunctionalUnit&) = delete;
  FunctionalUnit& operator=(const FunctionalUnit&) = delete;
  virtual ~FunctionalUnit() = default;

  /// Executes `instruction`, dispatched by `queue` in cycle `now`; `address` is its address after
  /// the steps of a Repeat.
  /// Errors: InvariantError with queue and cycle when an operand, bank or register rule is broken.
  virtual void dispatch(const Instruction& instruction, int address, QueueId queue, Cycle now) = 0;
  /// All issues of a train, told at its first.
  virtual void dispatch_train(const Instruction& instruction, const IssueTrain& train,
                              QueueId queue) {
    for (int n = 0; n < train.count; ++n) {
      dispatch(instruction, train.address + n * train.address_step, queue,
               train.first + static_cast<Cycle>(n) * train.stride);
    }
  }
};

/// Samples all streams of `group` at `position` into `rows`.
inline void sample_group(ChipContext& chip, StreamGroup group, Position position, Cycle now,
                         QueueId by, RowGroup& rows) {
  chip.fabric.sample_group(group, position, now, by, rows.data());
}

/// Interleaved bytes [lanes, group.width] of the value on `group`: as they lie if one block has
/// them all, else put together in `scratch`. They stay until the next drive.
inline const std::uint8_t* sample_value(ChipContext& chip, StreamGroup group, int lanes,
                                        Position position, Cycle now, QueueId by, RowGroup& rows,
                                        std::vector<std::uint8_t>& scratch) {
  const RowBlock* block = chip.fabric.sample_block(group, position, now);
  if (block != nullptr && block->lanes >= lanes) return block->data;
  sample_group(chip, group, position, now, by, rows);
  return interleaved(rows.data(), group.width, lanes, scratch);
}

}  // namespace metronome::lpu
