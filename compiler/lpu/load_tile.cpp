// SPDX-License-Identifier: Apache-2.0
// Brings a tile of weights from its 16 slices into a plane pair: each slice reads so early that its
// byte meets the others at the matrix unit, eight fp16 rows a cycle; then the buffer is installed.
#include <algorithm>

#include "compiler/lpu/scheduler.h"
#include "hw/isa/error.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Hemisphere;
using lpu::Opcode;
using lpu::QueueId;
using lpu::StreamGroup;
using lpu::ValueId;

namespace {

int hops_to_edge(const lpu::ChipSpec& spec, Hemisphere h, const lpu::MemoryTensor& t, int stream) {
  const int slice = t.slices[static_cast<std::size_t>(stream)];
  return std::abs(spec.edge_position(h) - spec.slice_position(h, slice));
}

}  // namespace

void Scheduler::load_tile(Hemisphere h, TensorId tensor, std::int64_t first_row, int rows) {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(tensor)];
  PlaneState& plane = planes_[static_cast<std::size_t>(h)];
  TileLoad load{h, tensor, first_row, rows, (rows + t.stripes - 1) / t.stripes, 0, 0};
  const Cycle read = lpu::info(Opcode::kRead).result_cycles;
  load.start = plane.buffer_free;
  for (int s = 0; s < t.stripes * t.width; ++s) {
    load.start = std::max<Cycle>(load.start, read + hops_to_edge(spec_, h, t, s));
  }
  while (!try_load(load)) {
    ++load.start;
    check(load.start < plane.buffer_free + kGiveUpAfter, t.name, load.start,
          "weights cannot be loaded");
  }
  begin_piece("load");
  emit_load(load);
  begin_piece("install");
  install(load);
}

bool Scheduler::try_load(TileLoad& load) {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tensor)];
  const int streams = t.stripes * t.width;
  const Cycle read = lpu::info(Opcode::kRead).result_cycles;
  held_queues_.clear();
  held_segments_.clear();
  bool free = hold_train(lpu::mxm_queue(spec_, load.hemisphere, 0, lpu::Unit::kMxmWeights),
                         load.start, load.beats, 1);
  for (int s = 0; free && s < streams; ++s) {
    const int slice = t.slices[static_cast<std::size_t>(s)];
    const Cycle first = load.start - hops_to_edge(spec_, load.hemisphere, t, s) - read;
    free = hold_train(lpu::mem_queue(spec_, load.hemisphere, slice), first, load.beats, 1);
  }
  for (int base = 0; free && base + streams <= spec_.streams; base += streams) {
    if (hold_load_streams(load, base)) {
      load.first_stream = base;
      return true;
    }
    undo_to(held_queues_.size(), 0);
  }
  undo_to(0, 0);
  return false;
}

bool Scheduler::hold_load_streams(const TileLoad& load, int base) {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tensor)];
  for (int s = 0; s < t.stripes * t.width; ++s) {
    const int slice = t.slices[static_cast<std::size_t>(s)];
    const lpu::Position from = spec_.slice_position(load.hemisphere, slice);
    const Cycle visible = load.start - hops_to_edge(spec_, load.hemisphere, t, s);
    for (int beat = 0; beat < load.beats; ++beat) {
      const Segment segment{lpu::outward(load.hemisphere), base + s, from,
                            spec_.edge_position(load.hemisphere), visible + beat};
      if (!reservations_.segment_free(segment)) return false;
      reservations_.hold_segment(segment);
      held_segments_.push_back(segment);
    }
  }
  return true;
}

void Scheduler::emit_load(const TileLoad& load) {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tensor)];
  const lpu::Direction d = lpu::outward(load.hemisphere);
  const int streams = t.stripes * t.width;
  const Cycle read_latency = lpu::info(Opcode::kRead).result_cycles;
  const QueueId weights = lpu::mxm_queue(spec_, load.hemisphere, 0, lpu::Unit::kMxmWeights);
  for (int beat = 0; beat < load.beats; ++beat) {
    const std::int64_t row = load.first_row + static_cast<std::int64_t>(beat) * t.stripes;
    const ValueId row_value = t.first_value + static_cast<ValueId>(row);
    for (int s = 0; s < streams; ++s) {
      lpu::Instruction read{Opcode::kRead, {}};
      read.set(lpu::Field::kOut,
               StreamGroup{d, static_cast<std::uint8_t>(load.first_stream + s), 1});
      const ValueId value = row_value + static_cast<ValueId>(s / t.width);
      const Cycle when =
          load.start - hops_to_edge(spec_, load.hemisphere, t, s) - read_latency + beat;
      const int slice = t.slices[static_cast<std::size_t>(s)];
      emit({when,
            lpu::mem_queue(spec_, load.hemisphere, slice),
            read,
            t.address_of(row),
            {value},
            value});
    }
    lpu::Instruction lw{Opcode::kLwF16, {}};
    lw.set(lpu::Field::kIn, StreamGroup{d, static_cast<std::uint8_t>(load.first_stream),
                                        static_cast<std::uint8_t>(streams)});
    emit({load.start + beat, weights, lw, beat * t.stripes, {row_value}, lpu::kNoValue});
  }
}

void Scheduler::install(const TileLoad& load) {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tensor)];
  PlaneState& plane = planes_[static_cast<std::size_t>(load.hemisphere)];
  const QueueId weights = lpu::mxm_queue(spec_, load.hemisphere, 0, lpu::Unit::kMxmWeights);
  const Cycle loaded = load.start + load.beats - 1 + lpu::info(Opcode::kLwF16).result_cycles;
  Cycle when = std::max(loaded, plane.array_free);
  while (!reservations_.queue_free(weights, when)) ++when;
  reservations_.hold_queue(weights, when);
  lpu::Instruction iw{Opcode::kIwF16, {}};
  iw.set(lpu::Field::kRows, static_cast<std::uint32_t>(load.rows));
  const ValueId first = t.first_value + static_cast<ValueId>(load.first_row);
  emit({when, weights, iw, 0, {first}, first + static_cast<ValueId>(load.rows - 1)});
  plane.buffer_free = when + 1;
  plane.array_ready = when + lpu::info(Opcode::kIwF16).result_cycles;
  plane.array_free = plane.array_ready;
  plane.weights = first;
}

}  // namespace metronome::compiler
