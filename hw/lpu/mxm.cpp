// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/mxm.h"

#include <algorithm>
#include <cstring>

#include "hw/lpu/simd/kernels.h"

namespace metronome::lpu {
namespace {

constexpr int kLoadStreams = 16;

bool is_f16(Opcode op) {
  return op == Opcode::kLwF16 || op == Opcode::kIwF16 || op == Opcode::kAbcF16 ||
         op == Opcode::kAbcF16Wide;
}

}  // namespace

Mxm::Mxm(ChipContext& chip, Hemisphere hemisphere)
    : chip_(chip),
      position_(chip.spec.edge_position(hemisphere)),
      planes_(static_cast<std::size_t>(chip.spec.mxm_planes)) {
  const auto lanes = static_cast<std::size_t>(chip.spec.lanes());
  for (Plane& plane : planes_) {
    for (WeightSet* set : {&plane.buffer, &plane.incoming, &plane.array}) set->rows.resize(lanes);
    plane.products.resize(64);
    plane.accumulators.resize(static_cast<std::size_t>(chip.spec.accumulators));
    plane.row_data.resize(lanes);
    plane.row_absmax.resize(lanes);
    plane.gathered.resize(lanes);
  }
  distinct_.resize(lanes);
}

void Mxm::clear() {
  for (Plane& plane : planes_) {
    for (WeightSet* set : {&plane.buffer, &plane.incoming, &plane.array}) set->clear();
  }
}

Mxm::Plane& Mxm::partner_of(QueueId queue) {
  const int index = chip_.queue_infos[static_cast<std::size_t>(queue)].index;
  return planes_[static_cast<std::size_t>(index ^ 1)];
}

void Mxm::WeightSet::clear() {
  if (empty()) return;
  std::fill(rows.begin(), rows.end(), Row());
  begun = ready = -1;
  width = 0;
}

/// A new tile starts in the buffer, behind the one that is there: its rows arrive only when a load
/// is complete. What fp16 shares between the pair of planes is lost to both.
void Mxm::begin_tile(Plane& plane, Plane& partner, int width, Cycle begun) {
  const bool pair = width == 2 || partner.buffer.width == 2 || partner.incoming.width == 2;
  if (pair) {
    partner.buffer.clear();
    partner.incoming.clear();
  }
  if (!plane.incoming.empty()) std::swap(plane.buffer, plane.incoming);
  WeightSet& tile = plane.buffer.empty() ? plane.buffer : plane.incoming;
  tile.clear();
  tile.begun = begun;
  tile.width = width;
}

/// The fp16 row of two byte planes.
Row Mxm::pair_of(const Row& low, const Row& high) {
  const bool whole =
      high.block() == low.block() && low.byte() == 0 && high.byte() == 1 && low.block()->width == 2;
  if (whole) return low;
  // Bytes from different blocks: make the pair whole once, here.
  RowBlock* pair = chip_.pool.make(chip_.spec.lanes(), 2);
  for (int lane = 0; lane < chip_.spec.lanes(); ++lane) {
    pair->storage[2 * lane] = low.at(lane);
    pair->storage[2 * lane + 1] = high.at(lane);
  }
  return {pair, 0};
}

/// Where a load puts its rows, and the tile that they complete when they arrive.
Mxm::Loading Mxm::begin_load(const Instruction& i, int repeat, QueueId queue, Cycle now) {
  const int index = chip_.queue_infos[static_cast<std::size_t>(queue)].index;
  require_even(i.opcode, index, queue, now);
  Plane& plane = planes_[static_cast<std::size_t>(index)];
  const int width = i.opcode == Opcode::kLwF16 ? 2 : 1;
  const int rows = kLoadStreams / width;
  const int first = static_cast<int>(i.get(Field::kRow)) + repeat * rows;
  const StreamGroup in = i.stream(Field::kIn);
  if (in.width != kLoadStreams || first + rows > chip_.spec.lanes()) [[unlikely]] {
    check(false, chip_.path(queue), now,
          fmt::format("loads rows {} to {} from {} streams: a plane has {} rows, a load takes {} "
                      "streams",
                      first, first + rows - 1, in.width, chip_.spec.lanes(), kLoadStreams));
  }
  const Cycle arrives = now + info(i.opcode).result_cycles;
  if (first == 0) begin_tile(plane, partner_of(queue), width, arrives);
  WeightSet& tile = plane.incoming.empty() ? plane.buffer : plane.incoming;
  if (tile.empty()) [[unlikely]] {
    check(false, chip_.path(queue), now,
          fmt::format("loads row {} of a tile that was not begun", first));
  }
  check(tile.width == width, chip_.path(queue), now, "mixes weight types in one buffer");
  return {tile, &tile.rows[static_cast<std::size_t>(first)], arrives};
}

void Mxm::load_weights(const Instruction& i, int repeat, QueueId queue, Cycle now) {
  const Loading load = begin_load(i, repeat, queue, now);
  const StreamGroup in = i.stream(Field::kIn);
  if (load.tile.width == 1) {
    chip_.fabric.sample_group(in, position_, now, queue, load.rows);
  } else {
    sample_group(chip_, in, position_, now, queue, hold_);
    for (std::size_t r = 0; r < kLoadStreams / 2; ++r) {
      load.rows[r] = pair_of(hold_[2 * r], hold_[2 * r + 1]);
    }
  }
  load.tile.ready = load.arrives;
}

Row* Mxm::begin_loads(const Instruction& i, const IssueTrain& train, QueueId queue) {
  const Loading first = begin_load(i, 0, queue, train.first);
  first.tile.ready = first.arrives;
  if (train.count > 1) {
    const Loading last = begin_load(i, train.count - 1, queue, train.last());
    last.tile.ready = last.arrives;
  }
  return first.rows;
}

void Mxm::install(const Instruction& i, Plane& plane, QueueId queue, Cycle now) {
  const int rows = static_cast<int>(i.get(Field::kRows));
  const int width = i.opcode == Opcode::kIwF16 ? 2 : 1;
  // The next tile has overwritten the one before.
  if (!plane.incoming.empty() && plane.incoming.begun <= now) {
    std::swap(plane.buffer, plane.incoming);
    plane.incoming.clear();
  }
  check(plane.buffer.ready >= 0 && plane.buffer.ready <= now, chip_.path(queue), now,
        "installs weights that are still being loaded");
  check(plane.busy_until <= now, chip_.path(queue), now, "installs while the array multiplies");
  check(plane.buffer.width == width, chip_.path(queue), now, "installs weights of another type");
  if (rows < 1 || rows > chip_.spec.lanes() ||
      !std::none_of(plane.buffer.rows.begin(), plane.buffer.rows.begin() + rows,
                    [](const Row& row) { return row.empty(); })) [[unlikely]] {
    check(false, chip_.path(queue), now, fmt::format("installs {} rows, fewer loaded", rows));
  }
  Plane& partner = partner_of(queue);
  if (width == 2 || partner.array.width == 2) {
    check(partner.busy_until <= now, chip_.path(queue), now,
          "installs while the other plane of the pair multiplies");
    partner.array.ready = -1;
    partner.array.width = 0;
  }
  std::swap(plane.buffer.rows, plane.array.rows);
  // The array's old weights are gone: a tile may not be completed from them.
  plane.buffer.clear();
  std::swap(plane.buffer, plane.incoming);
  plane.array.width = width;
  plane.array.ready = now + info(i.opcode).result_cycles;
  plane.indexed_lanes = -1;
  plane.rows = rows;
}

/// Rows that lie one after the other in a table of constants need not be looked at one by one.
bool Mxm::index_table(Plane& plane, int lanes) {
  const RowBlock* first = plane.array.rows[0].block();
  const auto rows = static_cast<std::size_t>(plane.rows);
  if (first->followers + 1 < rows || first->width != plane.array.width || first->lanes < lanes) {
    return false;
  }
  const std::size_t step = std::size_t{first->lanes} * first->width;
  for (std::size_t r = 0; r < rows; ++r) {
    if (plane.array.rows[r].block() != first + r) return false;
    plane.row_data[r] = first->data + r * step;
  }
  return true;
}

/// The weights of a row, at least `lanes` of them.
const std::uint8_t* Mxm::row_bytes(Plane& plane, std::size_t at, int lanes) {
  const Row& row = plane.array.rows[at];
  const RowBlock* block = row.block();
  if (block->width == plane.array.width && block->lanes >= lanes) return block->data;
  const auto width = static_cast<std::size_t>(plane.array.width);
  auto& bytes = plane.gathered[at];
  bytes.assign(static_cast<std::size_t>(lanes) * width, 0);
  const int have = std::min<int>(lanes, block->lanes);
  for (int lane = 0; lane < have; ++lane) {
    for (int b = 0; b < plane.array.width; ++b) {
      bytes[static_cast<std::size_t>(lane) * width + static_cast<std::size_t>(b)] =
          block->data[lane * block->width + (block->width == 1 ? 0 : row.byte() + b)];
    }
  }
  return bytes.data();
}

/// What fp16 rows need beside their bytes. A row equal to the one before gives the same sums: the
/// matrix of ones that sums within heads has few rows of its own.
void Mxm::index_halves(Plane& plane, int lanes) {
  const std::size_t bytes = 2 * static_cast<std::size_t>(lanes);
  const auto rows = static_cast<std::size_t>(plane.rows);
  plane.data_of_row.resize(rows);
  std::size_t last = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::uint8_t* data = plane.row_data[r];
    if (r == 0 || std::memcmp(data, plane.row_data[last], bytes) != 0) {
      last = r == 0 ? 0 : last + 1;
      plane.row_data[last] = data;
      RowBlock* block = plane.array.rows[r].block();
      if (block->absmax < 0) {
        block->absmax =
            simd::absmax_f16(reinterpret_cast<const std::uint16_t*>(block->data), block->lanes);
      }
      plane.row_absmax[last] = block->absmax;
    }
    plane.data_of_row[r] = static_cast<std::uint16_t>(last);
  }
  if (last + 1 == rows) plane.data_of_row.clear();
}

void Mxm::index_rows(Plane& plane, int lanes) {
  if (plane.indexed_lanes == lanes) return;
  if (!index_table(plane, lanes)) {
    for (std::size_t r = 0; r < static_cast<std::size_t>(plane.rows); ++r) {
      plane.row_data[r] = row_bytes(plane, r, lanes);
    }
  }
  plane.data_of_row.clear();
  if (plane.array.width == 2) index_halves(plane, lanes);
  plane.indexed_lanes = lanes;
}

/// out[r] = row r times the activations.
void Mxm::multiply(const Plane& plane, const std::uint8_t* activations, int lanes,
                   std::uint8_t* out) {
  const auto k = static_cast<std::size_t>(lanes);
  const auto rows = static_cast<std::size_t>(plane.rows);
  if (plane.array.width == 1) {
    return simd::dot_rows_i8(reinterpret_cast<const std::int8_t*>(activations), k,
                             reinterpret_cast<const std::int8_t* const*>(plane.row_data.data()),
                             rows, reinterpret_cast<std::int32_t*>(out));
  }
  const auto* halves = reinterpret_cast<const std::uint16_t*>(activations);
  const auto* data = reinterpret_cast<const std::uint16_t* const*>(plane.row_data.data());
  auto* sums = reinterpret_cast<float*>(out);
  if (plane.data_of_row.empty()) {
    return simd::dot_rows_f16(halves, k, data, rows, plane.row_absmax.data(), sums);
  }
  const std::size_t distinct = std::size_t{plane.data_of_row.back()} + 1;
  simd::dot_rows_f16(halves, k, data, distinct, plane.row_absmax.data(), distinct_.data());
  for (std::size_t r = 0; r < rows; ++r) sums[r] = distinct_[plane.data_of_row[r]];
}

void Mxm::activate(const Instruction& i, Plane& plane, QueueId queue, Cycle now) {
  const int width = is_f16(i.opcode) ? 2 : 1;
  const int lanes = static_cast<int>(i.get(Field::kSuperlanes)) * chip_.spec.lanes_per_superlane;
  const int limit = i.opcode == Opcode::kAbcF16 ? chip_.spec.lanes() / 2 : chip_.spec.lanes();
  if (lanes <= 0 || lanes > limit) [[unlikely]] {
    check(false, chip_.path(queue), now,
          fmt::format("{} of K = {} lanes, at most {}", info(i.opcode).mnemonic, lanes, limit));
  }
  check(plane.array.ready >= 0 && plane.array.ready <= now && plane.array.width == width,
        chip_.path(queue), now, "multiplies before weights of its type are installed");
  check(plane.busy_until <= now, chip_.path(queue), now, "activations overlap in time");
  plane.busy_until = now + info(i.opcode).busy_cycles;
  const StreamGroup in = i.stream(Field::kIn);
  check(in.width == width, chip_.path(queue), now, "activation width is not that of the weights");
  const std::uint8_t* activations =
      sample_value(chip_, in, lanes, position_, now, queue, hold_, scratch_);
  index_rows(plane, lanes);

  RowBlock* z = chip_.pool.make((plane.rows + 15) / 16 * 16, 4);
  std::memset(z->storage + 4 * plane.rows, 0, 4 * static_cast<std::size_t>(z->lanes - plane.rows));
  multiply(plane, activations, lanes, z->storage);
  macs_ += static_cast<std::int64_t>(plane.rows) * lanes;
  const Cycle ready = now + info(i.opcode).result_cycles;
  plane.products[static_cast<std::size_t>(ready) % plane.products.size()] = {ready, Row(z, 0),
                                                                             width == 2};
}

void Mxm::accumulate(const Instruction& i, Plane& plane, QueueId queue, Cycle now) {
  const Product& product = plane.products[static_cast<std::size_t>(now) % plane.products.size()];
  const auto slot = static_cast<std::size_t>(i.get(Field::kSlot));
  const bool is_f32 = i.opcode == Opcode::kAccF32;
  check(product.ready == now, chip_.path(queue), now, "operand missing: no product in this cycle");
  check(product.is_f32 == is_f32, chip_.path(queue), now, "takes a product of another type");
  if (slot >= plane.accumulators.size()) [[unlikely]] {
    check(false, chip_.path(queue), now,
          fmt::format("accumulator {}, a plane has {}", slot, plane.accumulators.size()));
  }
  Product& accumulator = plane.accumulators[slot];
  Row result = product.row;
  if ((i.get(Field::kFlags) & kFlagAdd) != 0) {
    check(!accumulator.row.empty(), chip_.path(queue), now, "adds to an accumulator never set");
    check(accumulator.is_f32 == is_f32, chip_.path(queue), now,
          "adds to an accumulator of another type");
    result = sum(accumulator.row.block(), product.row.block(), is_f32, queue, now);
  }
  accumulator = {now, result, is_f32};
  if ((i.get(Field::kFlags) & kFlagEmit) != 0) {
    const auto out = i.result();
    check(out && out->width == 4, chip_.path(queue), now, "emits on other than four streams");
    chip_.fabric.drive(*out, position_, now + info(i.opcode).result_cycles, result.block(), queue);
  }
}

Row Mxm::sum(const RowBlock* a, const RowBlock* b, bool is_f32, QueueId queue, Cycle now) {
  check(a->lanes == b->lanes, chip_.path(queue), now, "adds results of different length");
  RowBlock* z = chip_.pool.make(a->lanes, 4);
  if (is_f32) {
    simd::add_f32(reinterpret_cast<const float*>(a->data), reinterpret_cast<const float*>(b->data),
                  reinterpret_cast<float*>(z->storage), a->lanes);
  } else {
    simd::add_modulo_i32(reinterpret_cast<const std::int32_t*>(a->data),
                         reinterpret_cast<const std::int32_t*>(b->data),
                         reinterpret_cast<std::int32_t*>(z->storage), a->lanes);
  }
  return {z, 0};
}

void Mxm::require_even(Opcode op, int plane, QueueId queue, Cycle now) const {
  check(!is_f16(op) || plane % 2 == 0, chip_.path(queue), now,
        "fp16 drives a pair of planes from the even one");
}

void Mxm::dispatch(const Instruction& i, int, QueueId queue, Cycle now) {
  const int index = chip_.queue_infos[static_cast<std::size_t>(queue)].index;
  Plane& plane = planes_[static_cast<std::size_t>(index)];
  require_even(i.opcode, index, queue, now);
  switch (info(i.opcode).unit) {
    case Unit::kMxmWeights:
      return install(i, plane, queue, now);
    case Unit::kMxmActivations:
      return activate(i, plane, queue, now);
    case Unit::kMxmAccumulate:
      return accumulate(i, plane, queue, now);
    case Unit::kIcu:
    case Unit::kMem:
    case Unit::kVxm:
    case Unit::kSxmShift:
    case Unit::kSxmPermute:
    case Unit::kSxmDistribute:
    case Unit::kSxmTranspose:
    case Unit::kC2c:
      break;
  }
  check(false, chip_.path(queue), now, "not a matrix instruction");
}

}  // namespace metronome::lpu
