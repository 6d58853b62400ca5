// SPDX-License-Identifier: Apache-2.0
#include "waveforms/cycle_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hw/isa/error.h"

namespace metronome::waveforms {
namespace {

constexpr std::uint64_t kReserve = 512;     // for the closing edge and note
constexpr std::int64_t kPollCycles = 1024;  // between two looks at whether to go on

const TraceOptions& checked(const std::filesystem::path& path, const TraceOptions& options) {
  if (options.first_cycle < 0 || options.last_cycle < options.first_cycle) {
    throw UserError(
        fmt::format("{}: trace window: found {}:{}, expected 0 or more and no end "
                    "before the start",
                    path.string(), options.first_cycle, options.last_cycle));
  }
  return options;
}

}  // namespace

CycleWriter::CycleWriter(const std::filesystem::path& path, std::int64_t clock_hz,
                         const TraceOptions& options, Values values)
    : path_(path),
      options_(checked(path, options)),
      clock_(clock_hz),
      writer_(make_wave_writer(path)),
      values_(std::move(values)),
      next_(options.first_cycle) {}

void CycleWriter::begin_header(std::string_view comment, std::string_view root) {
  writer_->begin_header(fmt::format(
      "{0}, clock {1} Hz. Cycle c begins at round(c * 1e12 / {1}) ps, its middle at\n"
      "  round((2c + 1) * 1e12 / (2 * {1})) ps, halves up: each edge is rounded for itself, so\n"
      "  nothing adds up, and `cycle` counts exactly. Values are those at rest in each cycle.",
      comment, clock_.hz()));
  writer_->open_scope(root);
  clock_var_ = writer_->declare(VarKind::kWire, 1, "clock");
  cycle_var_ = writer_->declare(VarKind::kReg, 64, "cycle");
}

void CycleWriter::end_header() {
  writer_->close_scope();
  writer_->end_header();
  const std::uint64_t least = writer_->size() + kReserve;
  if (options_.max_bytes < least || !commit()) {
    throw UserError(fmt::format("{}: trace size limit: found {} bytes, the header alone needs {}",
                                path_.string(), options_.max_bytes, least));
  }
}

bool CycleWriter::commit() { return writer_->commit(options_.max_bytes - kReserve); }

void CycleWriter::advance(std::int64_t cycle) {
  check(cycle >= now_, "waveform", cycle,
        fmt::format("events go back in time, from cycle {}", now_));
  if (options_.poll && now_ / kPollCycles != cycle / kPollCycles) options_.poll();
  now_ = cycle;
  while (next_ < cycle && next_ <= options_.last_cycle && !reached_limit_) write_cycle(next_);
}

void CycleWriter::put_cycle(std::int64_t cycle) {
  const bool first = cycle == options_.first_cycle;
  writer_->time(clock_.start_ps(cycle));
  if (first) writer_->begin_dump();
  writer_->bit(clock_var_, true);
  writer_->number(cycle_var_, static_cast<std::uint64_t>(cycle));
  values_(cycle, first);
  if (first) writer_->end_dump();
}

void CycleWriter::write_cycle(std::int64_t cycle) {
  if (writer_->failed()) return static_cast<void>(++next_);
  put_cycle(cycle);
  writer_->time(clock_.middle_ps(cycle));
  writer_->bit(clock_var_, false);
  if (commit()) {
    ++next_;
  } else {
    reached_limit_ = true;
  }
}

/// The edge that closes the last cycle recorded, with what is seen at that instant.
void CycleWriter::close(bool last_instant, std::string_view note) {
  finished_ = true;
  bool written = false;
  if (last_instant) {
    put_cycle(next_);
    written = commit();
    reached_limit_ = !written;
  }
  if (!written) {
    writer_->time(clock_.start_ps(next_));
    writer_->bit(clock_var_, true);
    writer_->commit(options_.max_bytes);
  }
  if (!note.empty()) writer_->note(note);
  if (reached_limit_) {
    writer_->note(
        fmt::format("The size limit of {} bytes stopped this trace in cycle {}; the run "
                    "went on.",
                    options_.max_bytes, next_));
  }
  writer_->commit(options_.max_bytes);
}

void CycleWriter::break_off() noexcept {
  if (finished_) return;
  try {
    options_.poll = {};
    const std::string note = fmt::format("The run broke off in cycle {}.", now_);
    advance(now_ + 1);
    if (next_ > options_.first_cycle) {
      close(false, note);
      writer_->finish();
    }
  } catch (...) {  // a destructor has nobody to tell; the writer removes its file
    finished_ = true;
  }
}

void CycleWriter::finish(std::int64_t last_cycle) {
  if (finished_) return;
  finished_ = true;
  advance(std::max(last_cycle, now_));
  if (next_ == options_.first_cycle) {
    throw UserError(fmt::format("{}: trace window: starts in cycle {}, the run ended in cycle {}{}",
                                path_.string(), options_.first_cycle, now_,
                                reached_limit_ ? ", and the size limit holds no cycle" : ""));
  }
  const bool within = !reached_limit_ && now_ <= options_.last_cycle;
  close(within, "");
  writer_->finish();
}

}  // namespace metronome::waveforms
