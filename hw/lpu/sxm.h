// SPDX-License-Identifier: Apache-2.0
// The switch unit of one hemisphere, the only north-south path: shifters with a select, a permuter,
// four distributors and two transposers, each group with its own queue. It samples the streams at
// the edge column and puts results back there, inward or on towards the matrix unit.
#pragma once

#include <vector>

#include "hw/lpu/unit.h"

namespace metronome::lpu {

class Sxm : public FunctionalUnit {
 public:
  Sxm(ChipContext& chip, Hemisphere hemisphere);

  void dispatch(const Instruction& instruction, int address, QueueId queue, Cycle now) override;

  std::int64_t operations() const { return operations_; }

 private:
  void shift(const Instruction& i, QueueId queue, Cycle now);
  void select(const Instruction& i, QueueId queue, Cycle now);
  void permute(const Instruction& i, QueueId queue, Cycle now);
  void distribute(const Instruction& i, QueueId queue, Cycle now);
  void rotate(const Instruction& i, QueueId queue, Cycle now);
  void transpose(const Instruction& i, QueueId queue, Cycle now);
  void require(bool condition, QueueId queue, Cycle now, const char* text) const {
    check(condition, chip_.path(queue), now, text);
  }
  void drive(const Instruction& i, RowBlock* block, QueueId queue, Cycle now);

  ChipContext& chip_;
  Position position_;
  RowGroup hold_;
  std::vector<std::uint8_t> scratch_;
  std::int64_t operations_ = 0;
};

}  // namespace metronome::lpu
