// SPDX-License-Identifier: Apache-2.0
// The vector unit: addressable ALUs in a 4x4 mesh, each with a queue of its own, limited reach to
// stream groups, chaining to neighbours, and one accumulator. Results appear on the streams at the
// first memory column of their direction. Numbers: opcodes.def, ChipSpec.
#pragma once

#include <array>
#include <vector>

#include "hw/lpu/unit.h"

namespace metronome::lpu {

class Vxm : public FunctionalUnit {
 public:
  explicit Vxm(ChipContext& chip);

  void dispatch(const Instruction& instruction, int address, QueueId queue, Cycle now) override;

  std::int64_t operations() const { return operations_; }

 private:
  /// Results in flight and just delivered, by the cycle in which a neighbour may take them.
  static constexpr std::size_t kDepth = 8;
  struct Alu {
    std::array<Row, kDepth> results;
    std::array<Cycle, kDepth> ready{};
    Row accumulator;
  };

  /// An operand made ready: [lanes, width] interleaved bytes, zero beyond the value's own lanes.
  struct OperandView {
    const std::uint8_t* bytes = nullptr;
    bool immediate = false;
  };
  OperandView operand(const Instruction& i, Field field, int width, int lanes, QueueId queue,
                      Cycle now, std::vector<std::uint8_t>& scratch, RowGroup& hold);
  void require_reach(int alu, StreamGroup group, QueueId queue, Cycle now) const;
  void require_one_way(const Instruction& i, QueueId queue, Cycle now) const;
  RowBlock* unary(const Instruction& i, int lanes, QueueId queue, Cycle now);
  RowBlock* binary(const Instruction& i, int lanes, QueueId queue, Cycle now);
  RowBlock* accumulate(const Instruction& i, Alu& alu, int lanes, QueueId queue, Cycle now);
  void deliver(const Instruction& i, int index, RowBlock* result, QueueId queue, Cycle now);

  ChipContext& chip_;
  Position position_;
  std::vector<Alu> alus_;
  std::array<std::vector<std::uint8_t>, 2> scratch_;
  std::array<RowGroup, 2> hold_;
  std::int64_t operations_ = 0;
};

}  // namespace metronome::lpu
