// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/text_memory.h"

#include <algorithm>

#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Hemisphere;

namespace {

constexpr Hemisphere kSides[] = {Hemisphere::kWest, Hemisphere::kEast};

}  // namespace

std::vector<SlicePair> text_memory(const lpu::ChipSpec& spec,
                                   const std::vector<lpu::MemoryTensor>& tensors) {
  std::vector<SlicePair> all;
  for (const Hemisphere h : kSides) {
    for (int s = 0; s + 1 < spec.mem_slices; s += 2) {
      all.push_back({h,
                     s,
                     {lpu::mem_queue(spec, h, s), lpu::mem_queue(spec, h, s + 1)},
                     spec.slice_position(h, s),
                     0});
    }
  }
  for (const lpu::MemoryTensor& t : tensors) {
    for (const std::uint16_t s : t.slices) {
      const std::size_t at = (static_cast<std::size_t>(t.hemisphere) *
                                  static_cast<std::size_t>(spec.mem_slices) +
                              s) /
                             2;
      all[at].next_address = std::max(all[at].next_address, t.address + t.addresses());
    }
  }
  return all;
}

bool fits_the_buffers(const lpu::Program& program, const lpu::ChipSpec& spec) {
  return std::ranges::all_of(program.queues, [&](const lpu::QueueProgram& q) {
    return lpu::text_bytes(q, q.queue == program.queues.front().queue) <=
           lpu::text_buffer_bytes(spec);
  });
}

}  // namespace metronome::compiler
