// SPDX-License-Identifier: Apache-2.0
#include "waveforms/lpu_trace.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "hw/isa/error.h"
#include "hw/isa/lpu/opcode.h"
#include "waveforms/scope_walk.h"

namespace metronome::waveforms {

using lpu::ChipSpec;

namespace {

TraceSummary planned(const std::filesystem::path& path, const ChipSpec& spec,
                     const TraceOptions& options) {
  lpu::validate(spec, spec.name);
  TraceSummary summary;
  summary.path = path;
  summary.clock_hz = spec.clock_hz;
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

NumberNames opcode_names() {
  NumberNames names{"lpu_opcodes", {}};
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) {
    names.entries.emplace_back(static_cast<std::uint64_t>(op.opcode), op.mnemonic);
  }
  names.entries.emplace_back(kUnknownOpcode, "unknown");
  names.entries.emplace_back(kIdleOpcode, "-");
  return names;
}

int bits_for(int count) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(count - 1))));
}

}  // namespace

LpuTrace::LpuTrace(const std::filesystem::path& path, const ChipSpec& spec, TraceOptions options)
    : options_(std::move(options)),
      summary_(planned(path, spec, options_)),
      opcode_names_(opcode_names()),
      timeline_(spec, summary_.signals, options_.first_cycle, options_.last_cycle),
      cycles_(path, spec.clock_hz, options_,
              [this](std::int64_t cycle, bool all) { put(cycle, all); }),
      queues_(summary_.signals.queues.size()),
      planes_(summary_.signals.planes.size()),
      registers_(summary_.signals.registers.size()) {
  declare();
}

LpuTrace::~LpuTrace() { break_off(); }

void LpuTrace::break_off() noexcept {
  if (cycles_.finished()) return;
  cycles_.break_off();
  summarize();
}

LpuTrace::Var LpuTrace::declare_text(const char* name) {
  return options_.strings ? cycles_.file().declare(VarKind::kString, 1, name) : 0;
}

void LpuTrace::declare() {
  cycles_.begin_header("Chip " + summary_.spec.name, "lpu");
  program_var_ = declare_text("program");
  barrier_var_ = cycles_.file().declare(VarKind::kWire, 1, "barrier");
  declare_queues();
  declare_registers();
  cycles_.end_header();
}

/// Planes come with their first queue, so that what stands in one scope is declared together.
void LpuTrace::declare_queues() {
  WaveWriter& file = cycles_.file();
  ScopeWalk scopes(file);
  const std::vector<lpu::QueueInfo> infos = lpu::queues(summary_.spec);
  std::size_t plane = 0;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const auto& info = infos[static_cast<std::size_t>(summary_.signals.queues[i])];
    if (plane < planes_.size() &&
        ("lpu." + info.path).starts_with(path_of(summary_.signals.planes[plane]) + ".")) {
      scopes.enter(path_of(summary_.signals.planes[plane]).substr(4));
      PlaneVars& vars = planes_[plane++];
      vars.state = declare_text("state");
      vars.buffer = declare_text("buffer");
      vars.array = declare_text("array");
    }
    QueueVars& vars = queues_[i];
    scopes.enter(info.path);
    vars.op = declare_text("op");
    vars.opcode = file.declare(VarKind::kReg, 8, "opcode", &opcode_names_);
    vars.is_slice = info.unit == lpu::Unit::kMem;
    if (vars.is_slice) vars.second = file.declare(VarKind::kReg, 8, "opcode_2", &opcode_names_);
    vars.operands = declare_text("operands");
    vars.purpose = declare_text("purpose");
    vars.next_dispatch = file.declare(VarKind::kReg, 64, "next_dispatch");
    if (vars.is_slice) declare_slice(vars);
  }
  scopes.leave_all();
}

void LpuTrace::declare_slice(QueueVars& vars) {
  WaveWriter& file = cycles_.file();
  const int bank = bits_for(summary_.spec.banks);
  const int address = bits_for(summary_.spec.words_per_slice());
  const VarKind bank_kind = bank == 1 ? VarKind::kWire : VarKind::kReg;
  vars.read.bank = file.declare(bank_kind, bank, "read_bank");
  vars.read.address = file.declare(VarKind::kReg, address, "read_address");
  vars.write.bank = file.declare(bank_kind, bank, "write_bank");
  vars.write.address = file.declare(VarKind::kReg, address, "write_address");
}

void LpuTrace::declare_registers() {
  WaveWriter& file = cycles_.file();
  ScopeWalk scopes(file);
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    RegisterVars& vars = registers_[i];
    scopes.enter(path_of(summary_.signals.registers[i]).substr(4));
    vars.data = file.declare(VarKind::kReg, 8 * static_cast<int>(kShownLanes), "data");
    vars.valid = file.declare(VarKind::kWire, 1, "valid");
    vars.value = declare_text("value");
  }
  scopes.leave_all();
}

void LpuTrace::on_track(hw::TrackId track, std::string_view path) {
  const std::vector<lpu::QueueInfo> infos = lpu::queues(summary_.spec);
  const auto found = std::find_if(infos.begin(), infos.end(),
                                  [&](const lpu::QueueInfo& info) { return info.path == path; });
  check(found != infos.end(), "waveform", cycles_.now(),
        fmt::format("track {} is no queue of {}", path, summary_.spec.name));
  if (track >= queue_of_track_.size()) queue_of_track_.resize(track + std::size_t{1}, -1);
  queue_of_track_[track] = static_cast<lpu::QueueId>(found - infos.begin());
}

lpu::QueueId LpuTrace::queue_of(hw::TrackId track) const {
  check(track < queue_of_track_.size() && queue_of_track_[track] >= 0, "waveform", cycles_.now(),
        fmt::format("an event on track {}, which was never named", track));
  return queue_of_track_[track];
}

/// Issues come in order and act on later cycles only, so that everything before one is settled.
void LpuTrace::on_issue(const hw::IssueEvent& event) {
  if (cycles_.finished()) return;
  const lpu::QueueId queue = queue_of(event.track);
  cycles_.advance(event.cycle);
  if (!cycles_.reached_limit()) timeline_.issue(queue, event);
}

void LpuTrace::on_stream(const hw::StreamEvent& event) {
  if (cycles_.finished() || cycles_.reached_limit()) return;
  timeline_.drive(queue_of(event.track), event);
}

void LpuTrace::on_program(const hw::ProgramEvent& event) {
  if (cycles_.finished()) return;
  cycles_.advance(event.notified);
  if (cycles_.reached_limit()) return;
  std::vector<std::int64_t> due(static_cast<std::size_t>(summary_.spec.queue_count()), -1);
  for (std::size_t track = 0; track < event.first_issues.size(); ++track) {
    const lpu::QueueId queue = queue_of(static_cast<hw::TrackId>(track));
    due[static_cast<std::size_t>(queue)] = event.first_issues[track];
  }
  timeline_.begin(event, due);
}

void LpuTrace::put(std::int64_t cycle, bool all) {
  timeline_.show(cycle);
  put_chip(all);
  if (all) {
    for (std::size_t i = 0; i < queues_.size(); ++i) put_queue(i, cycle, true);
    for (std::size_t i = 0; i < registers_.size(); ++i) put_register(i, cycle, true);
  } else {
    for (const std::uint32_t index : timeline_.touched_queues()) put_queue(index, cycle, false);
    for (const std::uint32_t index : timeline_.touched_registers()) {
      put_register(index, cycle, false);
    }
  }
  for (std::size_t i = 0; i < planes_.size(); ++i) put_plane(i, all);
}

void LpuTrace::put_text(Var var, const std::string& now, const std::string& before, bool all) {
  if (options_.strings && (all || now != before)) cycles_.file().text(var, now);
}

void LpuTrace::put_chip(bool all) {
  put_text(program_var_, timeline_.program(), program_, all);
  program_ = timeline_.program();
  const bool barrier = timeline_.at_barrier();
  if (all || barrier != barrier_) cycles_.file().bit(barrier_var_, barrier);
  barrier_ = barrier;
}

void LpuTrace::put_queue(std::size_t index, std::int64_t cycle, bool all) {
  QueueVars& vars = queues_[index];
  WaveWriter& file = cycles_.file();
  const QueueState& state = timeline_.queue(index);
  QueueState& shown = vars.shown;
  put_text(vars.op, state.op, shown.op, all);
  if (all || state.opcode != shown.opcode) file.number(vars.opcode, state.opcode);
  if (vars.is_slice) put_slice(vars, state, all);
  put_text(vars.operands, state.operands, shown.operands, all);
  put_text(vars.purpose, state.purpose, shown.purpose, all);
  if (all || state.next_dispatch != shown.next_dispatch) {
    if (state.next_dispatch < 0) {
      file.undriven(vars.next_dispatch);
    } else {
      file.number(vars.next_dispatch, static_cast<std::uint64_t>(state.next_dispatch));
    }
  }
  if (state.opcode != kIdleOpcode) summary_.queue_activity.add(index, cycle);
  shown = state;
}

void LpuTrace::put_slice(const QueueVars& vars, const QueueState& state, bool all) {
  if (all || state.second != vars.shown.second) cycles_.file().number(vars.second, state.second);
  const ChipSpec& spec = summary_.spec;
  const auto put = [&](const Bank& bank, int now, int before) {
    if (!all && now == before) return;
    WaveWriter& file = cycles_.file();
    if (now < 0) {
      if (all || before >= 0) file.undriven(bank.bank);
      return file.undriven(bank.address);
    }
    if (all || before < 0 || spec.bank_of(now) != spec.bank_of(before)) {
      file.number(bank.bank, static_cast<std::uint64_t>(spec.bank_of(now)));
    }
    file.number(bank.address, static_cast<std::uint64_t>(now));
  };
  put(vars.read, state.read_address, vars.shown.read_address);
  put(vars.write, state.write_address, vars.shown.write_address);
}

void LpuTrace::put_plane(std::size_t index, bool all) {
  PlaneVars& vars = planes_[index];
  const PlaneState& state = timeline_.plane(index);
  if (!all && state == vars.shown) return;
  put_text(vars.state, state.state, vars.shown.state, all);
  put_text(vars.buffer, state.buffer, vars.shown.buffer, all);
  put_text(vars.array, state.array, vars.shown.array, all);
  vars.shown = state;
}

void LpuTrace::put_register(std::size_t index, std::int64_t cycle, bool all) {
  RegisterVars& vars = registers_[index];
  WaveWriter& file = cycles_.file();
  const RegisterState& state = timeline_.reg(index);
  const bool turned = all || state.valid != vars.shown.valid;
  if (!state.valid) {
    if (turned) file.undriven(vars.data);
  } else {
    if (turned || state.bytes != vars.shown.bytes) file.bytes(vars.data, state.bytes);
    ++summary_.register_values[index];
    if (state.byte == 0) summary_.register_activity.add(index, cycle);  // the value is seen there
  }
  if (turned) file.bit(vars.valid, state.valid);
  if (options_.strings && (turned || state != vars.shown)) {
    const StreamRegister& reg = summary_.signals.registers[index];
    put_text(vars.value, value_text(state, reg), value_text(vars.shown, reg), all);
  }
  vars.shown = state;
}

void LpuTrace::summarize() noexcept {
  summary_.end_cycle = cycles_.next();
  summary_.bytes = cycles_.file().size();
  summary_.reached_limit = cycles_.reached_limit();
  for (std::size_t i = 0; i < queues_.size(); ++i) summary_.queue_issues[i] = timeline_.issues(i);
}

void LpuTrace::finish(std::int64_t last_cycle) {
  if (cycles_.finished()) return;
  cycles_.finish(last_cycle);
  summarize();
}

}  // namespace metronome::waveforms
