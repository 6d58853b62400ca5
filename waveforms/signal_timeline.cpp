// SPDX-License-Identifier: Apache-2.0
#include "waveforms/signal_timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hw/isa/error.h"
#include "hw/isa/lpu/opcode.h"

namespace metronome::waveforms {

namespace {

void join(std::string& out, std::string_view more) {
  out += '+';
  out += more;
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : std::string(text); }

}  // namespace

SignalTimeline::SignalTimeline(const lpu::ChipSpec& spec, const TraceSignals& signals,
                               std::int64_t first, std::int64_t last)
    : first_(first),
      last_(last),
      streams_(spec.streams),
      index_of_queue_(static_cast<std::size_t>(spec.queue_count()), -1),
      taps_(2 * static_cast<std::size_t>(spec.streams)),
      queues_(signals.queues.size()),
      registers_(signals.registers.size()) {
  for (std::size_t i = 0; i < signals.queues.size(); ++i) {
    index_of_queue_[static_cast<std::size_t>(signals.queues[i])] = static_cast<std::int64_t>(i);
  }
  for (std::size_t i = 0; i < signals.registers.size(); ++i) {
    const StreamRegister& r = signals.registers[i];
    const int line = static_cast<int>(r.direction) * streams_ + r.stream;
    taps_[static_cast<std::size_t>(line)].push_back({r.position, static_cast<std::uint32_t>(i)});
  }
}

SignalTimeline::Pending& SignalTimeline::pending(std::int64_t cycle) {
  check(cycle > shown_, "waveform", cycle,
        fmt::format("an event for a cycle that is past: cycle {} is shown already", shown_));
  return pending_[cycle];
}

void SignalTimeline::issue(lpu::QueueId queue, const hw::IssueEvent& event) {
  const std::int64_t index = index_of_queue_.at(static_cast<std::size_t>(queue));
  const std::int64_t busy_until = event.cycle + std::max<std::int64_t>(event.busy_cycles, 1);
  if (index < 0 || event.cycle > last_ || busy_until <= first_) return;
  const auto opcode = lpu::opcode_named(event.mnemonic);
  pending(std::max(event.cycle, first_))
      .issues.push_back({static_cast<std::uint32_t>(index), busy_until,
                         opcode ? static_cast<std::uint8_t>(*opcode) : kUnknownOpcode,
                         or_dash(event.mnemonic), or_dash(event.operands)});
}

void SignalTimeline::drive(const hw::StreamEvent& event) {
  check(event.stream >= 0 && event.stream < streams_, "waveform", event.cycle,
        fmt::format("a value on stream {}, the chip has {}", event.stream, streams_));
  const int line = (event.eastward ? 0 : streams_) + event.stream;
  for (const Tap& tap : taps_[static_cast<std::size_t>(line)]) {
    const int hops = event.eastward ? tap.position - event.position : event.position - tap.position;
    const std::int64_t cycle = event.cycle + hops;
    if (hops < 0 || cycle < first_ || cycle > last_) continue;
    PendingValue value{tap.reg, hops, {}};
    const std::size_t lanes = std::min(event.bytes.size(), kShownLanes);
    std::copy_n(event.bytes.begin(), lanes, value.bytes.begin());
    pending(cycle).values.push_back(value);
  }
}

void SignalTimeline::empty_registers(std::int64_t cycle) {
  for (auto at = pending_.upper_bound(cycle); at != pending_.end(); ++at) at->second.values.clear();
}

void SignalTimeline::show(std::int64_t cycle) {
  Pending now;
  if (!pending_.empty() && pending_.begin()->first == cycle) {
    now = std::move(pending_.begin()->second);
    pending_.erase(pending_.begin());
  }
  touched_queues_.clear();
  touched_registers_.clear();
  shown_ = cycle;
  show_issues(now, cycle);
  show_values(now, cycle);
}

void SignalTimeline::show_issues(Pending& now, std::int64_t cycle) {
  for (const std::uint32_t index : now.ends) {
    Queue& queue = queues_[index];
    if (queue.busy_until > cycle) continue;
    queue.state = QueueState{};
    touched_queues_.push_back(index);
  }
  for (PendingIssue& issue : now.issues) {
    Queue& queue = queues_[issue.queue];
    if (queue.issued_at == cycle) {
      join(queue.state.op, issue.op);
      join(queue.state.operands, issue.operands);
      queue.state.second = issue.opcode;
    } else {
      queue.state = {std::move(issue.op), std::move(issue.operands), issue.opcode, kIdleOpcode};
    }
    queue.issued_at = cycle;
    ++queue.issues;
    queue.busy_until = std::max(queue.busy_until, issue.busy_until);
    touched_queues_.push_back(issue.queue);
    if (issue.busy_until <= last_) pending(issue.busy_until).ends.push_back(issue.queue);
  }
}

void SignalTimeline::show_values(const Pending& now, std::int64_t cycle) {
  for (const PendingValue& value : now.values) {
    Register& reg = registers_[value.reg];
    const bool another = reg.driven_at == cycle;
    if (another && reg.hops <= value.hops) continue;
    if (!another) touched_registers_.push_back(value.reg);
    reg = {{true, value.bytes}, cycle, value.hops};
  }
  const std::size_t driven = touched_registers_.size();
  for (const std::uint32_t index : valid_) {
    Register& reg = registers_[index];
    if (reg.driven_at == cycle) continue;
    reg.state.valid = false;
    touched_registers_.push_back(index);
  }
  valid_.assign(touched_registers_.begin(),
                touched_registers_.begin() + static_cast<std::ptrdiff_t>(driven));
}

}  // namespace metronome::waveforms
