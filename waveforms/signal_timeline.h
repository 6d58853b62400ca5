// SPDX-License-Identifier: Apache-2.0
// Events of the LPU as the state of its signals, cycle by cycle. It knows no file format.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "hw/common/observer.h"
#include "hw/isa/lpu/chip_spec.h"
#include "waveforms/plane_timeline.h"
#include "waveforms/trace_signals.h"

namespace metronome::waveforms {

// Pauses of a train over which it keeps its purpose, so that a viewer shows it as one; in cycles.
constexpr std::int64_t kShortPause = 16;
constexpr std::uint8_t kIdleOpcode = 255;
constexpr std::uint8_t kUnknownOpcode = 254;
constexpr std::size_t kShownLanes = 16;  // superlane 0
constexpr std::size_t kValueLanes = 4;   // of those, decoded as numbers

/// What holds a queue in a cycle. A memory slice may start a read and a write together: both are
/// named then, joined by '+', and `second` is the later one's opcode.
struct QueueState {
  std::string op = "-";
  std::string operands = "-";
  std::uint8_t opcode = kIdleOpcode;
  std::uint8_t second = kIdleOpcode;
  std::string purpose = "-";        // kept over short pauses
  std::int64_t next_dispatch = -1;  // chip cycle; -1 when nothing is due
  int read_address = -1;            // of slices; the base of a Gather
  int write_address = -1;           // the base of a Scatter
};

/// What a stream register holds in a cycle, and the whole value that its byte is part of.
struct RegisterState {
  bool valid = false;
  bool integer = false;  // of four bytes: what drives it makes int32
  std::uint8_t byte = 0;
  std::uint8_t width = 1;
  std::array<std::uint8_t, kShownLanes> bytes{};      // one a lane
  std::array<std::uint8_t, 4 * kValueLanes> value{};  // [lanes, width], little-endian

  bool operator==(const RegisterState&) const = default;
};

/// `1,-2,0.5,3`: the first lanes by the width of a value: int8, fp16, fp32, or int32.
/// A register with a further byte of a value says of which: `byte_1_of_E4`.
std::string value_text(const RegisterState& state, const StreamRegister& reg);

class SignalTimeline {
 public:
  /// Cycles before `first` and after `last` cost nothing.
  SignalTimeline(const lpu::ChipSpec& spec, const TraceSignals& signals, std::int64_t first,
                 std::int64_t last);

  /// Events may come in any order, but not for a cycle already shown.
  /// Errors: InvariantError.
  void issue(lpu::QueueId queue, const hw::IssueEvent& event);
  void drive(lpu::QueueId queue, const hw::StreamEvent& event);
  /// A program begins: nothing in flight is seen after its Notify, and `first_issues` are due, by
  /// queue.
  void begin(const hw::ProgramEvent& event, std::span<const std::int64_t> first_issues);

  /// Shows `cycle`; call for each cycle of the window in turn.
  void show(std::int64_t cycle);
  /// Signals that may differ from the cycle shown before, by index in TraceSignals.
  std::span<const std::uint32_t> touched_queues() const { return touched_queues_; }
  std::span<const std::uint32_t> touched_registers() const { return touched_registers_; }
  const QueueState& queue(std::size_t index) const { return queues_[index].state; }
  /// Instructions that this queue issued in the cycles shown.
  std::int64_t issues(std::size_t index) const { return queues_[index].issues; }
  const RegisterState& reg(std::size_t index) const { return registers_[index].state; }
  /// By index in TraceSignals.
  const PlaneState& plane(std::size_t index) { return planes_.at(plane_ids_[index], shown_); }
  const std::string& program() const { return program_; }
  bool at_barrier() const { return shown_ >= notified_ && shown_ < released_; }

 private:
  struct PendingIssue {
    std::uint32_t queue = 0;
    std::int64_t busy_until = 0;
    QueueState state;
  };
  struct PendingPlane {
    lpu::QueueId queue = 0;
    lpu::Opcode opcode{};
    int row = 0;
    std::string purpose;
  };
  struct PendingValue {
    std::uint32_t reg = 0;
    int hops = 0;  // from its producer: the nearest one wins
    RegisterState state;
  };
  struct Program {
    std::string name;
    std::int64_t notified = -1;
    std::int64_t released = -1;
    std::vector<std::int64_t> first_issues;  // by index in TraceSignals
  };
  struct Pending {
    std::vector<PendingIssue> issues;
    std::vector<PendingPlane> planes;
    std::vector<Program> programs;
    std::vector<std::uint32_t> ends;  // queues that may fall idle
    std::vector<PendingValue> values;
  };
  struct Queue {
    QueueState state;
    std::int64_t issued_at = -1;
    std::int64_t busy_until = 0;
    std::int64_t issues = 0;
  };
  struct Register {
    RegisterState state;
    std::int64_t driven_at = -1;
    int hops = 0;
  };
  struct Tap {
    lpu::Position position = 0;
    std::uint32_t reg = 0;
  };

  Pending& pending(std::int64_t cycle);
  void add_to_plane(lpu::QueueId queue, const hw::IssueEvent& event, lpu::Opcode opcode);
  void start(const Program& program);
  void show_issues(Pending& now, std::int64_t cycle);
  void show_values(const Pending& now, std::int64_t cycle);

  std::int64_t first_;
  std::int64_t last_;
  std::int64_t shown_ = std::numeric_limits<std::int64_t>::min();
  int streams_;
  std::vector<lpu::QueueInfo> infos_;         // by queue id
  std::vector<std::int64_t> index_of_queue_;  // by queue id; -1 is not recorded
  std::vector<bool> makes_integers_;          // by queue id: its last issue does
  std::vector<std::size_t> plane_ids_;        // by index in TraceSignals
  PlaneTimeline planes_;
  std::string program_ = "-";
  std::int64_t notified_ = 0;
  std::int64_t released_ = 0;
  std::vector<std::vector<Tap>> taps_;  // [direction, stream]
  std::vector<Queue> queues_;
  std::vector<Register> registers_;
  std::vector<std::uint32_t> valid_;  // registers that hold a value in the cycle shown
  std::map<std::int64_t, Pending> pending_;
  std::vector<std::uint32_t> touched_queues_;
  std::vector<std::uint32_t> touched_registers_;
};

}  // namespace metronome::waveforms
