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

/// A program begins: every queue waits for the barrier, every stream register is empty.
struct ProgramEvent {
  std::string_view name;
  std::int64_t notified = 0;                   // chip time of Notify
  std::int64_t released = 0;                   // chip time at which the queues leave Sync
  std::span<const std::int64_t> first_issues;  // by track: chip time; -1 for a queue without any
};

/// What an instruction is for; the texts are empty where the program does not tell.
struct Purpose {
  std::string_view op;      // `blk.0.attn_q`
  std::string_view step;    // `scores`
  int layer = -1;           // -1 outside the layers
  std::int64_t piece = -1;  // number of the piece that was placed in time as one
};

/// An instruction issued by a queue.
struct IssueEvent {
  TrackId track = 0;       // queue
  std::int64_t cycle = 0;  // chip time, never reset between tokens
  std::int64_t busy_cycles = 0;
  std::string_view mnemonic;
  std::string_view operands;     // text without spaces
  std::int64_t next_cycle = -1;  // of this queue's next issue; -1 after the last
  Purpose purpose{};
};

/// A value put on a moving stream register. It is at `position` in `cycle` and moves one column a
/// cycle in its direction until a producer downstream replaces it.
struct StreamEvent {
  std::int64_t cycle = 0;
  bool eastward = true;
  int stream = 0;
  int position = 0;
  std::span<const std::uint8_t> bytes;    // one byte a lane; lanes beyond are zero
  TrackId track = 0;                      // the queue whose issue drives it
  int byte = 0;                           // which byte of the whole value this register carries
  int width = 1;                          // bytes a lane of the whole value: 1, 2 or 4
  std::span<const std::uint8_t> value{};  // [lanes, width], little-endian
};

/// A value taken from a stream register by an instruction's operand.
struct SampleEvent {
  TrackId track = 0;       // the queue that takes it
  std::int64_t cycle = 0;  // in which it is at `position`
  bool eastward = true;
  int stream = 0;
  int position = 0;
  TrackId producer = 0;       // the queue that put it there,
  int producer_position = 0;  // at this column, whence it came at one column a cycle
};

/// Something a reactive unit did: a warp issued, a cache hit, a row was opened. `kind` names it; a
/// counter rises by its amount, which may have a name of its own: `l1.hits` for `l1.hit_sectors`.
/// `K.ended` ends the oldest K of the same track and text.
struct ActivityEvent {
  TrackId track = 0;
  std::int64_t cycle = 0;
  std::int64_t duration_cycles = 0;
  std::string_view kind;  // `l2.hits`
  std::string_view text;
  std::int64_t amount = 1;  // sectors, bytes, cycles: whatever the event is one or several of
  /// Where not -1, `kind` names something that fills and empties instead, `l2.queue`: how full it
  /// is from `cycle` on.
  std::int64_t level = -1;
};

/// Contract: calls come in an order in which an event's cycle is never before the cycle of the
/// issue that caused it, but stream events may lie ahead of issues still to come. The stream and
/// sample events of an issue come after it and before the next issue. Activity events come in the
/// order of their cycles, except those of what is planned ahead, DRAM rows and bytes (`dram.row_`,
/// `dram.bytes_`) and starts of CTAs (`sm.ctas`), and of slots spent (`slots.`), told when they are
/// over.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  virtual void on_track(TrackId track, std::string_view path) = 0;
  /// Whether activity on a track is heard at all; asked once all tracks are named. What nobody
  /// hears is not put into words.
  virtual bool wants(TrackId /*track*/) { return true; }
  virtual void on_issue(const IssueEvent& event) = 0;
  virtual void on_stream(const StreamEvent& event) = 0;
  /// Machines that have no such thing never call these.
  virtual void on_program(const ProgramEvent& /*event*/) {}
  virtual void on_sample(const SampleEvent& /*event*/) {}
  virtual void on_activity(const ActivityEvent& /*event*/) {}
  /// The run ended; `cycle` is its last.
  virtual void on_end(std::int64_t cycle) = 0;
};

}  // namespace metronome::hw
