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
#include "waveforms/trace_signals.h"

namespace metronome::waveforms {

constexpr std::uint8_t kIdleOpcode = 255;
constexpr std::uint8_t kUnknownOpcode = 254;
constexpr std::size_t kShownLanes = 16;  // superlane 0

/// What holds a queue in a cycle. A memory slice may start a read and a write together: both are
/// named then, joined by '+', and `second` is the later one's opcode.
struct QueueState {
  std::string op = "-";
  std::string operands = "-";
  std::uint8_t opcode = kIdleOpcode;
  std::uint8_t second = kIdleOpcode;
};

/// What a stream register holds in a cycle.
struct RegisterState {
  bool valid = false;
  std::array<std::uint8_t, kShownLanes> bytes{};  // one a lane
};

class SignalTimeline {
 public:
  /// Cycles before `first` and after `last` cost nothing.
  SignalTimeline(const lpu::ChipSpec& spec, const TraceSignals& signals, std::int64_t first,
                 std::int64_t last);

  /// Events may come in any order, but not for a cycle already shown.
  /// Errors: InvariantError.
  void issue(lpu::QueueId queue, const hw::IssueEvent& event);
  void drive(const hw::StreamEvent& event);
  /// The registers are emptied: nothing in flight is seen after `cycle`.
  void empty_registers(std::int64_t cycle);

  /// Shows `cycle`; call for each cycle of the window in turn.
  void show(std::int64_t cycle);
  /// Signals that may differ from the cycle shown before, by index in TraceSignals.
  std::span<const std::uint32_t> touched_queues() const { return touched_queues_; }
  std::span<const std::uint32_t> touched_registers() const { return touched_registers_; }
  const QueueState& queue(std::size_t index) const { return queues_[index].state; }
  /// Instructions that this queue issued in the cycles shown.
  std::int64_t issues(std::size_t index) const { return queues_[index].issues; }
  const RegisterState& reg(std::size_t index) const { return registers_[index].state; }

 private:
  struct PendingIssue {
    std::uint32_t queue = 0;
    std::int64_t busy_until = 0;
    std::uint8_t opcode = 0;
    std::string op;
    std::string operands;
  };
  struct PendingValue {
    std::uint32_t reg = 0;
    int hops = 0;  // from its producer: the nearest one wins
    std::array<std::uint8_t, kShownLanes> bytes{};
  };
  struct Pending {
    std::vector<PendingIssue> issues;
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
  void show_issues(Pending& now, std::int64_t cycle);
  void show_values(const Pending& now, std::int64_t cycle);

  std::int64_t first_;
  std::int64_t last_;
  std::int64_t shown_ = std::numeric_limits<std::int64_t>::min();
  int streams_;
  std::vector<std::int64_t> index_of_queue_;  // by queue id; -1 is not recorded
  std::vector<std::vector<Tap>> taps_;        // [direction, stream]
  std::vector<Queue> queues_;
  std::vector<Register> registers_;
  std::vector<std::uint32_t> valid_;  // registers that hold a value in the cycle shown
  std::map<std::int64_t, Pending> pending_;
  std::vector<std::uint32_t> touched_queues_;
  std::vector<std::uint32_t> touched_registers_;
};

}  // namespace metronome::waveforms
