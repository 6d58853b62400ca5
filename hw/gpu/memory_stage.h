// SPDX-License-Identifier: Apache-2.0
// The memory stage of an SM: each sub-core's address generation, the stage that the sub-cores
// share, shared memory, and the way back to the registers.
//
// Values are read and written when an instruction issues, in program order; atomics and strong
// loads when the home slice of the L2 serves them; background copies when they complete. Registers
// count as unwritten until the time at which the hardware would write them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "hw/gpu/copy_engine.h"
#include "hw/gpu/l1_cache.h"
#include "hw/gpu/lane_memory.h"
#include "hw/gpu/latency_histogram.h"
#include "hw/gpu/timeline.h"
#include "hw/gpu/warp.h"

namespace metronome::gpu {

class Sm;
class SubCore;

class MemoryStage : public Component, public L1Listener {
 public:
  /// `latencies` takes the time from issue to registers of each global load.
  MemoryStage(Sm& sm, const GpuSpec& spec, Timeline& timeline, ByteMemory& global,
              LatencyHistogram& latencies, Watch& watch);

  void connect(MemorySystem& system) { l1_.connect(system); }
  void reset(const Conditions& conditions, Cycle now);
  void start_kernel(std::int64_t shared_bytes) { l1_.start_kernel(shared_bytes); }

  bool has_room(const SubCore& sub_core) const;
  void issue(SubCore& from, Warp& warp, const DecodedInstruction& d, LaneMask active, Cycle now);
  /// Background copies of groups that are complete stop being waited for, oldest group first.
  static void drop_finished_groups(Warp& warp);
  /// Nothing is on its way, stores included.
  bool idle() const { return operations_in_use_ == 0 && l1_.idle() && bulk_.idle(); }

  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;
  void on_value(Waiter waiter, const LinePart& part, Cycle now) override;
  void on_part(Waiter waiter, Cycle now) override;
  void on_room(Cycle now) override;

  struct Counts {
    std::int64_t instructions = 0;
    std::int64_t shared_accesses = 0;
    std::int64_t shared_passes = 0;
    std::int64_t bank_conflicts = 0;  // passes beyond those of a perfect pattern
  };
  const Counts& counts() const { return counts_; }
  const L1Cache& l1() const { return l1_; }
  L1Cache& l1() { return l1_; }

 private:
  /// One instruction on its way through the stage.
  struct Operation {
    SubCore* sub_core = nullptr;
    Warp* warp = nullptr;
    const DecodedInstruction* d = nullptr;
    Cycle issued = 0;
    LaneAddresses global;
    LaneAddresses shared;
    LaneWords addends{};  // of an atomic
    Lines lines;
    int passes = 1;
    int next_line = 0;            // the first not yet asked for
    int remaining = 0;            // lines asked for that have not come
    bool started = false;         // has its place in the table of pending requests
    std::int64_t copy_group = 0;  // of the warp's background copies, counted from its start
  };

  void find_addresses(Operation& op, LaneMask active) const;
  void perform_at_issue(Operation& op, Cycle now);
  void issue_ideal(Operation& op, Cycle now);
  void issue_bulk(Operation& op, Cycle now);
  void raise_counters(const Operation& op, Cycle now);
  void serve(Cycle now);
  bool accept(int id, Cycle now);
  bool start(int id, Cycle now);
  bool ask_for_lines(int id, Cycle now);
  L1Cache::Answer ask(const Operation& op, int id, const LinePart& part, Cycle now);
  void finish(int id, Cycle data_ready);
  void write_back(int id, Cycle now);
  void end_copy(Operation& op);
  LaneMask lanes_in(const Operation& op, const LinePart& part) const;
  ByteMemory& shared_of(const Operation& op) const;

  int new_operation();
  void free_operation(int id);
  Operation& operation(int id) { return operations_[static_cast<std::size_t>(id)]; }

  Sm& sm_;
  const GpuSpec& spec_;
  Timeline& timeline_;
  ByteMemory& global_;
  LatencyHistogram& latencies_;
  Watch& watch_;
  hw::TrackId track_;
  Cycle front_cycles_;  // issue to the shared stage
  L1Cache l1_;
  CopyEngine bulk_;
  bool ideal_ = false;
  bool queue_limit_ = true;
  bool conflicts_ = true;
  bool limits_ = true;

  std::vector<Operation> operations_;
  std::vector<int> free_;
  int operations_in_use_ = 0;
  int pending_ = 0;        // loads, copies and atomics in flight
  std::deque<int> queue_;  // at the shared stage
  Cycle stage_free_ = 0;
  bool serve_due_ = false;
  bool blocked_ = false;
  std::array<Cycle, 4> address_free_{};  // by sub-core
  std::array<Cycle, 4> return_free_{};
  Counts counts_;
};

}  // namespace metronome::gpu
