// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/timeline_rows.h"

#include <fmt/core.h>

#include <algorithm>

namespace metronome::waveforms {

TimelineRows::TimelineRows(TimelineWriter& writer, std::string_view root)
    : writer_(writer), root_(writer.add_row(root, kTop, 0)) {}

void TimelineRows::name_track(hw::TrackId track, std::string_view path) {
  if (paths_.size() <= track) paths_.resize(track + std::size_t{1});
  paths_[track] = path;
}

RowId TimelineRows::row_of(const std::string& path, std::int64_t rank) {
  const auto found = rows_.find(path);
  if (found != rows_.end()) return found->second;
  const std::size_t dot = path.rfind('.');
  const RowId above = dot == std::string::npos ? root_ : row_of(path.substr(0, dot), rank);
  const std::string name = dot == std::string::npos ? path : path.substr(dot + 1);
  const RowId row = writer_.add_row(name, above, rank);
  rows_.emplace(path, row);
  return row;
}

RowId TimelineRows::place(const std::string& path, std::int64_t rank, std::int64_t cycle,
                          std::int64_t cycles) {
  std::vector<Lane>& lanes = lanes_[path];
  auto lane = std::find_if(lanes.begin(), lanes.end(),
                           [cycle](const Lane& l) { return l.free_at <= cycle; });
  if (lane == lanes.end()) {
    const bool first = lanes.empty();
    const RowId row =
        first ? row_of(path, rank) : row_of(fmt::format("{} {}", path, lanes.size() + 1), rank);
    lane = lanes.insert(lanes.end(), {row, 0});
  }
  lane->free_at = cycle + cycles;
  return lane->row;
}

RowId TimelineRows::place(hw::TrackId track, std::string_view kind, std::int64_t cycle,
                          std::int64_t cycles) {
  wanted_ = paths_[track];
  if (!kind.empty()) wanted_.append(".").append(kind);
  return place(wanted_, rank_of(track), cycle, cycles);
}

}  // namespace metronome::waveforms
