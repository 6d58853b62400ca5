// SPDX-License-Identifier: Apache-2.0
// Everything that the page of `metronome report` shows, as the JSON and the columns that it reads:
// their form is that of waveforms/viewer/src/report_data.ts.
#pragma once

#include <optional>
#include <string>

#include "compiler/lpu/bounds.h"
#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/explain.h"
#include "hw/isa/lpu/image.h"
#include "runtime/report/columns.h"
#include "runtime/report/conflict_story.h"
#include "waveforms/schedule_record.h"

namespace metronome::report {

/// The token that was recorded.
struct RecordedToken {
  std::int64_t position = 0;
  std::string text;
  lpu::Cycle simulated_cycles = 0;
};

struct ReportInput {
  std::string version;
  std::string prompt;
  std::string text;  // that the model wrote
  std::int64_t tokens = 0;
  const lpu::Image& image;
  const lpu::Program& program;
  RecordedToken token{};
  const waveforms::ScheduleRecord* record = nullptr;  // sorted; null if it did not run
  std::optional<compiler::Conflict> conflict{};       // why it did not
  std::string comparison_json{};  // of `metronome compare --json`; empty for none
};

struct ReportData {
  std::string title;
  std::string json;
  Columns columns;
};

/// Errors: InvariantError if the record is not the program's.
ReportData report_data(const ReportInput& input);

}  // namespace metronome::report
