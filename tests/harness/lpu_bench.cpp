// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/lpu_bench.h"

#include <algorithm>
#include <cstdlib>
#include <random>

#include "hw/isa/error.h"

namespace metronome::lpu::testing {

using enum Field;

ProgramBuilder& ProgramBuilder::issue(const Instruction& instruction, int count, int stride,
                                      int step) {
  issues_[queue_].push_back({cycle_, instruction, count, stride, step, {}, {}});
  return *this;
}

Program ProgramBuilder::build() const {
  Program program;
  program.name = "test";
  for (const auto& [queue, issues] : issues_) {
    QueueProgram sorted{queue, issues};
    std::stable_sort(sorted.issues.begin(), sorted.issues.end(),
                     [](const Issue& a, const Issue& b) { return a.cycle < b.cycle; });
    program.queues.push_back(std::move(sorted));
  }
  return program;
}

Instruction read(int address, StreamGroup out) {
  Instruction i{Opcode::kRead, {}};
  return i.set(kAddress, static_cast<std::uint32_t>(address)).set(kOut, out);
}

Instruction write(int address, StreamGroup in) {
  Instruction i{Opcode::kWrite, {}};
  return i.set(kAddress, static_cast<std::uint32_t>(address)).set(kIn, in);
}

Instruction gather(int address, StreamGroup map, StreamGroup out) {
  Instruction i{Opcode::kGather, {}};
  return i.set(kAddress, static_cast<std::uint32_t>(address)).set(kIn2, map).set(kOut, out);
}

Instruction scatter(int address, StreamGroup in, StreamGroup map) {
  Instruction i{Opcode::kScatter, {}};
  return i.set(kAddress, static_cast<std::uint32_t>(address)).set(kIn, in).set(kIn2, map);
}

Instruction unary(Opcode op, Source a, StreamGroup out, int superlanes, std::uint32_t flags) {
  Instruction i{op, {}};
  i.set(kSourceA, a).set(kResult, out).set(kFlags, flags);
  return i.set(kSuperlanes, static_cast<std::uint32_t>(superlanes));
}

Instruction binary(Opcode op, Source a, Source b, StreamGroup out, int superlanes) {
  Instruction i = unary(op, a, out, superlanes);
  return i.set(kSourceB, b);
}

Instruction immediate(Opcode op, Source a, std::uint32_t b, StreamGroup out, int superlanes) {
  Instruction i = binary(op, a, Source::immediate(), out, superlanes);
  return i.set(kImmediate, b);
}

Instruction unstreamed(Instruction instruction) { return instruction.set(kResult, kNoStream); }

Instruction load_weights(Opcode op, int row, StreamGroup in) {
  Instruction i{op, {}};
  return i.set(kRow, static_cast<std::uint32_t>(row)).set(kIn, in);
}

Instruction install(Opcode op, int rows) {
  Instruction i{op, {}};
  return i.set(kRows, static_cast<std::uint32_t>(rows));
}

Instruction activate(Opcode op, StreamGroup in, int superlanes) {
  Instruction i{op, {}};
  return i.set(kIn, in).set(kSuperlanes, static_cast<std::uint32_t>(superlanes));
}

Instruction accumulate(Opcode op, int slot, std::uint32_t flags, StreamGroup out) {
  Instruction i{op, {}};
  i.set(kSlot, static_cast<std::uint32_t>(slot)).set(kFlags, flags);
  if ((flags & kFlagEmit) == 0) return i.set(kResult, kNoStream);
  return i.set(kResult, out);
}

Instruction shift(Opcode op, int amount, StreamGroup in, StreamGroup out) {
  Instruction i{op, {}};
  return i.set(kAmount, static_cast<std::uint32_t>(amount)).set(kIn, in).set(kOut, out);
}

Instruction select(StreamGroup a, StreamGroup b, StreamGroup mask, StreamGroup out) {
  Instruction i{Opcode::kSelect, {}};
  return i.set(kIn, a).set(kIn2, b).set(kMask, mask).set(kOut, out);
}

Instruction permute(StreamGroup in, StreamGroup map, StreamGroup out) {
  Instruction i{Opcode::kPermute, {}};
  return i.set(kIn, in).set(kMask, map).set(kOut, out);
}

Instruction distribute(const std::array<std::uint8_t, 16>& map, StreamGroup in, StreamGroup out) {
  Instruction i{Opcode::kDistribute, {}};
  set_distribute_map(i, map);
  return i.set(kIn, in).set(kOut, out);
}

Instruction rotate(int n, StreamGroup in, StreamGroup out) {
  Instruction i{Opcode::kRotate, {}};
  return i.set(kAmount, static_cast<std::uint32_t>(n)).set(kIn, in).set(kOut, out);
}

Instruction transpose(StreamGroup in, StreamGroup out) {
  Instruction i{Opcode::kTranspose, {}};
  return i.set(kIn, in).set(kOut, out);
}

Bytes random_bytes(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bench::Bench(const ChipSpec& spec, std::span<const int> creation_order, const char* name)
    : chip_(name, spec, creation_order) {}

MemoryTensor Bench::tensor(Hemisphere h, int first_slice, int address, int width) const {
  MemoryTensor t;
  t.name = "test";
  t.hemisphere = h;
  t.width = width;
  for (int b = 0; b < width; ++b) t.slices.push_back(static_cast<std::uint16_t>(first_slice + b));
  t.address = address;
  t.rows = 1;
  t.lanes = spec().lanes();
  return t;
}

void Bench::put(Hemisphere h, int first_slice, int address, int width, const Bytes& bytes) {
  chip_.write_row(tensor(h, first_slice, address, width), 0, bytes);
}

Bytes Bench::get(Hemisphere h, int first_slice, int address, int width) const {
  Bytes bytes(static_cast<std::size_t>(spec().lanes() * width));
  chip_.read_row(tensor(h, first_slice, address, width), 0, bytes);
  return bytes;
}

bool Bench::holds(Hemisphere h, int slice, int address) {
  return !chip_.slice(h, slice).peek(address).empty();
}

void Bench::feed(ProgramBuilder& program, Hemisphere h, int first_slice, int address,
                 StreamGroup group, Position place, Cycle cycle, int count, int stride,
                 int step) const {
  for (int b = 0; b < group.width; ++b) {
    const int hops = std::abs(place - column(h, first_slice + b));
    program.at(cycle - hops - info(Opcode::kRead).result_cycles)
        .on(mem(h, first_slice + b))
        .issue(read(address, part(group, b)), count, stride, step);
  }
}

void Bench::capture(ProgramBuilder& program, Hemisphere h, int first_slice, int address,
                    StreamGroup group, Position place, Cycle cycle, int count, int stride,
                    int step) const {
  for (int b = 0; b < group.width; ++b) {
    program.at(cycle + std::abs(place - column(h, first_slice + b)))
        .on(mem(h, first_slice + b))
        .issue(write(address, part(group, b)), count, stride, step);
  }
}

std::string Bench::error_of(const ProgramBuilder& program) {
  try {
    run(program);
  } catch (const InvariantError& error) {
    return error.what();
  }
  return "";
}

Bytes Bench::passed(StreamGroup stream, Position place, Cycle when) {
  const Row& row = chip_.fabric().sample(stream.direction, stream.first, place, when, -1);
  Bytes bytes;
  for (int lane = 0; lane < spec().lanes(); ++lane) bytes.push_back(row.at(lane));
  return bytes;
}

}  // namespace metronome::lpu::testing
