// SPDX-License-Identifier: Apache-2.0
// A waveform cycle by cycle: clock and counter, the window that is recorded, the size limit, and
// how the file ends. What the other variables hold is told by whoever owns them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "waveforms/cycle_clock.h"
#include "waveforms/trace_options.h"
#include "waveforms/wave_writer.h"

namespace metronome::waveforms {

class CycleWriter {
 public:
  /// Puts what differs in `cycle` from the cycle before, or with `all` every variable. Called for
  /// each cycle of the window in turn.
  using Values = std::function<void(std::int64_t cycle, bool all)>;

  /// Errors: UserError if the window ends before it begins or the file cannot be created.
  CycleWriter(const std::filesystem::path& path, std::int64_t clock_hz, const TraceOptions& options,
              Values values);

  /// Variables are declared between these, in the scope `root`.
  void begin_header(std::string_view comment, std::string_view root);
  /// Errors: UserError if the size limit lies below the header.
  void end_header();
  WaveWriter& file() { return *writer_; }

  /// Everything before `cycle` is settled. Errors: InvariantError if it was said of a later one.
  void advance(std::int64_t cycle);
  /// Completes the file: `last_cycle` is the cycle in which the last effect is seen; its start is
  /// the last time stamp. Errors: UserError if no cycle of the window was run, or the disk did not
  /// take the file; no file stays then.
  void finish(std::int64_t last_cycle);
  /// Completes the file of a run that broke off: the last cycle told of is the last recorded.
  void break_off() noexcept;

  bool finished() const { return finished_; }
  bool reached_limit() const { return reached_limit_; }
  std::int64_t now() const { return now_; }
  /// The first cycle not written; at the end that of the last time stamp.
  std::int64_t next() const { return next_; }

 private:
  bool commit();
  void put_cycle(std::int64_t cycle);
  void write_cycle(std::int64_t cycle);
  void close(bool last_instant, std::string_view note);

  std::filesystem::path path_;
  TraceOptions options_;
  CycleClock clock_;
  std::unique_ptr<WaveWriter> writer_;
  Values values_;
  WaveWriter::Var clock_var_ = 0;
  WaveWriter::Var cycle_var_ = 0;
  std::int64_t now_ = 0;
  std::int64_t next_ = 0;
  bool finished_ = false;
  bool reached_limit_ = false;
};

}  // namespace metronome::waveforms
