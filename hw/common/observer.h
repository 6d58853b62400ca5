// SPDX-License-Identifier: Apache-2.0
// What a machine tells those who watch it: typed events with a track, a cycle and bytes.
// Units emit; sinks in waveforms/ make files of it. Nobody watching costs one pointer test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace metronome::hw {

using TrackId = std::uint32_t;

/// An instruction issued by a queue.
struct IssueEvent {
  TrackId track = 0;       // queue
  std::int64_t cycle = 0;  // chip time, never reset between tokens
  std::int64_t busy_cycles = 0;
  std::string_view mnemonic;
  std::string_view operands;  // text without spaces
};

/// A value put on a moving stream register. It is at `position` in `cycle` and moves one column a
/// cycle in its direction until a producer downstream replaces it.
struct StreamEvent {
  std::int64_t cycle = 0;
  bool eastward = true;
  int stream = 0;
  int position = 0;
  std::span<const std::uint8_t> bytes;  // one byte a lane; lanes beyond are zero
};

/// Something a reactive unit did: a warp issued, a cache hit, a row was opened. `kind` is the name
/// of the counter that counts such events.
struct ActivityEvent {
  TrackId track = 0;
  std::int64_t cycle = 0;
  std::int64_t duration_cycles = 0;
  std::string_view kind;  // `l2.hits`
  std::string_view text;
};

/// Contract: calls come in an order in which an event's cycle is never before the cycle of the
/// issue that caused it, but stream events may lie ahead of issues still to come.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  virtual void on_track(TrackId track, std::string_view path) = 0;
  virtual void on_issue(const IssueEvent& event) = 0;
  virtual void on_stream(const StreamEvent& event) = 0;
  /// Machines without such units never call it.
  virtual void on_activity(const ActivityEvent& /*event*/) {}
  /// The run ended; `cycle` is its last.
  virtual void on_end(std::int64_t cycle) = 0;
};

}  // namespace metronome::hw
