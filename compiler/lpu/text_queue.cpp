// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/text_queue.h"

#include <algorithm>
#include <limits>

#include "hw/isa/lpu/codec.h"
#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Issue;

QueueText::QueueText(const lpu::ChipSpec& spec, bool notifies, std::vector<Issue> issues,
                     std::int64_t spare)
    : capacity_(lpu::text_buffer_bytes(spec)),
      line_(lpu::text_line_bytes(spec)),
      start_(lpu::start_bytes(notifies)),
      spare_(spare),
      issues_(std::move(issues)) {
  std::ranges::stable_sort(issues_, {}, &Issue::cycle);
  survey();
}

QueueText::Place QueueText::after(const Place& place) const {
  const Issue& issue = issues_[place.next];
  return {place.next + 1, lpu::free_from(issue), place.taken + lpu::text_bytes(issue, place.free),
          place.arrived};
}

/// The bytes of an issue depend on the one before it, so what is added changes more than itself.
void QueueText::survey() {
  fetches_.clear();
  Place p{0, 0, start_, capacity_};
  while (p.next < place_.next) {
    const Issue& issue = issues_[p.next];
    p = after(p);
    if (issue.instruction.opcode != lpu::Opcode::kIfetch) continue;
    fetches_.push_back({issue.cycle, p.arrived - p.taken});
    p.arrived += issue.count * line_;
  }
  p.arrived += pretended_;
  place_ = p;
  deadline_ = std::numeric_limits<Cycle>::max();
  while (p.next < issues_.size()) {
    const Cycle cycle = issues_[p.next].cycle;
    p = after(p);
    if (p.taken + spare_ > p.arrived) deadline_ = std::min(deadline_, cycle);
  }
  bytes_ = p.taken;
}

std::int64_t QueueText::slack(Cycle from) const {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  if (place_.free > from) least = place_.arrived - place_.taken;
  for (std::size_t i = fetches_.size(); i-- > 0 && fetches_[i].cycle >= from;) {
    least = std::min(least, fetches_[i].slack);
  }
  return least;
}

void QueueText::add(Issue issue) {
  const auto at = std::ranges::upper_bound(issues_, issue.cycle, {}, &Issue::cycle);
  if (at - issues_.begin() < static_cast<std::ptrdiff_t>(place_.next) || issue.cycle < place_.free)
    ++place_.next;
  issues_.insert(at, std::move(issue));
  survey();
}

void QueueText::fetch(const Place& at, Issue ifetch) {
  issues_.insert(issues_.begin() + static_cast<std::ptrdiff_t>(at.next), std::move(ifetch));
  place_.next = at.next + 1;
  survey();
}

void QueueText::pretend(const Place& at) {
  pretended_ += line_;
  place_.next = at.next;
  survey();
}

}  // namespace metronome::compiler
