// SPDX-License-Identifier: Apache-2.0
// Every event as a line of text, in the order of its cycle: what a student follows by hand.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/common/observer.h"

namespace metronome::waveforms {

class EventText : public hw::Observer {
 public:
  /// `put` takes whole lines. Cycles are shown less `origin`.
  explicit EventText(std::function<void(std::string_view)> put, std::int64_t origin = 0);

  void on_track(hw::TrackId track, std::string_view path) override;
  void on_issue(const hw::IssueEvent& event) override;
  void on_stream(const hw::StreamEvent& event) override;
  void on_activity(const hw::ActivityEvent& event) override;
  void on_end(std::int64_t cycle) override;

 private:
  void add(std::int64_t cycle, const std::string& text);

  struct Line {
    std::int64_t cycle;
    std::string text;
  };
  std::function<void(std::string_view)> put_;
  std::int64_t origin_;
  std::vector<std::string> paths_;
  std::vector<Line> lines_;  // not yet put
};

}  // namespace metronome::waveforms
