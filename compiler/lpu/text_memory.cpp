// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/text_memory.h"

#include <algorithm>

#include "compiler/lpu/schedule_graph.h"
#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Hemisphere;
using lpu::Issue;
using lpu::ValueId;

namespace {

constexpr Hemisphere kSides[] = {Hemisphere::kWest, Hemisphere::kEast};

}  // namespace

std::vector<SlicePair> text_memory(const lpu::Image& image) {
  std::vector<SlicePair> all;
  for (const Hemisphere h : kSides) {
    for (int s = 0; s + 1 < image.chip.mem_slices; s += 2) {
      all.push_back({h,
                     s,
                     {lpu::mem_queue(image.chip, h, s), lpu::mem_queue(image.chip, h, s + 1)},
                     image.chip.slice_position(h, s),
                     0});
    }
  }
  for (const lpu::MemoryTensor& t : image.tensors) {
    for (const std::uint16_t s : t.slices) {
      const std::size_t at = (static_cast<std::size_t>(t.hemisphere) *
                                  static_cast<std::size_t>(image.chip.mem_slices) +
                              s) /
                             2;
      all[at].next_address = std::max(all[at].next_address, t.address + t.addresses());
    }
  }
  return all;
}

lpu::ValueId first_free_value(const lpu::Image& image) {
  ValueId last = lpu::kNoValue;
  const auto see = [&](const lpu::ValueRange& v, int count) {
    last = std::max({last, v.first, v.at(count - 1)});
  };
  for (const lpu::MemoryTensor& t : image.tensors) {
    last = std::max(last, t.first_value + static_cast<ValueId>(t.rows));
  }
  for (const lpu::Program& p : image.programs) {
    for (const lpu::QueueProgram& q : p.queues) {
      for (const Issue& i : q.issues) {
        for (const lpu::ValueRange& v : i.reads) see(v, i.count);
        see(i.write, i.count);
      }
    }
  }
  return last + 1;
}

bool fits_the_buffers(const lpu::Program& program, const lpu::ChipSpec& spec) {
  return std::ranges::all_of(program.queues, [&](const lpu::QueueProgram& q) {
    return lpu::text_bytes(q, q.queue == program.queues.front().queue) <=
           lpu::text_buffer_bytes(spec);
  });
}

Reservations held_streams(const lpu::Image& image, const lpu::Program& program) {
  const int streams = image.chip.streams;
  Reservations held(image.chip);
  const ScheduleGraph graph(image, program);
  for (const RegisterHold& h : graph.registers()) {
    const bool east = h.line < streams;
    const lpu::Position from = east ? h.low : h.high;
    held.hold_segment({east ? lpu::Direction::kEast : lpu::Direction::kWest, h.line % streams, from,
                       east ? h.high : h.low, east ? h.diagonal + from : h.diagonal - from});
  }
  return held;
}

}  // namespace metronome::compiler
