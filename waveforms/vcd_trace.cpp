// SPDX-License-Identifier: Apache-2.0
#include "waveforms/vcd_trace.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hw/isa/error.h"
#include "waveforms/scope_walk.h"

namespace metronome::waveforms {

using lpu::ChipSpec;

namespace {

constexpr std::uint64_t kReserve = 512;  // for the closing edge and note

TraceOptions checked(const std::filesystem::path& path, TraceOptions options) {
  if (options.first_cycle < 0 || options.last_cycle < options.first_cycle) {
    throw UserError(
        fmt::format("{}: trace window: found {}:{}, expected 0 or more and no end "
                    "before the start",
                    path.string(), options.first_cycle, options.last_cycle));
  }
  return options;
}

TraceSummary planned(const std::filesystem::path& path, const ChipSpec& spec,
                     const TraceOptions& options) {
  lpu::validate(spec, spec.name);
  TraceSummary summary;
  summary.path = path;
  summary.spec = spec;
  summary.signals = select_signals(spec, options.filters);
  summary.queue_issues.resize(summary.signals.queues.size());
  summary.register_values.resize(summary.signals.registers.size());
  summary.first_cycle = summary.end_cycle = options.first_cycle;
  summary.queue_activity = {options.first_cycle, summary.signals.queues.size()};
  summary.register_activity = {options.first_cycle, summary.signals.registers.size()};
  summary.strings = options.strings;
  return summary;
}

std::string header_comment(const ChipSpec& spec) {
  return fmt::format(
      "Chip {0}, clock {1} Hz. Cycle c begins at round(c * 1e12 / {1}) ps, its middle at\n"
      "  round((2c + 1) * 1e12 / (2 * {1})) ps, halves up: each edge is rounded for itself, so\n"
      "  nothing adds up, and `cycle` counts exactly. Values are those at rest in each cycle.",
      spec.name, spec.clock_hz);
}

}  // namespace

VcdTrace::VcdTrace(const std::filesystem::path& path, const ChipSpec& spec, TraceOptions options)
    : options_(checked(path, std::move(options))),
      summary_(planned(path, spec, options_)),
      clock_(spec.clock_hz),
      writer_(path),
      timeline_(spec, summary_.signals, options_.first_cycle, options_.last_cycle),
      queues_(summary_.signals.queues.size()),
      registers_(summary_.signals.registers.size()),
      next_(options_.first_cycle) {
  declare();
  const std::uint64_t least = writer_.size() + kReserve;
  if (options_.max_bytes < least || !writer_.commit(options_.max_bytes - kReserve)) {
    throw UserError(fmt::format("{}: trace size limit: found {} bytes, the header alone needs {}",
                                path.string(), options_.max_bytes, least));
  }
}

VcdTrace::~VcdTrace() {
  if (finished_) return;
  const std::string note = fmt::format("The run broke off in cycle {}.", now_);
  try {
    advance(now_ + 1);
    if (next_ > options_.first_cycle) {
      close(next_, false, note);
      writer_.finish();
    }
  } catch (...) {  // a destructor has nobody to tell; the writer removes its file
  }
}

void VcdTrace::declare() {
  writer_.begin_header(header_comment(summary_.spec));
  ScopeWalk scopes(writer_);
  scopes.enter("lpu");
  clock_var_ = writer_.declare(VarKind::kWire, 1, "clock");
  cycle_var_ = writer_.declare(VarKind::kReg, 64, "cycle");
  const std::vector<lpu::QueueInfo> infos = lpu::queues(summary_.spec);
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const auto& info = infos[static_cast<std::size_t>(summary_.signals.queues[i])];
    QueueVars& vars = queues_[i];
    scopes.enter(path_of(info));
    if (options_.strings) vars.op = writer_.declare(VarKind::kString, 1, "op");
    vars.opcode = writer_.declare(VarKind::kReg, 8, "opcode");
    vars.has_second = info.unit == lpu::Unit::kMem;
    if (vars.has_second) vars.second = writer_.declare(VarKind::kReg, 8, "opcode_2");
    if (options_.strings) vars.operands = writer_.declare(VarKind::kString, 1, "operands");
  }
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    scopes.enter(path_of(summary_.signals.registers[i]));
    registers_[i].data = writer_.declare(VarKind::kReg, 8 * static_cast<int>(kShownLanes), "data");
    registers_[i].valid = writer_.declare(VarKind::kWire, 1, "valid");
  }
  scopes.leave_all();
  writer_.end_header();
}

void VcdTrace::on_track(hw::TrackId track, std::string_view path) {
  const std::vector<lpu::QueueInfo> infos = lpu::queues(summary_.spec);
  const auto found = std::find_if(infos.begin(), infos.end(),
                                  [&](const lpu::QueueInfo& info) { return info.path == path; });
  check(found != infos.end(), "waveform", now_,
        fmt::format("track {} is no queue of {}", path, summary_.spec.name));
  if (track >= queue_of_track_.size()) queue_of_track_.resize(track + std::size_t{1}, -1);
  queue_of_track_[track] = static_cast<lpu::QueueId>(found - infos.begin());
}

void VcdTrace::on_issue(const hw::IssueEvent& event) {
  if (finished_) return;
  check(event.track < queue_of_track_.size() && queue_of_track_[event.track] >= 0, "waveform",
        event.cycle, fmt::format("an issue on track {}, which was never named", event.track));
  advance(event.cycle);
  if (!summary_.reached_limit) timeline_.issue(queue_of_track_[event.track], event);
}

void VcdTrace::on_stream(const hw::StreamEvent& event) {
  if (!finished_ && !summary_.reached_limit) timeline_.drive(event);
}

void VcdTrace::on_empty_registers(std::int64_t cycle) {
  if (finished_) return;
  advance(cycle);
  timeline_.empty_registers(cycle);
}

/// Issues come in order and act on later cycles only, so that everything before one is settled.
void VcdTrace::advance(std::int64_t cycle) {
  check(cycle >= now_, "waveform", cycle,
        fmt::format("events go back in time, from cycle {}", now_));
  now_ = cycle;
  while (next_ < cycle && next_ <= options_.last_cycle && !summary_.reached_limit) {
    write_cycle(next_);
  }
}

void VcdTrace::write_cycle(std::int64_t cycle) {
  timeline_.show(cycle);
  if (writer_.failed()) return static_cast<void>(++next_);
  writer_.time(clock_.start_ps(cycle));
  write_values(cycle);
  writer_.time(clock_.middle_ps(cycle));
  writer_.bit(clock_var_, false);
  if (writer_.commit(options_.max_bytes - kReserve)) {
    ++next_;
  } else {
    summary_.reached_limit = true;
  }
}

void VcdTrace::write_values(std::int64_t cycle) {
  if (cycle == options_.first_cycle) return dump_values(cycle);
  writer_.bit(clock_var_, true);
  writer_.number(cycle_var_, static_cast<std::uint64_t>(cycle));
  for (const std::uint32_t index : timeline_.touched_queues()) write_queue(index, false);
  for (const std::uint32_t index : timeline_.touched_registers()) write_register(index, false);
}

void VcdTrace::dump_values(std::int64_t cycle) {
  writer_.begin_dump();
  writer_.bit(clock_var_, true);
  writer_.number(cycle_var_, static_cast<std::uint64_t>(cycle));
  for (std::size_t i = 0; i < queues_.size(); ++i) write_queue(i, true);
  for (std::size_t i = 0; i < registers_.size(); ++i) write_register(i, true);
  writer_.end_dump();
}

void VcdTrace::write_queue(std::size_t index, bool all) {
  QueueVars& vars = queues_[index];
  const QueueState& state = timeline_.queue(index);
  QueueState& shown = vars.shown;
  if (options_.strings && (all || state.op != shown.op)) writer_.text(vars.op, state.op);
  if (all || state.opcode != shown.opcode) writer_.number(vars.opcode, state.opcode);
  if (vars.has_second && (all || state.second != shown.second)) {
    writer_.number(vars.second, state.second);
  }
  if (options_.strings && (all || state.operands != shown.operands)) {
    writer_.text(vars.operands, state.operands);
  }
  if (state.opcode != kIdleOpcode) summary_.queue_activity.add(index, next_);
  shown = state;
}

void VcdTrace::write_register(std::size_t index, bool all) {
  RegisterVars& vars = registers_[index];
  const RegisterState& state = timeline_.reg(index);
  const bool turned = all || state.valid != vars.shown.valid;
  if (!state.valid) {
    if (turned) writer_.undriven(vars.data);
  } else {
    if (turned || state.bytes != vars.shown.bytes) writer_.bytes(vars.data, state.bytes);
    ++summary_.register_values[index];
    summary_.register_activity.add(index, next_);
  }
  if (turned) writer_.bit(vars.valid, state.valid);
  vars.shown = state;
}

/// The edge that closes the last cycle recorded, with what is seen at that instant.
void VcdTrace::close(std::int64_t end, bool last_instant, std::string_view note) {
  finished_ = true;
  bool written = false;
  if (last_instant) {
    timeline_.show(end);
    writer_.time(clock_.start_ps(end));
    write_values(end);
    written = writer_.commit(options_.max_bytes - kReserve);
    summary_.reached_limit = !written;
  }
  if (!written) {
    writer_.time(clock_.start_ps(end));
    writer_.bit(clock_var_, true);
  }
  if (!note.empty()) writer_.note(note);
  if (summary_.reached_limit) {
    writer_.note(
        fmt::format("The size limit of {} bytes stopped this trace in cycle {}; the run "
                    "went on.",
                    options_.max_bytes, end));
  }
  writer_.commit(options_.max_bytes);
  summary_.end_cycle = end;
  summary_.bytes = writer_.size();
  for (std::size_t i = 0; i < queues_.size(); ++i) summary_.queue_issues[i] = timeline_.issues(i);
}

void VcdTrace::finish(std::int64_t last_cycle) {
  if (finished_) return;
  finished_ = true;
  advance(std::max(last_cycle, now_));
  if (next_ == options_.first_cycle) {
    throw UserError(
        fmt::format("{}: trace window: starts in cycle {}, the run ended in cycle {}{}",
                    summary_.path.string(), options_.first_cycle, now_,
                    summary_.reached_limit ? ", and the size limit holds no cycle" : ""));
  }
  const bool within = !summary_.reached_limit && now_ <= options_.last_cycle;
  close(next_, within, "");
  writer_.finish();
}

}  // namespace metronome::waveforms
