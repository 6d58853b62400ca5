// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/timeline.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "hw/isa/error.h"
#include "waveforms/signal_filter.h"

namespace metronome::waveforms {
namespace {

TimelineOptions checked(const std::filesystem::path& path, TimelineOptions options) {
  if (options.first_cycle < 0 || options.last_cycle < options.first_cycle) {
    throw UserError(
        fmt::format("{}: timeline window: found {}:{}, expected 0 or more and no end before the "
                    "start",
                    path.string(), options.first_cycle, options.last_cycle));
  }
  return options;
}

}  // namespace

Timeline::Timeline(const std::filesystem::path& path, const TimelineMachine& machine,
                   std::string_view root, TimelineOptions options)
    : options_(checked(path, std::move(options))),
      machine_name_(machine.name),
      root_name_(root),
      writer_(make_timeline_writer(path, machine)),
      rows_(*writer_, root) {
  summary_.path = path;
}

bool Timeline::matches(std::string_view path) const {
  const std::string whole = root_name_ + "." + std::string(path);
  return options_.filters.empty() ||
         std::any_of(options_.filters.begin(), options_.filters.end(),
                     [&](const auto& filter) { return whole.find(filter) != std::string::npos; });
}

void Timeline::require_matches() const {
  if (options_.filters.empty() || rows_.paths().empty()) return;  // never watched so far
  std::vector<std::string> paths;
  paths.reserve(rows_.paths().size());
  for (const std::string& path : rows_.paths()) paths.push_back(root_name_ + "." + path);
  choose(paths, options_.filters, machine_name_, {"--timeline-filter", "track"});
}

void Timeline::on_track(hw::TrackId track, std::string_view path) {
  rows_.name_track(track, path);
  if (shown_.size() <= track) shown_.resize(track + std::size_t{1});
  shown_[track] = matches(path);
}

void Timeline::write(const Slice& slice) {
  ++summary_.slices;
  summary_.flows += static_cast<std::int64_t>(slice.inputs.size());
  writer_->slice(slice);
}

void Timeline::write_span(const std::string& level, std::int64_t rank, std::int64_t first,
                          std::int64_t end, std::string_view name,
                          std::span<const Argument> arguments) {
  if (first > options_.last_cycle || end < options_.first_cycle) return;
  const RowId row = rows_.place("program." + level, rank, first, end - first);
  write({row, first, end - first, name, "program", arguments});
}

void Timeline::finish(std::int64_t last_cycle) {
  if (finished_) return;
  finished_ = true;
  reach(last_cycle);
  if (now_ <= options_.first_cycle) {
    throw UserError(
        fmt::format("{}: timeline window: starts in cycle {}, the run ended in cycle {}",
                    summary_.path.string(), options_.first_cycle, now_));
  }
  flush(now_);
  summary_.bytes = writer_->bytes();
  writer_->finish();
}

void Timeline::break_off() {
  if (finished_) return;
  finished_ = true;
  try {
    flush(now_);
    if (summary_.slices == 0) return;
    writer_->note(now_, fmt::format("The run broke off in cycle {}.", now_));
    writer_->finish();
  } catch (...) {  // a destructor has nobody to tell; the writer removes its file
  }
}

}  // namespace metronome::waveforms
