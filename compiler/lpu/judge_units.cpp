// SPDX-License-Identifier: Apache-2.0
// The judge's rules for memory and matrix units, and what each instruction drives.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "compiler/lpu/judge.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Direction;
using lpu::Field;
using lpu::Instruction;
using lpu::Opcode;
using lpu::StreamGroup;
using lpu::TensorKind;
using lpu::Unit;
using lpu::ValueId;

void Judge::check_memory(const Event& e) {
  const Instruction& i = instruction(e);
  const int where = address(e);
  if (where < 0 || where >= image_.chip.words_per_slice()) {
    return fail(e.cycle, fmt::format("{}: address {} outside 0 to {}", who(e), where,
                                     image_.chip.words_per_slice() - 1));
  }
  Cell& c = cell(e.queue, where);
  const std::size_t last = e.issue->reads.size() - 1;
  const bool mapped = i.opcode == Opcode::kGather || i.opcode == Opcode::kScatter;
  const lpu::MemoryTensor* region =
      c.tensor < 0 ? nullptr : &image_.tensors[static_cast<std::size_t>(c.tensor)];
  if (i.opcode == Opcode::kRead) {
    if (c.value != read_value(e, last) || c.value == lpu::kNoValue) {
      std::string text = fmt::format("{} means value {} at address {}, which holds {}", who(e),
                                     read_value(e, last), where, holds(c));
      if (c.by < 0) return fail(e.cycle, std::move(text));
      fail_with({c.by, c.written}, e.cycle, std::move(text));
    }
    return;
  }
  if (mapped && region == nullptr) {
    return fail(e.cycle, fmt::format("{}: no tensor at address {}", who(e), where));
  }
  if (mapped) check_map(e, where, *region);
  if (conflict_) return;
  if (i.opcode == Opcode::kGather) {
    // The map chooses a row, counted from the one meant here; no row may have changed.
    const ValueId meant = read_value(e, last);
    if (c.value != meant || region->kind != TensorKind::kConstant) {
      fail(e.cycle, fmt::format("{} means constant value {} at address {}, which holds {}", who(e),
                                meant, where, holds(c)));
    }
    return;
  }
  if (!conflict_) store(e, c, region);
}

/// Wherever the host's map points, it stays within the tensor.
void Judge::check_map(const Event& e, int where, const lpu::MemoryTensor& region) {
  const std::size_t map = instruction(e).opcode == Opcode::kScatter ? 1 : 0;
  const auto reach = map_reach_.find(read_value(e, map));
  if (reach == map_reach_.end()) return;
  const int last = region.address + region.addresses() - 1;
  if (where + reach->second <= last) return;
  fail(e.cycle, fmt::format("{}: its map reaches address {}, {} ends at {}", who(e),
                            where + reach->second, region.name, last));
}

/// The largest offset that each map from the host can hold.
void Judge::find_map_reach() {
  for (const lpu::HostInput& input : image_.inputs) {
    const lpu::MemoryTensor& t = image_.tensors[input.tensor];
    int reach = 0;
    switch (input.kind) {
      case lpu::InputKind::kPosition:
        reach = static_cast<int>(std::min(program_.context, image_.info.context)) - 1;
        break;
      case lpu::InputKind::kTokenRow:
        for (std::int64_t id = 0; id < image_.info.vocab; ++id) {
          reach = std::max(reach, lpu::table_row(id, input.table).address_offset);
        }
        break;
      case lpu::InputKind::kTokenGroup:
        reach = static_cast<int>((image_.info.vocab - 1) / image_.chip.lanes_per_superlane);
        break;
      case lpu::InputKind::kTokenSelect:
      case lpu::InputKind::kTokenLane:
        continue;
    }
    map_reach_[t.first_value] = reach;
  }
}

void Judge::store(const Event& e, Cell& c, const lpu::MemoryTensor* region) {
  const Instruction& i = instruction(e);
  const int where = address(e);
  const StreamGroup in = i.stream(Field::kIn);
  const Drive* data = streams_.find(in.direction, in.first, position(e), e.cycle);
  if (data == nullptr) return;  // reported where operands are sampled
  if (i.opcode == Opcode::kScatter) {
    if (region->kind != TensorKind::kState || where != region->address || data->byte != c.byte) {
      return fail(e.cycle,
                  fmt::format("{}: address {} is not the start of a state tensor's byte {}", who(e),
                              where, data->byte));
    }
    for (std::int64_t r = 0; r < region->rows; ++r) {
      Cell& row = cell(e.queue, region->address_of(r));
      row.value = e.issue->write.at(e.repeat) + static_cast<ValueId>(r);
      row.by = e.queue;
      row.written = e.cycle;
    }
    return;
  }
  if (region == nullptr ||
      (region->kind != TensorKind::kScratch && region->kind != TensorKind::kOutput)) {
    return fail(e.cycle, fmt::format("{} overwrites address {}, {}", who(e), where,
                                     region == nullptr ? "of no tensor" : "of " + region->name));
  }
  c.value = data->value;
  c.byte = data->byte;
  c.width = data->width;
  c.by = e.queue;
  c.written = e.cycle;
}

void Judge::check_weights(const Event& e) {
  const Opcode op = instruction(e).opcode;
  const bool half = op == Opcode::kLwF16 || op == Opcode::kIwF16 || op == Opcode::kAbcF16 ||
                    op == Opcode::kAbcF16Wide;
  if (half && queue(e).index % 2 != 0) {
    return fail(e.cycle, who(e) + ": fp16 drives a pair of planes from the even one");
  }
  if (lpu::info(op).format == lpu::Format::kLoadWeights) return load(e);
  if (lpu::info(op).format == lpu::Format::kInstall) return install(e);
  multiply(e);
}

void Judge::load(const Event& e) {
  const Instruction& i = instruction(e);
  Plane& p = plane(e);
  const int width = i.opcode == Opcode::kLwF16 ? 2 : 1;
  const int rows = 16 / width;
  const int first = static_cast<int>(i.get(Field::kRow)) + e.repeat * rows;
  const Cycle arrives = e.cycle + lpu::info(i.opcode).result_cycles;
  if (first == 0) {
    Plane& pair = partner(e);
    if (width == 2 || pair.buffer.width == 2 || pair.incoming.width == 2) {
      pair.buffer = {};
      pair.incoming = {};
    }
    // The rows arrive behind the tile that is still in the buffer, and overwrite it.
    if (!p.incoming.rows.empty()) p.buffer = std::exchange(p.incoming, {});
    p.loads_incoming = !p.buffer.rows.empty();
    (p.loads_incoming ? p.incoming : p.buffer) = {{}, width, arrives, -1};
  }
  Loading& tile = p.loads_incoming ? p.incoming : p.buffer;
  if (std::ssize(tile.rows) != first || first + rows > image_.chip.lanes()) {
    return fail(e.cycle, fmt::format("{} loads rows from {} on, {} of {} are in the buffer", who(e),
                                     first, tile.rows.size(), image_.chip.lanes()));
  }
  for (int r = 0; r < rows; ++r) {
    tile.rows.push_back(read_value(e, e.issue->reads.size() - 1) + static_cast<ValueId>(r));
  }
  tile.width = width;
  tile.ready = arrives;
}

void Judge::install(const Event& e) {
  const Instruction& i = instruction(e);
  Plane& p = plane(e);
  Plane& pair = partner(e);
  const int width = i.opcode == Opcode::kIwF16 ? 2 : 1;
  const bool paired = width == 2 || pair.array_width == 2;
  const std::size_t rows = i.get(Field::kRows);
  const ValueId first = read_value(e, e.issue->reads.size() - 1);
  const ValueId last = e.issue->write.at(e.repeat);
  const auto refuse = [&](const std::string& why) {
    fail(e.cycle, fmt::format("{} means rows of values {} to {}, {}", who(e), first, last, why));
  };
  if (rows == 0 || last != first + static_cast<ValueId>(rows - 1)) {
    return refuse(fmt::format("installs {} rows", rows));
  }
  if (!p.incoming.rows.empty() && p.incoming.begun <= e.cycle) {
    p.buffer = std::exchange(p.incoming, {});
    p.loads_incoming = false;
  }
  Loading& tile = p.buffer;
  if (tile.rows.empty()) return refuse("the buffer is empty");
  if (rows > tile.rows.size() || tile.width != width) {
    return refuse(
        fmt::format("{} rows of {} bytes are in the buffer", tile.rows.size(), tile.width));
  }
  if (tile.ready > e.cycle) {
    return refuse(
        fmt::format("the buffer is filled in cycle {}", tile.ready + lpu::barrier_cycles()));
  }
  if (p.busy_until > e.cycle || (paired && pair.busy_until > e.cycle)) {
    return refuse("the array still multiplies");
  }
  for (std::size_t r = 0; r < rows; ++r) {
    if (tile.rows[r] == first + static_cast<ValueId>(r)) continue;
    return refuse(fmt::format("row {} of the buffer is value {}", r, tile.rows[r]));
  }
  tile.rows.resize(rows);
  p.array = std::move(tile.rows);
  p.buffer = std::exchange(p.incoming, {});
  p.loads_incoming = false;
  p.array_width = width;
  p.array_ready = e.cycle + lpu::info(i.opcode).result_cycles;
  if (paired) pair.array.clear();
}

void Judge::multiply(const Event& e) {
  const Instruction& i = instruction(e);
  const lpu::OpcodeInfo& op = lpu::info(i.opcode);
  Plane& p = plane(e);
  const int width = i.opcode == Opcode::kAbcI8 ? 1 : 2;
  const int lanes = static_cast<int>(i.get(Field::kSuperlanes)) * image_.chip.lanes_per_superlane;
  const ValueId meant = read_value(e, e.issue->reads.size() - 1);
  if (lanes > image_.chip.lanes() / (i.opcode == Opcode::kAbcF16 ? 2 : 1)) {
    return fail(e.cycle, fmt::format("{} sums over {} lanes, too many", who(e), lanes));
  }
  if (p.array.empty() || p.array[0] != meant || p.array_width != width) {
    return fail(e.cycle, fmt::format("{} means weights from value {}, the array holds {}", who(e),
                                     meant, p.array.empty() ? 0 : p.array[0]));
  }
  if (p.array_ready > e.cycle) {
    return fail(e.cycle, fmt::format("{} means weights from value {}, installed in cycle {}",
                                     who(e), meant, p.array_ready + lpu::barrier_cycles()));
  }
  if (p.busy_until > e.cycle) {
    return fail(e.cycle, who(e) + " while the array still takes the activation before");
  }
  p.busy_until = e.cycle + op.busy_cycles;
  p.products[e.cycle + op.result_cycles] = e.issue->write.at(e.repeat);
}

void Judge::check_product(const Event& e) {
  const Instruction& i = instruction(e);
  Plane& p = plane(e);
  const auto product = p.products.find(e.cycle);
  if (product == p.products.end() || product->second != read_value(e, 0)) {
    return fail(e.cycle,
                fmt::format("{} means product {}, finds {}", who(e), read_value(e, 0),
                            product == p.products.end() ? std::string("none in this cycle")
                                                        : std::to_string(product->second)));
  }
  p.products.erase(p.products.begin(), std::next(product));
  const std::uint32_t slot = i.get(Field::kSlot);
  if (slot >= static_cast<std::uint32_t>(image_.chip.accumulators)) {
    return fail(e.cycle, fmt::format("{}: accumulator {}, a plane has {}", who(e), slot,
                                     image_.chip.accumulators));
  }
  if ((i.get(Field::kFlags) & lpu::kFlagAdd) != 0 && p.accumulators[slot] != read_value(e, 1)) {
    return fail(e.cycle, fmt::format("{} means value {} in accumulator {}, which holds {}", who(e),
                                     read_value(e, 1), slot, p.accumulators[slot]));
  }
  if ((i.get(Field::kFlags) & lpu::kFlagEmit) != 0 && !i.result()) {
    return fail(e.cycle, who(e) + " emits on no stream");
  }
  p.accumulators[slot] = e.issue->write.at(e.repeat);
}

void Judge::drive(const Event& e, Direction d, int stream, lpu::Position from, Cycle visible,
                  ValueId value, int byte, int width) {
  const Drive* other =
      streams_.add(d, stream, visible, {value, byte, width, from, e.queue, e.cycle, -1});
  if (other != nullptr) {
    const std::string place = register_at(d, stream, from);
    fail_at(visible,
            fmt::format("{} drives {} in cycle {}, as does {}", who(e), place,
                        visible + lpu::barrier_cycles(), who(*other)),
            place, other);
  }
}

void Judge::drive_result(const Event& e) {
  const Instruction& i = instruction(e);
  const lpu::OpcodeInfo& op = lpu::info(i.opcode);
  const auto group = lpu::driven_stream(i);
  if (!group) return;
  if (op.unit == Unit::kMxmAccumulate && (i.get(Field::kFlags) & lpu::kFlagEmit) == 0) return;
  const Cycle visible = e.cycle + op.latency(image_.chip.superlanes);
  lpu::Position from = position(e);
  if (op.unit == Unit::kVxm) {
    from = image_.chip.vxm_result_position(group->direction);
    if (!lpu::alu_reaches(image_.chip, queue(e).index, *group)) {
      return fail(e.cycle,
                  fmt::format("{}: stream group {} is out of reach", who(e), to_string(*group)));
    }
  }
  const Cell* stored = op.unit == Unit::kMem ? &cell(e.queue, address(e)) : nullptr;
  for (int b = 0; b < group->width && !conflict_; ++b) {
    drive(e, group->direction, group->first + b, from, visible, e.issue->write.at(e.repeat),
          stored != nullptr ? stored->byte : b, stored != nullptr ? stored->width : group->width);
  }
}

}  // namespace metronome::compiler
