// SPDX-License-Identifier: Apache-2.0
// Chrome's trace events as JSON, which many viewers read. `ts` and `dur` are microseconds with six
// digits behind the point, so picoseconds, each exactly rounded. The format knows two levels only:
// the two uppermost rows are its processes, what hangs below them its threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "waveforms/cycle_clock.h"
#include "waveforms/timeline/timeline_file.h"
#include "waveforms/timeline/timeline_writer.h"

namespace metronome::waveforms {

class ChromeTraceWriter : public TimelineWriter {
 public:
  ChromeTraceWriter(std::unique_ptr<TimelineFile> file, const TimelineMachine& machine);

  RowId add_row(std::string_view name, RowId parent, std::int64_t rank) override;
  RowId add_counter(std::string_view name, std::string_view unit, RowId parent,
                    std::int64_t rank) override;
  void slice(const Slice& slice) override;
  void value(RowId counter, std::int64_t cycle, std::int64_t value) override;
  void note(std::int64_t cycle, std::string_view text) override;
  void finish() override;
  std::uint64_t bytes() const override { return file_->bytes() + buffer_.size(); }

 private:
  struct Row {
    std::string path;  // below its process
    RowId process = kTop;
    int depth = 0;
    bool told = false;          // as a thread
    bool process_told = false;  // as a process
    std::int64_t rank = 0;
  };

  Row& row(RowId id) { return rows_[id - 1]; }
  void tell_row(RowId id);
  void metadata(std::string_view what, RowId process, RowId thread, std::string_view argument,
                std::string_view value);
  void begin_event(std::string_view phase, RowId id, std::string_view name, std::int64_t cycle);
  void end_event();
  void add_arguments(const Slice& slice);
  void add_arrow_end(const Slice& slice, const Input& input);

  std::unique_ptr<TimelineFile> file_;
  CycleClock clock_;
  std::vector<Row> rows_;
  std::string buffer_;
  bool first_ = true;
};

/// Picoseconds as microseconds: "1.000000".
std::string microseconds(std::int64_t picoseconds);
/// In quotes, as JSON has it.
std::string json_text(std::string_view text);

}  // namespace metronome::waveforms
