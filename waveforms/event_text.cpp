// SPDX-License-Identifier: Apache-2.0
#include "waveforms/event_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace metronome::waveforms {

EventText::EventText(std::function<void(std::string_view)> put, std::int64_t origin)
    : put_(std::move(put)), origin_(origin) {}

void EventText::on_track(hw::TrackId track, std::string_view path) {
  if (paths_.size() <= track) paths_.resize(track + 1);
  paths_[track] = path;
}

void EventText::add(std::int64_t cycle, const std::string& text) {
  lines_.push_back({cycle, text});
}

void EventText::on_issue(const hw::IssueEvent& event) {
  add(event.cycle,
      fmt::format("{:<24} {} {}", paths_[event.track], event.mnemonic, event.operands));
}

void EventText::on_stream(const hw::StreamEvent& event) {
  add(event.cycle,
      fmt::format("{:<24} stream {} at {}", event.eastward ? "streams.east" : "streams.west",
                  event.stream, event.position));
}

void EventText::on_activity(const hw::ActivityEvent& event) {
  const std::string text =
      event.level >= 0 ? fmt::format("{}", event.level) : std::string(event.text);
  const std::string place = fmt::format("{:<24} ", paths_[event.track]);
  add(event.cycle, place + (text.empty() ? std::string(event.kind)
                                         : fmt::format("{:<18} {}", event.kind, text)));
}

/// Events may be told ahead of their cycle, so lines are put in order only at the end.
void EventText::on_end(std::int64_t /*cycle*/) {
  std::stable_sort(lines_.begin(), lines_.end(),
                   [](const Line& a, const Line& b) { return a.cycle < b.cycle; });
  for (const Line& line : lines_) {
    put_(fmt::format("{:>8}  {}\n", line.cycle - origin_, line.text));
  }
  lines_.clear();
}

}  // namespace metronome::waveforms
