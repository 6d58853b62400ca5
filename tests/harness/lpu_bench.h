// SPDX-License-Identifier: Apache-2.0
// A test bench round one Chip: programs built issue by issue, rows put into and read from SRAM by
// the host's way, operands fed to a place at a cycle, results captured from a place at a cycle.
// One elaboration a process: every test builds its benches before it runs the first of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hw/lpu/chip.h"

namespace metronome::lpu::testing {

using Bytes = std::vector<std::uint8_t>;

/// Issues by queue, each queue's kept by cycle: `program.at(3).on(queue).issue(i, 20)`.
class ProgramBuilder {
 public:
  ProgramBuilder& at(Cycle cycle) {
    cycle_ = cycle;
    return *this;
  }
  ProgramBuilder& on(QueueId queue) {
    queue_ = queue;
    return *this;
  }
  ProgramBuilder& issue(const Instruction& instruction, int count = 1, int stride = 1,
                        int step = 0);
  Program build() const;

 private:
  Cycle cycle_ = 0;
  QueueId queue_ = 0;
  std::map<QueueId, std::vector<Issue>> issues_;
};

constexpr StreamGroup east(int first, int width = 1) {
  return {Direction::kEast, static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(width)};
}
constexpr StreamGroup west(int first, int width = 1) {
  return {Direction::kWest, static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(width)};
}
/// Streams of `group`'s direction, `width` of them from the `offset`th of the group.
constexpr StreamGroup part(StreamGroup group, int offset, int width = 1) {
  return {group.direction, static_cast<std::uint8_t>(group.first + offset),
          static_cast<std::uint8_t>(width)};
}

Instruction read(int address, StreamGroup out);
Instruction write(int address, StreamGroup in);
Instruction gather(int address, StreamGroup map, StreamGroup out);
Instruction scatter(int address, StreamGroup in, StreamGroup map);
Instruction unary(Opcode op, Source a, StreamGroup out, int superlanes, std::uint32_t flags = 0);
Instruction binary(Opcode op, Source a, Source b, StreamGroup out, int superlanes);
/// Same, with an immediate b.
Instruction immediate(Opcode op, Source a, std::uint32_t b, StreamGroup out, int superlanes);
/// Same instruction, its result on no stream: chained or accumulated only.
Instruction unstreamed(Instruction instruction);
Instruction load_weights(Opcode op, int row, StreamGroup in);
Instruction install(Opcode op, int rows);
Instruction activate(Opcode op, StreamGroup in, int superlanes);
Instruction accumulate(Opcode op, int slot, std::uint32_t flags, StreamGroup out);
Instruction shift(Opcode op, int amount, StreamGroup in, StreamGroup out);
Instruction select(StreamGroup a, StreamGroup b, StreamGroup mask, StreamGroup out);
Instruction permute(StreamGroup in, StreamGroup map, StreamGroup out);
Instruction distribute(const std::array<std::uint8_t, 16>& map, StreamGroup in, StreamGroup out);
Instruction rotate(int n, StreamGroup in, StreamGroup out);
Instruction transpose(StreamGroup in, StreamGroup out);

/// Seeded bytes; the seed is printed by whoever chose it.
Bytes random_bytes(std::uint32_t seed, std::size_t count);

class Bench {
 public:
  explicit Bench(const ChipSpec& spec, std::span<const int> creation_order = {},
                 const char* name = "lpu");

  Chip& chip() { return chip_; }
  const ChipSpec& spec() const { return chip_.spec(); }
  QueueId mem(Hemisphere h, int slice) const { return mem_queue(spec(), h, slice); }
  QueueId alu(int index) const { return vxm_queue(spec(), index); }
  QueueId mxm(Hemisphere h, int plane, Unit unit) const {
    return mxm_queue(spec(), h, plane, unit);
  }
  QueueId sxm(Hemisphere h, Unit unit, int index = 0) const {
    return sxm_queue(spec(), h, unit, index);
  }
  Position edge(Hemisphere h) const { return spec().edge_position(h); }
  Position centre() const { return spec().vxm_position(); }
  Position column(Hemisphere h, int slice) const { return spec().slice_position(h, slice); }

  /// A value of `width` bytes a lane, [lanes, width] interleaved, in slices first, first + 1, ...
  void put(Hemisphere h, int first_slice, int address, int width, const Bytes& bytes);
  Bytes get(Hemisphere h, int first_slice, int address, int width) const;
  bool holds(Hemisphere h, int slice, int address);

  /// Reads timed so that `group` carries the words of slices first, ... at `place` in `cycle`.
  void feed(ProgramBuilder& program, Hemisphere h, int first_slice, int address, StreamGroup group,
            Position place, Cycle cycle, int count = 1, int stride = 1, int step = 0) const;
  /// Writes of the value that `group` carries at `place` in `cycle`, where it passes each slice.
  void capture(ProgramBuilder& program, Hemisphere h, int first_slice, int address,
               StreamGroup group, Position place, Cycle cycle, int count = 1, int stride = 1,
               int step = 0) const;

  /// Cycles from Notify to the last effect.
  Cycle run(const ProgramBuilder& program) { return chip_.run(program.build()); }
  /// The text of the InvariantError that the program must end with; empty if it ends well.
  std::string error_of(const ProgramBuilder& program);
  /// Chip time of a program's `cycle`, if the program starts now.
  Cycle chip_time(Cycle cycle) const { return chip_.now() + barrier_cycles() + cycle; }
  /// What passed `place` in chip time `when` of the program just run.
  Bytes passed(StreamGroup stream, Position place, Cycle when);

 private:
  MemoryTensor tensor(Hemisphere h, int first_slice, int address, int width) const;

  Chip chip_;
};

}  // namespace metronome::lpu::testing
