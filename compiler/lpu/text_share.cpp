// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/text_share.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Issue;
using lpu::Opcode;

namespace {

/// The text tensor of which the issue reads or fetches rows; null if it does neither.
const lpu::MemoryTensor* text_of(const lpu::Image& image, const Issue& issue) {
  const Opcode op = issue.instruction.opcode;
  if ((op != Opcode::kRead && op != Opcode::kIfetch) || issue.reads.empty()) return nullptr;
  const lpu::ValueId value = issue.reads.back().first;
  for (const lpu::MemoryTensor& t : image.tensors) {
    if (t.kind == lpu::TensorKind::kText && value >= t.first_value &&
        value - t.first_value < t.rows) {
      return &t;
    }
  }
  return nullptr;
}

/// A line's way: two vectors, from the slices that hold it to the queue that takes it.
void add_issue(const lpu::Image& image, const Issue& issue, lpu::Position at, TextShare& share) {
  const lpu::MemoryTensor* text = text_of(image, issue);
  if (text == nullptr) return;
  share.queue_cycles.taken +=
      std::int64_t{issue.count} * lpu::info(issue.instruction.opcode).busy_cycles;
  if (issue.instruction.opcode == Opcode::kRead) {
    share.banks.taken += issue.count;
    return;
  }
  const lpu::Position from = image.chip.slice_position(text->hemisphere, text->slices[0]);
  share.fetches += issue.count;
  share.registers.taken += std::int64_t{issue.count} * 2 * (std::abs(at - from) + 1);
}

}  // namespace

TextShare text_share(const lpu::Image& image, const lpu::Program& program) {
  const lpu::ChipSpec& spec = image.chip;
  const std::vector<lpu::QueueInfo> infos = lpu::queues(spec);
  const Cycle cycles = program.predicted_cycles - lpu::barrier_cycles();
  TextShare share;
  share.banks.all = cycles * 2 * spec.mem_slices * spec.banks;
  share.queue_cycles.all = cycles * spec.queue_count();
  share.registers.all = cycles * 2 * spec.streams * spec.positions();
  for (const lpu::QueueProgram& q : program.queues) {
    const std::int64_t bytes = lpu::text_bytes(q, q.queue == program.queues.front().queue);
    ++share.queues;
    share.bytes += bytes;
    share.loaded_bytes += std::min(bytes, lpu::text_buffer_bytes(spec));
    if (bytes > share.largest_bytes) {
      share.largest_bytes = bytes;
      share.largest = q.queue;
    }
    const std::int64_t before = share.fetches;
    for (const Issue& issue : q.issues)
      add_issue(image, issue, infos[static_cast<std::size_t>(q.queue)].position, share);
    share.fetching += share.fetches > before ? 1 : 0;
  }
  share.fetched_bytes = share.fetches * lpu::text_line_bytes(spec);
  return share;
}

std::string shares_text(const TextShare& share) {
  return fmt::format("{:.2f} % of bank cycles, {:.2f} % of queue cycles, {:.2f} % of stream cycles",
                     100 * share.banks.ratio(), 100 * share.queue_cycles.ratio(),
                     100 * share.registers.ratio());
}

}  // namespace metronome::compiler
