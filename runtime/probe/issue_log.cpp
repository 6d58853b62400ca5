// SPDX-License-Identifier: Apache-2.0
#include "runtime/probe/issue_log.h"

#include <cstdio>

namespace metronome::runtime::probe {
namespace {

class IssueLog : public hw::Observer {
 public:
  void on_track(hw::TrackId track, std::string_view path) override {
    if (paths_.size() <= track) paths_.resize(track + 1);
    paths_[track] = path;
  }
  void on_issue(const hw::IssueEvent& /*event*/) override {}
  void on_stream(const hw::StreamEvent& /*event*/) override {}
  void on_end(std::int64_t /*cycle*/) override {}
  void on_activity(const hw::ActivityEvent& event) override {
    if (event.kind != "sm.instructions") return;
    Issued issued{paths_[event.track], event.cycle, 0, 0};
    const std::string text(event.text);
    if (std::sscanf(text.c_str(), "warp %d pc %d", &issued.warp, &issued.pc) == 2) {
      issues.push_back(issued);
    }
  }
  std::vector<Issued> issues;

 private:
  std::vector<std::string> paths_;
};

}  // namespace

std::vector<Issued> issues_of(Bench& bench, const Bench::Run& run) {
  IssueLog log;
  bench.gpu().observe(&log);
  bench.run(run);
  bench.gpu().observe(nullptr);
  return log.issues;
}

std::vector<gpu::Cycle> issue_intervals(const std::vector<Issued>& issues) {
  std::vector<gpu::Cycle> intervals;
  gpu::Cycle last = -1;
  for (const Issued& i : issues) {
    if (i.sub_core != issues.front().sub_core || i.warp != issues.front().warp) continue;
    if (last >= 0) intervals.push_back(i.cycle - last);
    last = i.cycle;
  }
  return intervals;
}

}  // namespace metronome::runtime::probe
