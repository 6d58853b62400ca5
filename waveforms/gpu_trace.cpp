// SPDX-License-Identifier: Apache-2.0
#include "waveforms/gpu_trace.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hw/isa/error.h"
#include "waveforms/scope_walk.h"
#include "waveforms/signal_filter.h"

namespace metronome::waveforms {
namespace {

constexpr int kCodeBits = 8;
constexpr std::uint64_t kMostCodes = 255;

bool is_planned_ahead(std::string_view kind) {
  return kind.starts_with("dram.row_") || kind == "sm.ctas";
}

/// Told beside another event that shows the same: slots spent so far beside what they are spent on
/// from now on, bytes beside their row, ends beside levels.
bool is_shown_already(const hw::ActivityEvent& event) {
  return (event.kind.starts_with("slots.") && event.level < 0) ||
         event.kind.starts_with("dram.bytes_") || event.kind.ends_with(".ended");
}

}  // namespace

GpuTrace::GpuTrace(const std::filesystem::path& path, std::string gpu, std::int64_t clock_hz,
                   std::int64_t origin, TraceOptions options, int default_sm)
    : options_(std::move(options)), gpu_(std::move(gpu)), origin_(origin), default_sm_(default_sm) {
  summary_.path = path;
  summary_.clock_hz = clock_hz;
  summary_.strings = options_.strings;
  summary_.first_cycle = summary_.end_cycle = options_.first_cycle;
}

GpuTrace::~GpuTrace() { break_off(); }

void GpuTrace::break_off() noexcept {
  if (!cycles_ || cycles_->finished()) return;
  cycles_->break_off();
  summarize();
}

void GpuTrace::summarize() noexcept {
  summary_.end_cycle = cycles_->next();
  summary_.bytes = cycles_->file().size();
  summary_.reached_limit = cycles_->reached_limit();
}

void GpuTrace::on_track(hw::TrackId track, std::string_view path) {
  if (cycles_) {
    check(track < paths_.size() && paths_[track] == path, "waveform", cycles_->now(),
          fmt::format("track {} is named after the run began", path));
    return;
  }
  if (paths_.size() <= track) paths_.resize(track + std::size_t{1});
  paths_[track] = path;
}

bool GpuTrace::wants(hw::TrackId track) {
  if (!cycles_) open();
  return index_of_track_[track] >= 0;
}

void GpuTrace::open() {
  select();
  cycles_ =
      std::make_unique<CycleWriter>(summary_.path, summary_.clock_hz, options_,
                                    [this](std::int64_t cycle, bool all) { put(cycle, all); });
  declare();
  summary_.activity = {options_.first_cycle, summary_.components.size()};
  summary_.events.resize(summary_.components.size());
}

void GpuTrace::select() {
  index_of_track_.assign(paths_.size(), -1);
  std::vector<std::string> shown;
  for (const std::string& path : paths_) {
    if (component_of(path) != GpuComponent::kNone) shown.push_back("gpu." + path);
  }
  const std::vector<bool> chosen = choose(shown, options_.filters, gpu_);
  std::vector<std::size_t> tracks;  // recorded
  std::size_t at = 0;
  for (std::size_t track = 0; track < paths_.size(); ++track) {
    if (component_of(paths_[track]) == GpuComponent::kNone) continue;
    const bool wanted =
        options_.filters.empty() ? is_default(paths_[track], default_sm_) : chosen[at];
    ++at;
    if (wanted || paths_[track] == "dispatcher") tracks.push_back(track);
  }
  // What stands in one scope is declared together.
  const auto top = [&](std::size_t track) {
    return paths_[track].substr(0, paths_[track].find('.'));
  };
  std::map<std::string, std::size_t> first;
  for (const std::size_t track : tracks) first.try_emplace(top(track), track);
  std::stable_sort(tracks.begin(), tracks.end(),
                   [&](std::size_t a, std::size_t b) { return first[top(a)] < first[top(b)]; });
  for (const std::size_t track : tracks) {
    index_of_track_[track] = static_cast<std::int64_t>(components_.size());
    components_.push_back({component_of(paths_[track]), cells_.size()});
    summary_.components.push_back(paths_[track]);
    for (const GpuSignal& signal : signals_of(components_.back().kind)) {
      const Value rest = rest_of(signal);
      cells_.push_back({0, 0, signal, rest, rest, -1, 0});
    }
  }
}

GpuTrace::Value GpuTrace::rest_of(const GpuSignal& signal) {
  return signal.width == 0 ? Value{0, "-"} : Value{signal.rest, {}};
}

void GpuTrace::declare() {
  cycles_->begin_header("GPU " + gpu_, "gpu");
  ScopeWalk scopes(cycles_->file());
  std::size_t cell = 0;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    scopes.enter(summary_.components[i]);
    const std::size_t end =
        i + 1 < components_.size() ? components_[i + 1].first_cell : cells_.size();
    for (; cell < end; ++cell) {
      declare_cell(cells_[cell]);
    }
  }
  scopes.leave_all();
  cycles_->end_header();
}

void GpuTrace::declare_cell(Cell& cell) {
  const GpuSignal& signal = cell.signal;
  WaveWriter& file = cycles_->file();
  if (signal.width > 0) {
    const VarKind kind = signal.width == 1 ? VarKind::kWire : VarKind::kReg;
    cell.var = file.declare(kind, signal.width, signal.name);
    return;
  }
  if (options_.strings) cell.var = file.declare(VarKind::kString, 1, signal.name);
  if (!signal.coded) return;
  cell.code_var = file.declare(VarKind::kReg, kCodeBits, fmt::format("{}_code", signal.name));
  summary_.codes.try_emplace(signal.name, std::vector<std::string>{"-"});
}

bool GpuTrace::needs(std::int64_t cycle) const {
  return !cycles_ || (!cycles_->finished() && !cycles_->reached_limit() &&
                      cycle - origin_ <= options_.last_cycle);
}

void GpuTrace::on_activity(const hw::ActivityEvent& event) {
  if (!cycles_ || cycles_->finished()) return;
  const std::int64_t index = index_of_track_.at(event.track);
  if (index < 0) return;
  if (is_shown_already(event)) return;
  const std::int64_t cycle = event.cycle - origin_;
  if (!is_planned_ahead(event.kind)) cycles_->advance(std::max<std::int64_t>(cycle, 0));
  const std::int64_t seen = std::max(cycle, cycles_->now());
  if (cycles_->reached_limit() || seen > options_.last_cycle) return;
  settle_before_window();
  const auto at = static_cast<std::size_t>(index);
  if (cycle >= options_.first_cycle) ++summary_.events[at];
  if (event.level < 0) summary_.activity.add(at, cycle);
  const Component& component = components_[at];
  Pending& pending = pending_[seen];
  for (GpuChange& change : changes_of(component.kind, event)) {
    pending.changes.emplace_back(component.first_cell + change.signal, std::move(change));
  }
}

void GpuTrace::apply(std::int64_t cycle, std::size_t cell, GpuChange& change) {
  Cell& c = cells_[cell];
  if (change.counts && c.set_in == cycle) change.number += c.now.number;
  c.now = {change.number, std::move(change.text)};
  c.set_in = cycle;
  c.until = change.cycles > 0 ? cycle + change.cycles : 0;
  if (c.until > 0) pending_[c.until].ends.push_back(cell);
  touched_.push_back(cell);
}

void GpuTrace::apply(std::int64_t cycle, Pending& pending) {
  for (const std::size_t cell : pending.ends) {
    if (cells_[cell].until != cycle) continue;
    cells_[cell].now = rest_of(cells_[cell].signal);
    cells_[cell].until = 0;
    touched_.push_back(cell);
  }
  for (auto& [cell, change] : pending.changes) apply(cycle, cell, change);
}

/// What goes on before the window leaves nothing but what lasts into it.
void GpuTrace::settle_before_window() {
  const std::int64_t end = std::min(cycles_->now(), options_.first_cycle);
  while (!pending_.empty() && pending_.begin()->first < end) {
    touched_.clear();
    auto due = pending_.extract(pending_.begin());
    apply(due.key(), due.mapped());
  }
}

void GpuTrace::put(std::int64_t cycle, bool all) {
  touched_.clear();
  while (!pending_.empty() && pending_.begin()->first <= cycle) {
    auto due = pending_.extract(pending_.begin());
    apply(due.key(), due.mapped());
  }
  if (all) {
    for (Cell& cell : cells_) put_cell(cell, true);
    return;
  }
  for (const std::size_t cell : touched_) put_cell(cells_[cell], false);
}

void GpuTrace::put_cell(Cell& cell, bool all) {
  if (!all && cell.now == cell.shown) return;
  cell.shown = cell.now;
  WaveWriter& file = cycles_->file();
  if (cell.signal.width == 0) {
    if (options_.strings) file.text(cell.var, cell.now.text);
    if (cell.signal.coded) file.number(cell.code_var, code_of(cell));
  } else if (cell.now.number < 0) {
    file.undriven(cell.var);
  } else {
    file.number(cell.var, static_cast<std::uint64_t>(cell.now.number));
  }
}

/// The last code stands for all names beyond it.
std::uint64_t GpuTrace::code_of(const Cell& cell) {
  std::vector<std::string>& names = summary_.codes[cell.signal.name];
  const auto found = std::find(names.begin(), names.end(), cell.now.text);
  const auto code = static_cast<std::uint64_t>(found - names.begin());
  if (found == names.end() && code < kMostCodes) names.push_back(cell.now.text);
  return std::min(code, kMostCodes);
}

void GpuTrace::finish(std::int64_t cycle) {
  if (!cycles_ || cycles_->finished()) return;
  cycles_->finish(cycle - origin_);
  summarize();
}

}  // namespace metronome::waveforms
