// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/text_pauses.h"

#include <algorithm>

#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::QueueId;

namespace {

bool taken(const auto& marks, Cycle cycle) {
  return cycle >= 0 && cycle < std::ssize(marks) &&
         marks[static_cast<std::size_t>(cycle)].train != 0;
}

int pause_cycles() { return lpu::info(lpu::Opcode::kIfetch).busy_cycles; }

bool pause(const auto& marks, Cycle first) {
  for (int i = 0; i < pause_cycles(); ++i) {
    if (taken(marks, first + i)) return false;
  }
  return true;
}

}  // namespace

/// A third of the buffer: a line must have room and the next must come before the rest is gone, and
/// work that fills gaps joins stretches.
TextPauses::TextPauses(const lpu::ChipSpec& spec)
    : most_bytes_(lpu::text_buffer_bytes(spec) / 3),
      queues_(static_cast<std::size_t>(spec.queue_count())) {}

int TextPauses::kept_cycles() {
  return pause_cycles() + lpu::info(lpu::Opcode::kRead).result_cycles;
}

void TextPauses::add(QueueId queue, Cycle cycle, const lpu::Instruction& instruction,
                     std::uint32_t piece) {
  Queue& q = queues_[static_cast<std::size_t>(queue)];
  if (q.train == 0 || piece != q.piece || !(instruction == q.last)) {
    ++q.train;
    q.piece = piece;
    q.last = instruction;
  }
  if (q.latest < 0) touched_.push_back(queue);
  q.latest = std::max(q.latest, cycle);
  const auto at = static_cast<std::size_t>(cycle);
  if (at >= q.marks.size()) q.marks.resize(std::max(at + 1, 2 * q.marks.size()));
  lpu::Issue issue;
  issue.instruction = instruction;
  q.marks[at] = {q.train, static_cast<int>(lpu::text_bytes(issue, 0))};
}

TextPauses::Stretch TextPauses::stretch_of(const Queue& q) const {
  Stretch s{q.latest, 0};
  while (!pause(q.marks, s.end)) ++s.end;
  Cycle begin = q.latest;
  while (begin > 0 && !pause(q.marks, begin - pause_cycles())) --begin;
  Cycle previous = -1;
  Cycle stride = 0;
  for (Cycle c = begin; c < s.end; ++c) {
    if (!taken(q.marks, c)) continue;
    const Mark& mark = q.marks[static_cast<std::size_t>(c)];
    const bool same =
        previous >= 0 && q.marks[static_cast<std::size_t>(previous)].train == mark.train;
    if (!same || (stride != 0 && c - previous != stride)) {
      s.bytes += mark.bytes;
      stride = 0;
    } else if (stride == 0) {
      stride = c - previous;
      s.bytes += lpu::repeat_bytes();
    }
    previous = c;
  }
  return s;
}

/// Where one queue of a piece needs a pause, those that soon would have theirs there as well: what
/// flows through all of them then stops once.
std::vector<std::pair<QueueId, Cycle>> TextPauses::wanted() {
  std::vector<std::pair<QueueId, Cycle>> all;
  std::vector<Stretch> stretches;
  std::int64_t most = 0;
  for (const QueueId queue : touched_) {
    stretches.push_back(stretch_of(queues_[static_cast<std::size_t>(queue)]));
    most = std::max(most, stretches.back().bytes);
  }
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    queues_[static_cast<std::size_t>(touched_[i])].latest = -1;
    if (most > most_bytes_ && stretches[i].bytes > most_bytes_ / 2) {
      all.emplace_back(touched_[i], stretches[i].end);
    }
  }
  touched_.clear();
  return all;
}

}  // namespace metronome::compiler
