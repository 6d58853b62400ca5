// SPDX-License-Identifier: Apache-2.0
// Several observers of one machine, which knows of one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "hw/common/observer.h"

namespace metronome::waveforms {

class FanOut : public hw::Observer {
 public:
  void add(hw::Observer& observer) { observers_.push_back(&observer); }
  void clear() { observers_.clear(); }
  bool empty() const { return observers_.empty(); }

  void on_track(hw::TrackId track, std::string_view path) override {
    for (hw::Observer* o : observers_) o->on_track(track, path);
  }
  bool wants(hw::TrackId track) override {
    return std::any_of(observers_.begin(), observers_.end(),
                       [&](hw::Observer* o) { return o->wants(track); });
  }
  void on_issue(const hw::IssueEvent& event) override {
    for (hw::Observer* o : observers_) o->on_issue(event);
  }
  void on_stream(const hw::StreamEvent& event) override {
    for (hw::Observer* o : observers_) o->on_stream(event);
  }
  void on_program(const hw::ProgramEvent& event) override {
    for (hw::Observer* o : observers_) o->on_program(event);
  }
  void on_sample(const hw::SampleEvent& event) override {
    for (hw::Observer* o : observers_) o->on_sample(event);
  }
  void on_activity(const hw::ActivityEvent& event) override {
    for (hw::Observer* o : observers_) o->on_activity(event);
  }
  void on_end(std::int64_t cycle) override {
    for (hw::Observer* o : observers_) o->on_end(cycle);
  }

 private:
  std::vector<hw::Observer*> observers_;
};

}  // namespace metronome::waveforms
