// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/kanata_writer.h"

#include <fmt/core.h>

#include <limits>
#include <utility>

namespace metronome::waveforms {
namespace {

constexpr std::size_t kFlushAt = std::size_t{1} << 16;

std::int64_t number(const Slice& slice, std::string_view name) {
  for (const Argument& a : slice.arguments) {
    if (a.name == name) return std::get<std::int64_t>(a.value);
  }
  return 0;
}

std::string_view text(const Slice& slice, std::string_view name) {
  for (const Argument& a : slice.arguments) {
    if (a.name == name) return std::get<std::string_view>(a.value);
  }
  return "";
}

}  // namespace

KanataWriter::KanataWriter(std::unique_ptr<TimelineFile> file)
    : file_(std::move(file)), buffer_("Kanata\t0004\n") {}

RowId KanataWriter::add_row(std::string_view name, RowId parent, std::int64_t /*rank*/) {
  const std::string above = parent == kTop ? "" : paths_[parent - 1] + ".";
  paths_.push_back(above + std::string(name));
  return static_cast<RowId>(paths_.size());
}

RowId KanataWriter::add_counter(std::string_view name, std::string_view /*unit*/, RowId parent,
                                std::int64_t rank) {
  return add_row(name, parent, rank);
}

void KanataWriter::at(std::int64_t cycle, std::string lines) {
  due_.emplace(cycle, std::move(lines));
}

void KanataWriter::write_before(std::int64_t cycle) {
  while (!due_.empty() && due_.begin()->first < cycle) {
    const auto& [when, lines] = *due_.begin();
    if (time_ < 0) {
      buffer_ += fmt::format("C=\t{}\n", when);
    } else if (when > time_) {
      buffer_ += fmt::format("C\t{}\n", when - time_);
    }
    time_ = when;
    buffer_ += lines;
    due_.erase(due_.begin());
  }
  if (buffer_.size() < kFlushAt) return;
  file_->write(buffer_);
  buffer_.clear();
}

std::int64_t KanataWriter::open_row(std::int64_t warp, std::int64_t cycle) {
  const std::int64_t row = rows_++;
  at(cycle, fmt::format("I\t{0}\t{0}\t{1}\nS\t{0}\t0\tWt\n", row, warp));
  return row;
}

/// Slices of warp instructions come by increasing cycle.
void KanataWriter::slice(const Slice& s) {
  const std::string& path = paths_[s.row - 1];
  if (s.category != "issue") return;
  if (sm_.empty()) sm_ = path.substr(0, path.find('.', path.find('.') + 1) + 1);
  if (!path.starts_with(sm_)) return;
  write_before(s.cycle);
  const std::int64_t warp = number(s, "warp");
  const auto waited = waiting_.find(warp);
  const std::int64_t row = waited != waiting_.end() ? waited->second : open_row(warp, s.cycle);
  waiting_.erase(warp);
  std::string hover = fmt::format("{}, cycle {}", path, s.cycle);
  if (const std::string_view reason = text(s, "stalled_for"); !reason.empty()) {
    hover += fmt::format(", after {} cycles of {}", number(s, "stalled"), reason);
  }
  at(s.cycle, fmt::format("L\t{0}\t0\twarp {1} pc {2}: {3}\nL\t{0}\t1\t{4}\nS\t{0}\t0\tIs\n", row,
                          warp, number(s, "pc"), text(s, "instruction"), hover));
  at(s.cycle + 1, fmt::format("S\t{}\t0\tEx\n", row));
  at(s.cycle + 1 + s.cycles, fmt::format("R\t{}\t{}\t0\n", row, retired_++));
  if (s.name != "EXIT") waiting_[warp] = open_row(warp, s.cycle + 1);
}

void KanataWriter::finish() {
  for (const auto& [warp, row] : waiting_) {
    const std::int64_t last = due_.empty() ? time_ : due_.rbegin()->first;
    at(last, fmt::format("R\t{}\t{}\t1\n", row, retired_++));  // never issued
  }
  write_before(std::numeric_limits<std::int64_t>::max());
  file_->write(buffer_);
  buffer_.clear();
  file_->finish();
}

}  // namespace metronome::waveforms
