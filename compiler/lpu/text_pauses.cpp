// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/text_pauses.h"

#include <algorithm>

#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::QueueId;

namespace {

int pause_cycles() { return lpu::info(lpu::Opcode::kIfetch).busy_cycles; }

int most_word_bytes(lpu::Unit unit) {
  std::int64_t most = 0;
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) {
    lpu::Issue issue;
    issue.instruction.opcode = op.opcode;
    if (op.unit == unit) most = std::max(most, lpu::text_bytes(issue, 0));
  }
  return static_cast<int>(most);
}

}  // namespace

/// A queue's marks with trains that may come between them.
struct TextPauses::View {
  const Queue& queue;
  std::span<const Train> trains{};
  QueueId id = 0;  // trains of other queues are passed over

  Mark at(Cycle cycle) const {
    if (cycle < 0) return {};
    const auto c = static_cast<std::size_t>(cycle);
    if (c < queue.marks.size() && queue.marks[c].train != 0) return queue.marks[c];
    for (std::size_t i = 0; i < trains.size(); ++i) {
      const Train& t = trains[i];
      const Cycle since = cycle - t.first;
      if (t.queue != id || since < 0 || since % t.stride != 0 || since / t.stride >= t.count) {
        continue;
      }
      return {queue.train + 1 + static_cast<std::uint32_t>(i), queue.most_bytes};
    }
    return {};
  }
  bool pause(Cycle first) const {
    for (int i = 0; i < pause_cycles(); ++i) {
      if (at(first + i).train != 0) return false;
    }
    return true;
  }
};

/// A third of the buffer: a line must have room and the next must come before the rest is gone, and
/// work that fills gaps joins stretches.
TextPauses::TextPauses(const lpu::ChipSpec& spec)
    : most_bytes_(lpu::text_buffer_bytes(spec) / 3),
      limit_(lpu::text_buffer_bytes(spec) / 2),
      queues_(static_cast<std::size_t>(spec.queue_count())) {
  const std::vector<lpu::QueueInfo> infos = lpu::queues(spec);
  for (std::size_t q = 0; q < queues_.size(); ++q) {
    queues_[q].most_bytes = most_word_bytes(infos[q].unit);
  }
}

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

TextPauses::Stretch TextPauses::stretch_of(const View& view, Cycle inside) {
  Stretch s{inside, 0, 0};
  while (!view.pause(s.end)) ++s.end;
  Cycle begin = inside;
  while (begin > 0 && !view.pause(begin - pause_cycles())) --begin;
  std::uint32_t previous_train = 0;
  Cycle previous = -1;
  Cycle stride = 0;
  for (Cycle c = begin; c < s.end; ++c) {
    const Mark mark = view.at(c);
    if (mark.train == 0) continue;
    if (mark.train <= view.queue.train) ++s.placed;
    if (mark.train != previous_train || (stride != 0 && c - previous != stride)) {
      s.bytes += mark.bytes;
      stride = 0;
    } else if (stride == 0) {
      stride = c - previous;
      s.bytes += lpu::repeat_bytes();
    }
    previous_train = mark.train;
    previous = c;
  }
  return s;
}

bool TextPauses::fits(QueueId queue, std::span<const Train> trains) const {
  const View view{queues_[static_cast<std::size_t>(queue)], trains, queue};
  for (const Train& t : trains) {
    if (t.queue != queue) continue;
    const Cycle last = t.first + static_cast<Cycle>(t.count - 1) * t.stride;
    for (Cycle c = t.first; c <= last;) {
      const Stretch s = stretch_of(view, c);
      if (s.placed > 0 && s.bytes > limit_) return false;
      while (c < s.end) c += t.stride;
    }
  }
  return true;
}

/// Where one queue of a piece needs a pause, those that soon would have theirs there as well: what
/// flows through all of them then stops once.
std::vector<std::pair<QueueId, Cycle>> TextPauses::wanted() {
  std::vector<std::pair<QueueId, Cycle>> all;
  std::vector<Stretch> stretches;
  std::int64_t most = 0;
  for (const QueueId queue : touched_) {
    const Queue& q = queues_[static_cast<std::size_t>(queue)];
    stretches.push_back(stretch_of({q}, q.latest));
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
