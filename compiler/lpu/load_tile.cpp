// SPDX-License-Identifier: Apache-2.0
// Brings a tile of weights from its 16 slices into a plane (int8) or a pair of planes (fp16): each
// slice reads so early that its byte meets the others at the matrix unit, 16 int8 or 8 fp16 rows a
// cycle; then the buffer is installed.
#include <algorithm>

#include "compiler/lpu/placer.h"
#include "hw/isa/error.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Hemisphere;
using lpu::Opcode;
using lpu::QueueId;
using lpu::StreamGroup;
using lpu::ValueId;

namespace {

/// Cycles that a load waits for its next beat before it is begun anew, later.
constexpr int kMostWait = 8;

int hops_to_edge(const lpu::ChipSpec& spec, Hemisphere h, const lpu::MemoryTensor& t, int stream) {
  const int slice = t.slices[static_cast<std::size_t>(stream)];
  return std::abs(spec.edge_position(h) - spec.slice_position(h, slice));
}

Opcode load_opcode(const lpu::MemoryTensor& t) {
  return t.width == 1 ? Opcode::kLwI8 : Opcode::kLwF16;
}

Opcode install_opcode(const lpu::MemoryTensor& t) {
  return t.width == 1 ? Opcode::kIwI8 : Opcode::kIwF16;
}

}  // namespace

bool Placer::holds(const Tile& tile) const {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(tile.tensor)];
  const PlaneState& p = planes_[static_cast<std::size_t>(tile.hemisphere)]
                               [static_cast<std::size_t>(chosen_plane(tile.hemisphere))];
  return p.weights == t.first_value + static_cast<ValueId>(tile.first_row) && p.rows == tile.rows;
}

void Placer::load_tile(const Tile& tile) {
  if (holds(tile)) return;
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(tile.tensor)];
  TileLoad load{tile, chosen_plane(tile.hemisphere), 0, {}};
  const Cycle read = lpu::info(Opcode::kRead).result_cycles;
  Cycle start = std::max(plane(tile.hemisphere, load.plane).buffer_free, not_before_);
  if (t.width == 2 || plane(tile.hemisphere, load.plane).width == 2) {
    // Loads of one width end those of the other in both planes of the pair.
    for (const PlaneState& p : planes_[static_cast<std::size_t>(tile.hemisphere)]) {
      start = std::max(start, p.installed + 1);
    }
  }
  for (int s = 0; s < t.stripes * t.width; ++s) {
    start = std::max<Cycle>(start, read + hops_to_edge(spec_, tile.hemisphere, t, s));
  }
  for (const Cycle first = start; !try_load(load, start); ++start) {
    check(start < first + kGiveUpAfter, t.name, start, "weights cannot be loaded");
  }
  begin_piece("load");
  emit_load(load);
  begin_piece("install");
  install(load);
}

/// The beats one after the other from `start` on, round what already holds a slice, a stream or the
/// queue in between.
bool Placer::try_load(TileLoad& load, Cycle start) {
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tile.tensor)];
  const int streams = t.stripes * t.width;
  const auto count = static_cast<std::size_t>((load.tile.rows + t.stripes - 1) / t.stripes);
  held_queues_.clear();
  held_segments_.clear();
  const int groups = spec_.streams / streams;
  for (int i = 0; i < groups; ++i) {
    // Each plane has streams that it takes first, so that the loads of two do not cross.
    load.first_stream = (load.plane + i) % groups * streams;
    load.beats.clear();
    int waited = 0;
    for (Cycle when = start; load.beats.size() < count && waited <= kMostWait; ++when) {
      if (hold_beat(load, when)) {
        load.beats.push_back(when);
        waited = 0;
      } else if (load.beats.empty()) {
        break;
      } else {
        ++waited;
      }
    }
    if (load.beats.size() == count) return true;
    undo_to(0, 0);
  }
  return false;
}

/// One LW in cycle `when`, and its reads.
bool Placer::hold_beat(const TileLoad& load, Cycle when) {
  const Hemisphere h = load.tile.hemisphere;
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tile.tensor)];
  const Cycle read = lpu::info(Opcode::kRead).result_cycles;
  const std::size_t queue_mark = held_queues_.size();
  const std::size_t segment_mark = held_segments_.size();
  bool free = hold_train(lpu::mxm_queue(spec_, h, load.plane, lpu::Unit::kMxmWeights), when, 1, 1);
  for (int s = 0; free && s < t.stripes * t.width; ++s) {
    const int slice = t.slices[static_cast<std::size_t>(s)];
    const Cycle visible = when - hops_to_edge(spec_, h, t, s);
    const Segment segment{lpu::outward(h), load.first_stream + s, spec_.slice_position(h, slice),
                          spec_.edge_position(h), visible};
    free = reservations_.segment_free(segment) &&
           hold_train(lpu::mem_queue(spec_, h, slice), visible - read, 1, 1);
    if (!free) break;
    reservations_.hold_segment(segment);
    held_segments_.push_back(segment);
  }
  if (!free) undo_to(queue_mark, segment_mark);
  return free;
}

void Placer::emit_load(const TileLoad& load) {
  const Hemisphere h = load.tile.hemisphere;
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tile.tensor)];
  const lpu::Direction d = lpu::outward(h);
  const int streams = t.stripes * t.width;
  const Cycle read_latency = lpu::info(Opcode::kRead).result_cycles;
  const QueueId weights = lpu::mxm_queue(spec_, h, load.plane, lpu::Unit::kMxmWeights);
  int first = 0;
  for (const Cycle arrival : load.beats) {
    const std::int64_t row = load.tile.first_row + first;
    const ValueId row_value = t.first_value + static_cast<ValueId>(row);
    for (int s = 0; s < streams; ++s) {
      lpu::Instruction read{Opcode::kRead, {}};
      read.set(lpu::Field::kOut,
               StreamGroup{d, static_cast<std::uint8_t>(load.first_stream + s), 1});
      const ValueId value = row_value + static_cast<ValueId>(s / t.width);
      const Cycle when = arrival - hops_to_edge(spec_, h, t, s) - read_latency;
      const int slice = t.slices[static_cast<std::size_t>(s)];
      emit({when, lpu::mem_queue(spec_, h, slice), read, t.address_of(row), {value}, value});
    }
    lpu::Instruction lw{load_opcode(t), {}};
    lw.set(lpu::Field::kIn, StreamGroup{d, static_cast<std::uint8_t>(load.first_stream),
                                        static_cast<std::uint8_t>(streams)});
    emit({arrival, weights, lw, first, {row_value}, lpu::kNoValue});
    first += t.stripes;
  }
}

/// An fp16 tile takes both arrays of the pair; an int8 tile ends the fp16 tile that the pair holds.
void Placer::install(const TileLoad& load) {
  const Hemisphere h = load.tile.hemisphere;
  const lpu::MemoryTensor& t = tensors_[static_cast<std::size_t>(load.tile.tensor)];
  const QueueId weights = lpu::mxm_queue(spec_, h, load.plane, lpu::Unit::kMxmWeights);
  const Opcode opcode = install_opcode(t);
  PlaneState& mine = plane(h, load.plane);
  PlaneState& partner = plane(h, load.plane ^ 1);
  const bool paired = t.width == 2 || partner.width == 2;
  const int arrival = lpu::info(load_opcode(t)).result_cycles;
  Cycle when = load.beats.back() + arrival;
  when = std::max(when, mine.array_free);
  if (paired) when = std::max(when, partner.array_free);
  while (!reservations_.hold({weights, when, 1, 1})) ++when;
  lpu::Instruction iw{opcode, {}};
  iw.set(lpu::Field::kRows, static_cast<std::uint32_t>(load.tile.rows));
  const ValueId first = t.first_value + static_cast<ValueId>(load.tile.first_row);
  emit({when, weights, iw, 0, {first}, first + static_cast<ValueId>(load.tile.rows - 1)});
  // The next tile's first rows may be on their way when this one leaves the buffer.
  mine.buffer_free = when + 1 - arrival;
  mine.installed = when;
  mine.array_ready = when + lpu::info(opcode).result_cycles;
  mine.array_free = mine.array_ready;
  mine.weights = first;
  mine.rows = load.tile.rows;
  mine.width = t.width;
  if (!paired) return;
  partner.weights = lpu::kNoValue;
  partner.rows = 0;
  partner.width = 0;
  if (t.width == 2) {
    partner.buffer_free = std::max(partner.buffer_free, when + 1);
    partner.array_free = std::max(partner.array_free, mine.array_free);
  }
}

}  // namespace metronome::compiler
