// SPDX-License-Identifier: Apache-2.0
// Finds the row of each slice: below its track, by kind, and beside the slices that still last.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/common/observer.h"
#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms {

class TimelineRows {
 public:
  /// All rows hang below `root`, which stands for the machine.
  TimelineRows(TimelineWriter& writer, std::string_view root);

  void name_track(hw::TrackId track, std::string_view path);
  const std::vector<std::string>& paths() const { return paths_; }
  /// The row of `path`, made with those above it when first asked for.
  RowId row_of(const std::string& path, std::int64_t rank);
  RowId row_of(hw::TrackId track) { return row_of(paths_[track], rank_of(track)); }
  /// A row on which [cycle, cycle + cycles) is free: the track's own for no `kind`, else one below
  /// it called `kind`; further ones where slices overlap. Slices of one track and kind come by
  /// increasing cycle.
  RowId place(hw::TrackId track, std::string_view kind, std::int64_t cycle, std::int64_t cycles);
  RowId place(const std::string& path, std::int64_t rank, std::int64_t cycle, std::int64_t cycles);

  /// Tracks come in this order; what is not a track takes a rank before or between them.
  static std::int64_t rank_of(hw::TrackId track) { return kFirstTrack + track; }
  static constexpr std::int64_t kFirstTrack = 16;

 private:
  struct Lane {
    RowId row = kTop;
    std::int64_t free_at = 0;
  };

  TimelineWriter& writer_;
  RowId root_;
  std::vector<std::string> paths_;
  std::map<std::string, RowId, std::less<>> rows_;
  std::map<std::string, std::vector<Lane>, std::less<>> lanes_;  // by path
  std::string wanted_;  // a path in the making, kept for its memory
};

}  // namespace metronome::waveforms
