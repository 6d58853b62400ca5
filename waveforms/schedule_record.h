// SPDX-License-Identifier: Apache-2.0
// One program run of the LPU, kept whole: every issue, every value put on a stream register and who
// took it. What the schedule view shows is this record, so it shows what the chip did.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "hw/common/observer.h"

namespace metronome::waveforms {

constexpr std::size_t kRecordedLanes = 16;  // superlane 0

struct RecordedIssue {
  std::int64_t cycle = 0;  // from Notify
  std::uint32_t queue = 0;
  std::int64_t busy_cycles = 0;
  std::string mnemonic;
  std::string operands;
  std::int64_t piece = -1;
};

struct RecordedDrive {
  std::uint32_t issue = 0;   // index into issues
  std::int64_t visible = 0;  // from Notify
  bool eastward = true;
  int stream = 0;
  int position = 0;
  int reach = 0;  // column of its last reader; `position` if nobody reads it
  int width = 1;  // bytes a lane of the whole value, `byte` of which this is
  int byte = 0;
  std::array<std::uint8_t, kRecordedLanes> lanes{};
};

struct RecordedSample {
  std::uint32_t issue = 0;
  std::uint32_t drive = 0;
};

class ScheduleRecord : public hw::Observer {
 public:
  void on_track(hw::TrackId track, std::string_view path) override;
  void on_program(const hw::ProgramEvent& event) override;
  void on_issue(const hw::IssueEvent& event) override;
  void on_stream(const hw::StreamEvent& event) override;
  void on_sample(const hw::SampleEvent& event) override;
  void on_end(std::int64_t cycle) override;

  /// Puts issues in the order of cycle and queue, and samples in that of their issues. Call once,
  /// when the program has run.
  void sort();

  const std::vector<RecordedIssue>& issues() const { return issues_; }
  const std::vector<RecordedDrive>& drives() const { return drives_; }
  const std::vector<RecordedSample>& samples() const { return samples_; }

 private:
  std::uint64_t key(bool eastward, int stream, int position, std::int64_t visible) const;

  std::int64_t notified_ = 0;
  std::vector<RecordedIssue> issues_;
  std::vector<RecordedDrive> drives_;
  std::vector<RecordedSample> samples_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> drive_at_;
};

}  // namespace metronome::waveforms
