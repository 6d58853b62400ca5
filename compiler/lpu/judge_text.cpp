// SPDX-License-Identifier: Apache-2.0
// The judge's rules for program text: every instruction's bytes are in its queue's buffer before it
// is dispatched, the buffer never holds more than it can, and each fetch brings the next line of
// its own queue from the one row that holds it. That the row really passes the queue in that cycle
// is the stream rule, as for every other value.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/lpu/judge.h"
#include "hw/isa/lpu/codec.h"
#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::FetchedLine;
using lpu::Opcode;

void Judge::check_text() {
  check_fetched_rows();
  for (const lpu::QueueProgram& q : program_.queues) {
    if (conflict_) return;
    check_buffer(q, q.queue == program_.queues.front().queue);
  }
}

/// A row is the line of one Ifetch: two that name it would ask for different bytes in one place.
void Judge::check_fetched_rows() {
  std::vector<FetchedLine> lines = lpu::fetched_lines(program_, image_.chip);
  std::stable_sort(lines.begin(), lines.end(),
                   [](const FetchedLine& a, const FetchedLine& b) { return a.value < b.value; });
  const auto who_fetches = [&](const FetchedLine& l) {
    return fmt::format("Ifetch of {} at cycle {}", queues_[static_cast<std::size_t>(l.queue)].path,
                       l.cycle + lpu::barrier_cycles());
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const FetchedLine& line = lines[i];
    const bool text = std::ranges::any_of(image_.tensors, [&](const lpu::MemoryTensor& t) {
      return t.kind == lpu::TensorKind::kText && line.value >= t.first_value &&
             line.value - t.first_value < t.rows;
    });
    if (!text) {
      return fail_text(
          {line.queue, line.cycle}, nullptr,
          fmt::format("{} means value {}, which is no row of text", who_fetches(line), line.value));
    }
    if (i == 0 || lines[i - 1].value != line.value) continue;
    const Culprit other{lines[i - 1].queue, lines[i - 1].cycle};
    return fail_text({line.queue, line.cycle}, &other,
                     fmt::format("{} means the row of text {} of {}", who_fetches(line), line.value,
                                 who_fetches(lines[i - 1])));
  }
}

void Judge::check_buffer(const lpu::QueueProgram& q, bool notifies) {
  const std::string& path = queues_[static_cast<std::size_t>(q.queue)].path;
  lpu::TextBuffer buffer(image_.chip, notifies);
  const std::int64_t whole = lpu::text_bytes(q, notifies);
  const lpu::Issue* last_fetch = nullptr;
  Cycle free = 0;
  for (const lpu::Issue& issue : q.issues) {
    const bool fetches = issue.instruction.opcode == Opcode::kIfetch;
    const Culprit other{q.queue, last_fetch == nullptr ? 0 : last_fetch->cycle};
    const std::int64_t arrived = buffer.arrived();
    auto fault = buffer.take(issue, free);
    if (!fault && fetches &&
        arrived + (issue.count - 1) * lpu::text_line_bytes(image_.chip) >= whole) {
      fault = fmt::format("all {} bytes of the queue's text have arrived before", whole);
    }
    if (fault) {
      return fail_text(
          {q.queue, issue.cycle}, last_fetch == nullptr ? nullptr : &other,
          fmt::format("{} at cycle {} ({}): {}; {}", path, issue.cycle + lpu::barrier_cycles(),
                      lpu::info(issue.instruction.opcode).mnemonic, *fault,
                      last_fetch == nullptr
                          ? std::string("the queue has fetched none")
                          : fmt::format("the last Ifetch before it is at cycle {}",
                                        last_fetch->cycle + lpu::barrier_cycles())));
    }
    if (fetches) last_fetch = &issue;
    free = lpu::free_from(issue);
  }
}

void Judge::fail_text(Culprit culprit, const Culprit* other, std::string text) {
  if (conflict_) return;
  conflict_ = Conflict{culprit.cycle,
                       std::move(text),
                       queues_[static_cast<std::size_t>(culprit.queue)].path,
                       {culprit}};
  if (other != nullptr) conflict_->culprits.push_back(*other);
}

}  // namespace metronome::compiler
