// SPDX-License-Identifier: Apache-2.0
// --timeline and what belongs to it: a run as slices in time, for Perfetto. A run may have a
// waveform and a timeline; the machine is then watched by both.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cli/arguments.h"
#include "runtime/cli/machine_option.h"
#include "waveforms/fan_out.h"
#include "waveforms/timeline/timeline.h"

namespace metronome::cli {

struct TimelineRequest {
  std::string path;
  waveforms::TimelineOptions options;
};

std::vector<Option> timeline_option_rows();

/// Nothing without --timeline.
/// Errors: UsageError if the window is no A:B, its options stand alone, the machine has no cycles,
/// or the name is that of no timeline.
std::optional<TimelineRequest> timeline_request(const Arguments& arguments,
                                                const MachineChoice& machine);

/// "once.pftrace, 12,345 slices, 6,789 arrows, 1.2 MiB; ui.perfetto.dev opens it"
std::string to_text(const waveforms::TimelineSummary& summary);

/// Tells on standard error of a timeline that is larger than a viewer likes.
void note_large_timeline(const waveforms::TimelineSummary& summary);

/// Those who watch a machine, each only during the runs that it records: a run without any of them
/// is many times faster.
class Watchers {
 public:
  using Needs = std::function<bool(std::int64_t first, std::int64_t last)>;
  using Observe = std::function<void(hw::Observer*)>;

  explicit Watchers(Observe observe) : observe_(std::move(observe)) {}
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;
  ~Watchers() { stop(); }

  void add(hw::Observer& observer, Needs needs) { all_.push_back({&observer, std::move(needs)}); }
  /// The next run takes the cycles from `first` to `last`.
  void before(std::int64_t first, std::int64_t last);
  /// The machine is not watched any more.
  void stop();

 private:
  struct Watcher {
    hw::Observer* observer;
    Needs needs;
    bool watches = false;
  };
  Observe observe_;
  std::vector<Watcher> all_;
  waveforms::FanOut fan_out_;
};

}  // namespace metronome::cli
