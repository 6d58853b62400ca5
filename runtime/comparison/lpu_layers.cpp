// SPDX-License-Identifier: Apache-2.0
#include "runtime/comparison/lpu_layers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace metronome::comparison {
namespace {

using lpu::ChipSpec;
using lpu::Cycle;
using lpu::Image;
using lpu::Issue;
using lpu::MemoryTensor;
using lpu::Program;

const MemoryTensor* find_tensor(const Image& image, const std::string& name) {
  for (const MemoryTensor& tensor : image.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

/// The cycle in which `issue`, or one of its repeats, reads `address`.
std::optional<Cycle> read_cycle(const Issue& issue, int address) {
  if (issue.instruction.opcode != lpu::Opcode::kRead) return std::nullopt;
  const int first = static_cast<int>(issue.instruction.get(lpu::Field::kAddress));
  for (int r = 0; r < issue.count; ++r) {
    if (first + r * issue.address_step == address) return issue.cycle + Cycle{r} * issue.stride;
  }
  return std::nullopt;
}

/// From Notify to the issue that reads row 0 of the tensor.
std::optional<Cycle> first_read(const Image& image, const Program& program,
                                const std::string& name) {
  const MemoryTensor* tensor = find_tensor(image, name);
  if (tensor == nullptr) return std::nullopt;
  const lpu::QueueId queue = lpu::mem_queue(image.chip, tensor->hemisphere, tensor->slice(0, 0));
  for (const lpu::QueueProgram& q : program.queues) {
    if (q.queue != queue) continue;
    for (const Issue& issue : q.issues) {
      const std::optional<Cycle> cycle = read_cycle(issue, tensor->address_of(0));
      if (cycle) return lpu::barrier_cycles() + *cycle;
    }
  }
  return std::nullopt;
}

/// To the first unit that the vector meets: inwards the vector unit, outwards switch and matrix
/// units.
int hops_to_unit(const ChipSpec& chip, const lpu::QueueInfo& slice,
                 const lpu::Instruction& instruction) {
  const lpu::Direction direction = instruction.stream(lpu::Field::kOut).direction;
  const bool outwards =
      (direction == lpu::Direction::kEast) == (slice.hemisphere == lpu::Hemisphere::kEast);
  const lpu::Position to = outwards ? chip.edge_position(slice.hemisphere) : chip.vxm_position();
  return std::abs(slice.position - to);
}

}  // namespace

std::vector<LayerSpan> layer_spans(const Image& image, const Program& program) {
  std::vector<LayerSpan> spans;
  for (std::int64_t layer = 0; layer < image.info.layers; ++layer) {
    const std::string name = fmt::format("blk.{}", layer);
    const auto begin = first_read(image, program, name + ".attn_norm.weight");
    if (!begin) return {};
    if (!spans.empty()) spans.back().end = *begin;
    spans.push_back({name, *begin, *begin});
  }
  const auto end = first_read(image, program, "output_norm.weight");
  if (!end || spans.empty()) return {};
  spans.back().end = *end;
  const bool ordered =
      std::ranges::all_of(spans, [](const LayerSpan& s) { return s.begin < s.end; });
  return ordered ? spans : std::vector<LayerSpan>{};
}

void add_sram_reads(const Image& image, const Program& program, Distribution& reads) {
  const std::vector<lpu::QueueInfo> infos = lpu::queues(image.chip);
  for (const lpu::QueueProgram& queue : program.queues) {
    const lpu::QueueInfo& info = infos[static_cast<std::size_t>(queue.queue)];
    if (info.unit != lpu::Unit::kMem) continue;
    for (const Issue& issue : queue.issues) {
      const lpu::Opcode opcode = issue.instruction.opcode;
      if (opcode != lpu::Opcode::kRead && opcode != lpu::Opcode::kGather) continue;
      const int hops = hops_to_unit(image.chip, info, issue.instruction);
      reads.add(lpu::info(opcode).result_cycles + hops, issue.count);
    }
  }
}

}  // namespace metronome::comparison
