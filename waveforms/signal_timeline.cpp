// SPDX-License-Identifier: Apache-2.0
#include "waveforms/signal_timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "hw/isa/error.h"
#include "hw/isa/lpu/opcode.h"
#include "hw/isa/numerics/half.h"

namespace metronome::waveforms {

namespace {

std::string or_dash(std::string_view text) { return text.empty() ? "-" : std::string(text); }

/// The number behind `name=` among operands, or `missing`.
int number_behind(std::string_view operands, std::string_view name, int missing) {
  const std::size_t at = operands.find(name);
  if (at == std::string_view::npos) return missing;
  int number = missing;
  std::from_chars(operands.data() + at + name.size(), operands.data() + operands.size(), number);
  return number;
}

std::string text_of(const hw::Purpose& purpose) {
  if (purpose.op.empty()) return "-";
  if (purpose.step.empty()) return std::string(purpose.op);
  return fmt::format("{}.{}", purpose.op, purpose.step);
}

QueueState state_of(const hw::IssueEvent& event, std::optional<lpu::Opcode> opcode) {
  QueueState state;
  state.op = or_dash(event.mnemonic);
  state.operands = or_dash(event.operands);
  state.opcode = opcode ? static_cast<std::uint8_t>(*opcode) : kUnknownOpcode;
  state.purpose = text_of(event.purpose);
  state.next_dispatch = event.next_cycle;
  if (!opcode || lpu::info(*opcode).unit != lpu::Unit::kMem) return state;
  const bool reads = *opcode == lpu::Opcode::kRead || *opcode == lpu::Opcode::kGather;
  (reads ? state.read_address : state.write_address) =
      number_behind(event.operands, "address=", -1);
  return state;
}

/// A slice that reads and writes in one cycle.
void join(QueueState& state, const QueueState& other) {
  state.op += '+' + other.op;
  state.operands += '+' + other.operands;
  state.second = other.opcode;
  state.next_dispatch = other.next_dispatch;
  if (other.purpose != state.purpose) state.purpose += '+' + other.purpose;
  state.read_address = std::max(state.read_address, other.read_address);
  state.write_address = std::max(state.write_address, other.write_address);
}

/// What a queue shows when it falls idle in `cycle`.
QueueState idle_after(std::int64_t cycle, std::int64_t next_dispatch, std::string purpose) {
  QueueState idle;
  idle.next_dispatch = next_dispatch;
  const bool goes_on = next_dispatch >= 0 && next_dispatch - cycle <= kShortPause;
  if (goes_on) idle.purpose = std::move(purpose);
  return idle;
}

template <typename T>
T number_at(const RegisterState& state, std::size_t lane) {
  T number{};
  std::memcpy(&number, state.value.data() + lane * sizeof(T), sizeof(T));
  return number;
}

}  // namespace

std::string value_text(const RegisterState& state, const StreamRegister& reg) {
  if (!state.valid) return "-";
  if (state.byte != 0) {
    return fmt::format("byte_{}_of_{}{}", state.byte, lpu::letter(reg.direction),
                       reg.stream - state.byte);
  }
  std::string text;
  for (std::size_t lane = 0; lane < kValueLanes; ++lane) {
    if (lane > 0) text += ',';
    const auto out = std::back_inserter(text);
    if (state.width == 1) {
      fmt::format_to(out, "{}", number_at<std::int8_t>(state, lane));
    } else if (state.width == 2) {
      fmt::format_to(out, "{:.4g}", numerics::half_to_float(number_at<std::uint16_t>(state, lane)));
    } else if (state.integer) {
      fmt::format_to(out, "{}", number_at<std::int32_t>(state, lane));
    } else {
      fmt::format_to(out, "{:.4g}", number_at<float>(state, lane));
    }
  }
  return text;
}

SignalTimeline::SignalTimeline(const lpu::ChipSpec& spec, const TraceSignals& signals,
                               std::int64_t first, std::int64_t last)
    : first_(first),
      last_(last),
      streams_(spec.streams),
      infos_(lpu::queues(spec)),
      index_of_queue_(infos_.size(), -1),
      makes_integers_(infos_.size(), false),
      planes_(spec),
      taps_(2 * static_cast<std::size_t>(spec.streams)),
      queues_(signals.queues.size()),
      registers_(signals.registers.size()) {
  for (std::size_t i = 0; i < signals.queues.size(); ++i) {
    index_of_queue_[static_cast<std::size_t>(signals.queues[i])] = static_cast<std::int64_t>(i);
  }
  for (const PlaneId& plane : signals.planes) {
    const int id = static_cast<int>(plane.hemisphere) * spec.mxm_planes + plane.index;
    plane_ids_.push_back(static_cast<std::size_t>(id));
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
  const auto id = static_cast<std::size_t>(queue);
  const std::int64_t index = index_of_queue_.at(id);
  const auto opcode = lpu::opcode_named(event.mnemonic);
  makes_integers_[id] = event.mnemonic.ends_with("I32");
  if (opcode && !plane_ids_.empty()) add_to_plane(queue, event, *opcode);
  if (index < 0 || event.cycle > last_) return;
  const std::int64_t busy_until = event.cycle + std::max<std::int64_t>(event.busy_cycles, 1);
  if (busy_until <= first_) {
    queues_[static_cast<std::size_t>(index)].state =
        idle_after(busy_until, event.next_cycle, text_of(event.purpose));
    return;
  }
  pending(std::max(event.cycle, first_))
      .issues.push_back({static_cast<std::uint32_t>(index), busy_until, state_of(event, opcode)});
}

/// A plane remembers what it was given before the window.
void SignalTimeline::add_to_plane(lpu::QueueId queue, const hw::IssueEvent& event,
                                  lpu::Opcode opcode) {
  const lpu::QueueInfo& info = infos_[static_cast<std::size_t>(queue)];
  if (info.unit != lpu::Unit::kMxmWeights && info.unit != lpu::Unit::kMxmActivations) return;
  const int row = number_behind(event.operands, "row=", 0);
  const std::string purpose = text_of(event.purpose);
  if (event.cycle < first_) return planes_.issue(info, opcode, row, purpose, event.cycle);
  if (event.cycle <= last_) pending(event.cycle).planes.push_back({queue, opcode, row, purpose});
}

void SignalTimeline::drive(lpu::QueueId queue, const hw::StreamEvent& event) {
  check(event.stream >= 0 && event.stream < streams_, "waveform", event.cycle,
        fmt::format("a value on stream {}, the chip has {}", event.stream, streams_));
  const int line = (event.eastward ? 0 : streams_) + event.stream;
  for (const Tap& tap : taps_[static_cast<std::size_t>(line)]) {
    const int hops = event.eastward ? tap.position - event.position : event.position - tap.position;
    const std::int64_t cycle = event.cycle + hops;
    if (hops < 0 || cycle < first_ || cycle > last_) continue;
    PendingValue value{tap.reg, hops, {}};
    RegisterState& state = value.state;
    state.valid = true;
    state.integer = makes_integers_.at(static_cast<std::size_t>(queue));
    state.byte = static_cast<std::uint8_t>(event.byte);
    state.width = static_cast<std::uint8_t>(event.width);
    std::copy_n(event.bytes.begin(), std::min(event.bytes.size(), kShownLanes),
                state.bytes.begin());
    const std::span<const std::uint8_t> whole = event.value.empty() ? event.bytes : event.value;
    std::copy_n(whole.begin(),
                std::min(whole.size(), kValueLanes * static_cast<std::size_t>(event.width)),
                state.value.begin());
    pending(cycle).values.push_back(value);
  }
}

void SignalTimeline::begin(const hw::ProgramEvent& event,
                           std::span<const std::int64_t> first_issues) {
  for (auto at = pending_.upper_bound(event.notified); at != pending_.end(); ++at) {
    at->second.values.clear();
  }
  Program program{or_dash(event.name), event.notified, event.released,
                  std::vector<std::int64_t>(queues_.size(), -1)};
  for (std::size_t id = 0; id < index_of_queue_.size() && id < first_issues.size(); ++id) {
    if (index_of_queue_[id] < 0) continue;
    program.first_issues[static_cast<std::size_t>(index_of_queue_[id])] = first_issues[id];
  }
  if (event.notified < first_) return start(program);
  if (event.notified <= last_) pending(event.notified).programs.push_back(std::move(program));
}

void SignalTimeline::start(const Program& program) {
  program_ = program.name;
  notified_ = program.notified;
  released_ = program.released;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    queues_[i].state.next_dispatch = program.first_issues[i];
    touched_queues_.push_back(static_cast<std::uint32_t>(i));
  }
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
  for (const Program& program : now.programs) start(program);
  for (const PendingPlane& p : now.planes) {
    planes_.issue(infos_[static_cast<std::size_t>(p.queue)], p.opcode, p.row, p.purpose, cycle);
  }
  show_issues(now, cycle);
  show_values(now, cycle);
}

void SignalTimeline::show_issues(Pending& now, std::int64_t cycle) {
  for (const std::uint32_t index : now.ends) {
    Queue& queue = queues_[index];
    if (queue.busy_until > cycle) continue;
    queue.state = idle_after(cycle, queue.state.next_dispatch, std::move(queue.state.purpose));
    touched_queues_.push_back(index);
  }
  for (PendingIssue& issue : now.issues) {
    Queue& queue = queues_[issue.queue];
    if (queue.issued_at == cycle) {
      join(queue.state, issue.state);
    } else {
      queue.state = std::move(issue.state);
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
    reg = {value.state, cycle, value.hops};
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
