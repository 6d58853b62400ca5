// SPDX-License-Identifier: Apache-2.0
#include "waveforms/schedule_record.h"

#include <algorithm>
#include <numeric>

#include "hw/isa/error.h"

namespace metronome::waveforms {

std::uint64_t ScheduleRecord::key(bool eastward, int stream, int position,
                                  std::int64_t visible) const {
  return (static_cast<std::uint64_t>(visible) << 24U) |
         (static_cast<std::uint64_t>(position) << 8U) | (static_cast<std::uint64_t>(stream) << 1U) |
         static_cast<std::uint64_t>(eastward);
}

void ScheduleRecord::on_track(hw::TrackId /*track*/, std::string_view /*path*/) {}

void ScheduleRecord::on_program(const hw::ProgramEvent& event) {
  check(issues_.empty(), "schedule record", event.notified, "holds a program already");
  notified_ = event.notified;
}

void ScheduleRecord::on_issue(const hw::IssueEvent& event) {
  RecordedIssue issue;
  issue.cycle = event.cycle - notified_;
  issue.queue = event.track;
  issue.busy_cycles = event.busy_cycles;
  issue.mnemonic = event.mnemonic;
  issue.operands = event.operands;
  issue.piece = event.purpose.piece;
  issues_.push_back(std::move(issue));
}

void ScheduleRecord::on_stream(const hw::StreamEvent& event) {
  check(!issues_.empty() && issues_.back().queue == event.track, "schedule record", event.cycle,
        "a value that is not of the issue just told");
  RecordedDrive drive;
  drive.issue = static_cast<std::uint32_t>(issues_.size() - 1);
  drive.visible = event.cycle - notified_;
  drive.eastward = event.eastward;
  drive.stream = event.stream;
  drive.position = drive.reach = event.position;
  drive.width = event.width;
  drive.byte = event.byte;
  const std::size_t lanes = std::min(event.bytes.size(), kRecordedLanes);
  std::copy_n(event.bytes.begin(), lanes, drive.lanes.begin());
  drive_at_[key(drive.eastward, drive.stream, drive.position, drive.visible)] =
      static_cast<std::uint32_t>(drives_.size());
  drives_.push_back(drive);
}

void ScheduleRecord::on_sample(const hw::SampleEvent& event) {
  const int hops = event.eastward ? event.position - event.producer_position
                                  : event.producer_position - event.position;
  const std::int64_t visible = event.cycle - notified_ - hops;
  const auto found =
      drive_at_.find(key(event.eastward, event.stream, event.producer_position, visible));
  check(found != drive_at_.end(), "schedule record", event.cycle, "a sample of a value never told");
  RecordedDrive& drive = drives_[found->second];
  drive.reach = event.eastward ? std::max(drive.reach, event.position)
                               : std::min(drive.reach, event.position);
  samples_.push_back({static_cast<std::uint32_t>(issues_.size() - 1), found->second});
}

void ScheduleRecord::on_end(std::int64_t /*cycle*/) {}

void ScheduleRecord::sort() {
  std::vector<std::uint32_t> order(issues_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const RecordedIssue& x = issues_[a];
    const RecordedIssue& y = issues_[b];
    return x.cycle != y.cycle ? x.cycle < y.cycle : x.queue < y.queue;
  });
  std::vector<std::uint32_t> place(order.size());
  std::vector<RecordedIssue> sorted;
  sorted.reserve(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    sorted.push_back(std::move(issues_[order[i]]));
  }
  issues_ = std::move(sorted);
  for (RecordedDrive& drive : drives_) drive.issue = place[drive.issue];
  for (RecordedSample& sample : samples_) sample.issue = place[sample.issue];
  std::stable_sort(
      samples_.begin(), samples_.end(),
      [](const RecordedSample& a, const RecordedSample& b) { return a.issue < b.issue; });
}

}  // namespace metronome::waveforms
