// SPDX-License-Identifier: Apache-2.0
// An instruction queue: in order, no interlocks. It sleeps until its next dispatch; NOP and Repeat
// are arithmetic on time, so an idle queue costs nothing. One unit of simulated time is one cycle.
#pragma once

#include <array>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <systemc>

#include "hw/common/observer.h"
#include "hw/lpu/mem.h"
#include "hw/lpu/prepared_program.h"
#include "hw/lpu/unit.h"

namespace metronome::lpu {

class Mxm;

/// The chip-wide barrier and what the queues of a chip share.
struct Barrier {
  sc_core::sc_event release;
  Cycle released_at = 0;  // chip time at which queues left Sync
  Cycle last_effect = 0;  // chip time of the latest completion so far
  std::exception_ptr failure;
  Cycle failed_at = 0;
  QueueId failed_by = -1;
  hw::Observer* observer = nullptr;

  /// Of the failures of the first cycle that has any, the one of the first queue is kept: what is
  /// reported does not depend on the order in which processes run.
  void fail(QueueId by, Cycle cycle) {
    if (failure && (failed_at < cycle || failed_by < by)) return;
    failure = std::current_exception();
    failed_at = cycle;
    failed_by = by;
  }

  /// The event that wakes every queue due in `when`, within kWheel cycles from `now`: queues that
  /// are due together share one timed notification.
  sc_core::sc_event& due(Cycle when, Cycle now) {
    const auto at = static_cast<std::size_t>(when) % kWheel;
    if (armed[at] != when) {
      armed[at] = when;
      wheel[at].notify(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(when - now)));
    }
    return wheel[at];
  }
  static constexpr std::size_t kWheel = 512;
  std::array<sc_core::sc_event, kWheel> wheel;
  std::array<Cycle, kWheel> armed{};

  static Cycle now() { return static_cast<Cycle>(sc_core::sc_time_stamp().value()); }
};

/// By their queues' ids.
using Slices = std::vector<std::unique_ptr<MemSlice>>;

class InstructionQueue : public sc_core::sc_module {
 public:
  InstructionQueue(const sc_core::sc_module_name& name, QueueId id, const ChipSpec& spec,
                   FunctionalUnit* unit, Mxm* mxm, const Slices& slices, StreamFabric& fabric,
                   Barrier& barrier);

  /// The instructions to run at the next release, and the program they are of; none park the
  /// queue.
  void load(std::span<const QueueStep> steps, const PreparedProgram* prepared) {
    steps_ = steps;
    prepared_ = prepared;
  }

  /// Reads that this run can do without.
  void count_needless(std::int64_t reads) {
    issued_ += reads;
    busy_cycles_ += reads * info(Opcode::kRead).busy_cycles;
  }

  std::int64_t issued() const { return issued_; }
  std::int64_t busy_cycles() const { return busy_cycles_; }
  std::int64_t fetched_bytes() const { return fetched_bytes_; }

 private:
  void step();
  void issue(const QueueStep& current, Cycle now);
  void control(const Instruction& i, Cycle now);
  void require_free(const QueueStep& next, Cycle when) const;
  Cycle next_cycle() const;
  void issue_due(Cycle now);
  void pass_on(int issues);
  void fetch_ahead() const;
  void issue_reads(const QueueStep& current, Cycle now, Cycle limit);
  void issue_loads(const QueueStep& current, Cycle now);
  void hold(const OpcodeInfo& op, Cycle now);
  void hold(const OpcodeInfo& op, const IssueTrain& train);
  void report(const QueueStep& current, const OpcodeInfo& op, Cycle now) const;
  void park();
  std::string path() const;  // for error texts only

  QueueId id_;
  const ChipSpec& spec_;
  FunctionalUnit* unit_;  // null for queues without a unit in this build
  Mxm* mxm_;              // set for weight queues: loads need the repeat's number
  const Slices& slices_;  // from which direct loads take their rows
  StreamFabric& fabric_;
  Barrier& barrier_;
  Position position_;
  int powered_superlanes_;
  std::span<const QueueStep> steps_;
  const PreparedProgram* prepared_ = nullptr;
  bool running_ = false;
  std::size_t at_ = 0;
  int repeat_ = 0;
  Cycle last_issue_ = -1;  // chip time
  Cycle free_at_ = 0;      // when the last instruction lets go of the unit
  std::int64_t issued_ = 0;
  std::int64_t busy_cycles_ = 0;
  std::int64_t fetched_bytes_ = 0;
};

}  // namespace metronome::lpu
