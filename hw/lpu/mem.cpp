// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/mem.h"

#include <algorithm>
#include <bit>
#include <functional>

namespace metronome::lpu {
namespace {

std::uint32_t all_superlanes(const ChipSpec& spec) {
  return (1U << static_cast<unsigned>(spec.superlanes)) - 1U;
}

bool all_equal(const std::vector<int>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

}  // namespace

MemSlice::MemSlice(ChipContext& chip, Hemisphere hemisphere, int slice)
    : chip_(chip), position_(chip.spec.slice_position(hemisphere, slice)) {}

Row& MemSlice::cell(int address) {
  if (cells_.empty()) cells_.resize(static_cast<std::size_t>(chip_.spec.words_per_slice()));
  return cells_[static_cast<std::size_t>(address)];
}

const Row& MemSlice::stored(int address, QueueId queue, Cycle now) {
  const Row& row = cell(address);
  if (row.empty()) [[unlikely]]
    refuse_unwritten(address, queue, now);
  return row;
}

void MemSlice::refuse_unwritten(int address, QueueId queue, Cycle now) const {
  check(false, chip_.path(queue), now, fmt::format("reads address {}, never written", address));
}

void MemSlice::load(int address, Row row) { cell(address) = std::move(row); }

const Row& MemSlice::peek(int address) const {
  static const Row nothing;
  return cells_.empty() ? nothing : cells_[static_cast<std::size_t>(address)];
}

std::int64_t MemSlice::words_used() const {
  return std::count_if(cells_.begin(), cells_.end(), [](const Row& r) { return !r.empty(); });
}

// Every superlane has banks of its own: accesses collide where a superlane's banks are the same.
void MemSlice::claim(bool is_write, std::uint32_t upper_bank, QueueId queue, Cycle now) {
  Port& mine = is_write ? write_port_ : read_port_;
  const Port& theirs = is_write ? read_port_ : write_port_;
  const std::uint32_t same = all_superlanes(chip_.spec) & ~(upper_bank ^ theirs.upper_bank);
  if (mine.cycle == now || (theirs.cycle == now && same != 0)) [[unlikely]] {
    const auto where = same == 0 ? 0U : static_cast<unsigned>(std::countr_zero(same));
    check(false, chip_.path(queue), now,
          fmt::format("{} in bank {} beside another access: a slice does one read and one write "
                      "a cycle, in different banks",
                      is_write ? "write" : "read", (upper_bank >> where) & 1U));
  }
  mine = {now, upper_bank};
  ++(is_write ? writes_ : reads_);
}

std::uint32_t MemSlice::banks_of(int address, QueueId queue, Cycle now) const {
  if (address < 0 || address >= chip_.spec.words_per_slice()) [[unlikely]] {
    check(false, chip_.path(queue), now,
          fmt::format("address {} outside 0 to {}", address, chip_.spec.words_per_slice() - 1));
  }
  return chip_.spec.bank_of(address) == 0 ? 0U : all_superlanes(chip_.spec);
}

void MemSlice::require_one_stream(StreamGroup group, QueueId queue, Cycle now) const {
  if (group.width == 1) [[likely]]
    return;
  check(false, chip_.path(queue), now,
        fmt::format("stream group {}: a slice reads or writes one stream", to_string(group)));
}

void MemSlice::dispatch(const Instruction& i, int address, QueueId queue, Cycle now) {
  if (i.opcode == Opcode::kRead) return read(i, {now, 1, 1, address, 0}, queue);
  if (i.opcode == Opcode::kWrite) return write(i, address, queue, now);
  if (i.opcode == Opcode::kGather) return gather(i, address, queue, now);
  if (i.opcode == Opcode::kScatter) return scatter(i, address, queue, now);
  check(false, chip_.path(queue), now, "not a memory instruction");
}

void MemSlice::dispatch_train(const Instruction& i, const IssueTrain& train, QueueId queue) {
  if (i.opcode == Opcode::kRead) return read(i, train, queue);
  FunctionalUnit::dispatch_train(i, train, queue);
}

void MemSlice::read(const Instruction& i, const IssueTrain& train, QueueId queue) {
  const int last = train.address + (train.count - 1) * train.address_step;
  claim(false, banks_of(train.address, queue, train.first), queue, train.first);
  read_port_ = {train.last(), banks_of(last, queue, train.last())};
  reads_ += train.count - 1;
  const StreamGroup out = i.stream(Field::kOut);
  require_one_stream(out, queue, train.first);
  Cycle visible = train.first + info(i.opcode).result_cycles;
  const Row* row = &cell(train.address);
  for (int beat = 0; beat < train.count; ++beat) {
    if (row->empty()) [[unlikely]] {
      refuse_unwritten(train.address + beat * train.address_step, queue,
                       train.first + static_cast<Cycle>(beat) * train.stride);
    }
    chip_.fabric.drive(out, position_, visible, row, queue);
    visible += train.stride;
    if (beat + 1 < train.count) row += train.address_step;
  }
}

void MemSlice::rows_to_read(const IssueTrain& train, QueueId queue, Row* rows,
                            std::ptrdiff_t apart) {
  banks_of(train.address, queue, train.first);
  banks_of(train.address + (train.count - 1) * train.address_step, queue, train.last());
  for (int n = 0; n < train.count; ++n) {
    const int address = train.address + n * train.address_step;
    *rows = stored(address, queue, train.first + static_cast<Cycle>(n) * train.stride);
    rows += apart;
  }
}

void MemSlice::write(const Instruction& i, int address, QueueId queue, Cycle now) {
  claim(true, banks_of(address, queue, now), queue, now);
  const StreamGroup in = i.stream(Field::kIn);
  require_one_stream(in, queue, now);
  cell(address) = chip_.fabric.sample(in.direction, in.first, position_, now, queue);
}

/// Fills `mapped_`; returns the superlanes that go to bank 1.
std::uint32_t MemSlice::map_addresses(const Row& map, int base, QueueId queue, Cycle now) {
  mapped_.resize(static_cast<std::size_t>(chip_.spec.superlanes));
  std::uint32_t upper_bank = 0;
  for (int s = 0; s < chip_.spec.superlanes; ++s) {
    const int lane = s * chip_.spec.lanes_per_superlane;
    const int address = base + map.at(lane) + 256 * map.at(lane + 1);
    if (address < 0 || address >= chip_.spec.words_per_slice()) [[unlikely]] {
      check(false, chip_.path(queue), now,
            fmt::format("map address {} in superlane {}, a slice has {}", address, s,
                        chip_.spec.words_per_slice()));
    }
    mapped_[static_cast<std::size_t>(s)] = address;
    if (chip_.spec.bank_of(address) != 0) upper_bank |= 1U << static_cast<unsigned>(s);
  }
  return upper_bank;
}

void MemSlice::gather(const Instruction& i, int base, QueueId queue, Cycle now) {
  const StreamGroup map_stream = i.stream(Field::kIn2);
  require_one_stream(map_stream, queue, now);
  require_one_stream(i.stream(Field::kOut), queue, now);
  const Row map =
      chip_.fabric.sample(map_stream.direction, map_stream.first, position_, now, queue);
  claim(false, map_addresses(map, base, queue, now), queue, now);
  Row result;
  if (all_equal(mapped_)) {
    result = stored(mapped_[0], queue, now);
  } else {
    RowBlock* block = chip_.pool.make(chip_.spec.lanes(), 1);
    result = Row(block, 0);
    for (int s = 0; s < chip_.spec.superlanes; ++s) {
      copy_superlane(stored(mapped_[static_cast<std::size_t>(s)], queue, now), s, *block);
    }
  }
  chip_.fabric.drive(i.stream(Field::kOut), position_, now + info(i.opcode).result_cycles, &result,
                     queue);
}

void MemSlice::scatter(const Instruction& i, int base, QueueId queue, Cycle now) {
  const StreamGroup in = i.stream(Field::kIn);
  const StreamGroup map_stream = i.stream(Field::kIn2);
  require_one_stream(in, queue, now);
  require_one_stream(map_stream, queue, now);
  const Row data = chip_.fabric.sample(in.direction, in.first, position_, now, queue);
  const Row map =
      chip_.fabric.sample(map_stream.direction, map_stream.first, position_, now, queue);
  claim(true, map_addresses(map, base, queue, now), queue, now);
  if (all_equal(mapped_)) {
    cell(mapped_[0]) = data;
    return;
  }
  for (int s = 0; s < chip_.spec.superlanes; ++s) {
    Row& target = cell(mapped_[static_cast<std::size_t>(s)]);
    RowBlock* block = chip_.pool.make(chip_.spec.lanes(), 1);
    const Row merged(block, 0);
    std::fill_n(block->storage, chip_.spec.lanes(), std::uint8_t{0});
    for (int t = 0; t < chip_.spec.superlanes; ++t) {
      const Row& from = t == s ? data : target;
      if (!from.empty()) copy_superlane(from, t, *block);
    }
    target = merged;
  }
}

/// One superlane's word of `from`, with the check bits that came with it.
void MemSlice::copy_superlane(const Row& from, int superlane, RowBlock& to) const {
  const int width = chip_.spec.lanes_per_superlane;
  for (int l = superlane * width; l < (superlane + 1) * width; ++l) to.storage[l] = from.at(l);
  if (from.block()->fault == nullptr) [[likely]] {
    if (to.fault != nullptr) set_check_bits(to, superlane);
    return;
  }
  if (to.fault == nullptr) {
    to.fault = std::make_unique<EccFault>();
    to.fault->check_bits.resize(static_cast<std::size_t>(chip_.spec.superlanes));
    for (int s = 0; s < superlane; ++s) set_check_bits(to, s);
    for (int s = superlane + 1; s < chip_.spec.superlanes; ++s) set_check_bits(to, s);
  }
  const auto at = static_cast<std::size_t>(superlane);
  to.fault->check_bits[at] = from.block()->fault->check_bits[at];
}

void MemSlice::set_check_bits(RowBlock& block, int superlane) {
  EccWord word;
  std::copy_n(block.storage + 16 * superlane, 16, word.begin());
  block.fault->check_bits[static_cast<std::size_t>(superlane)] = ecc_check_bits(word);
}

void MemSlice::inject_fault(int address, int lane, int bit) {
  Row& target = cell(address);
  check(!target.empty(), "mem", 0, fmt::format("fault at address {}, never written", address));
  chip_.fabric.expect_faults();
  RowBlock* block = chip_.pool.make(chip_.spec.lanes(), 1);
  const Row faulty(block, 0);
  for (int l = 0; l < chip_.spec.lanes(); ++l) block->storage[l] = target.at(l);
  block->fault = std::make_unique<EccFault>();
  if (target.block()->fault) {
    *block->fault = *target.block()->fault;
  } else {
    block->fault->check_bits.resize(static_cast<std::size_t>(chip_.spec.superlanes));
    for (int s = 0; s < chip_.spec.superlanes; ++s) set_check_bits(*block, s);
  }
  block->storage[lane] ^= static_cast<std::uint8_t>(1 << bit);
  target = faulty;
}

}  // namespace metronome::lpu
