// SPDX-License-Identifier: Apache-2.0
// The warp instructions of one SM as Konata draws them: a row each, in three stages:
//
//   Wt  the warp waits, from its last issue on; the row's hover text says what for
//   Is  the cycle of the issue
//   Ex  the unit takes it in
//
// The SM is the first that issues, so a filter chooses it. The format (Kanata 0004) is text in
// strict order of time: what lies ahead is kept until its cycle, a few lines a warp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waveforms/timeline/timeline_file.h"
#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms {

class KanataWriter : public TimelineWriter {
 public:
  explicit KanataWriter(std::unique_ptr<TimelineFile> file);

  RowId add_row(std::string_view name, RowId parent, std::int64_t rank) override;
  RowId add_counter(std::string_view name, std::string_view unit, RowId parent,
                    std::int64_t rank) override;
  void slice(const Slice& slice) override;
  void value(RowId /*counter*/, std::int64_t /*cycle*/, std::int64_t /*value*/) override {}
  void note(std::int64_t /*cycle*/, std::string_view /*text*/) override {}
  void finish() override;
  std::uint64_t bytes() const override { return file_->bytes() + buffer_.size(); }

 private:
  std::int64_t open_row(std::int64_t warp, std::int64_t cycle);
  void at(std::int64_t cycle, std::string lines);
  void write_before(std::int64_t cycle);

  std::unique_ptr<TimelineFile> file_;
  std::vector<std::string> paths_;                // of rows
  std::string sm_;                                // `gpu.sm_0.`, once known
  std::map<std::int64_t, std::int64_t> waiting_;  // row, by warp
  std::multimap<std::int64_t, std::string> due_;  // lines, by cycle
  std::int64_t rows_ = 0;
  std::int64_t retired_ = 0;
  std::int64_t time_ = -1;  // of the last line written
  std::string buffer_;
};

}  // namespace metronome::waveforms
