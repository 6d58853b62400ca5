// SPDX-License-Identifier: Apache-2.0
// What the timelines of all machines share: which part of a run is recorded, on which tracks, and
// how the file ends. Everything is written as it comes; what waits is bounded by the machine and
// the program, never by the length of the run (see the machines' own timelines).
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hw/common/observer.h"
#include "waveforms/timeline/timeline_rows.h"
#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms {

struct TimelineOptions {
  std::int64_t first_cycle = 0;  // of the machine's time, which runs on over all tokens
  std::int64_t last_cycle = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> filters{};  // parts of paths; none for everything
  bool flows = true;                   // arrows from producers to consumers
};

struct TimelineSummary {
  std::filesystem::path path;
  std::int64_t slices = 0;
  std::int64_t flows = 0;
  std::uint64_t bytes = 0;  // before compression
};

class Timeline : public hw::Observer {
 public:
  /// Whether anything of a run from `first` to `last` is recorded: if not, the machine need not be
  /// observed during it.
  bool needs(std::int64_t first, std::int64_t last) const {
    return !finished_ && first <= options_.last_cycle && last >= options_.first_cycle;
  }
  /// The next run is the token at `position`.
  void token_follows(std::int64_t position) { position_ = position; }
  /// Errors: UserError naming the filter that is empty or that no track has in its path. For a
  /// machine that has told its tracks.
  virtual void require_matches() const;

  void on_track(hw::TrackId track, std::string_view path) override;
  void on_stream(const hw::StreamEvent& /*event*/) override {}
  void on_end(std::int64_t cycle) override { finish(cycle); }

  /// The run ended: completes the file under its own name.
  /// Errors: UserError if no cycle of the window was run, or the disk did not take the file; no
  /// file stays then.
  void finish(std::int64_t last_cycle);
  const TimelineSummary& summary() const { return summary_; }

 protected:
  /// Errors: UserError on a window that ends before it begins, a file that cannot be created.
  Timeline(const std::filesystem::path& path, const TimelineMachine& machine, std::string_view root,
           TimelineOptions options);

  /// For destructors: completes the file of a run that broke off.
  void break_off();
  /// Writes what still waits; `cycle` is the run's last.
  virtual void flush(std::int64_t cycle) = 0;

  bool within(std::int64_t cycle) const {
    return cycle >= options_.first_cycle && cycle <= options_.last_cycle;
  }
  bool shows(hw::TrackId track) const { return track < shown_.size() && shown_[track]; }
  void write(const Slice& slice);
  /// A span of the program, on a row of `level`; spans of a level come by increasing cycle.
  void write_span(const std::string& level, std::int64_t rank, std::int64_t first, std::int64_t end,
                  std::string_view name, std::span<const Argument> arguments);
  void reach(std::int64_t cycle) { now_ = cycle > now_ ? cycle : now_; }
  std::int64_t now() const { return now_; }
  std::int64_t position() const { return position_; }
  const TimelineOptions& options() const { return options_; }
  TimelineWriter& writer() { return *writer_; }
  TimelineRows& rows() { return rows_; }
  const TimelineRows& rows() const { return rows_; }

 private:
  bool matches(std::string_view path) const;

  TimelineOptions options_;
  TimelineSummary summary_;
  std::string machine_name_;
  std::string root_name_;
  std::unique_ptr<TimelineWriter> writer_;
  TimelineRows rows_;
  std::vector<bool> shown_;  // by track
  std::int64_t now_ = 0;     // latest cycle told
  std::int64_t position_ = 0;
  bool finished_ = false;
};

}  // namespace metronome::waveforms
