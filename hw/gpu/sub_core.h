// SPDX-License-Identifier: Apache-2.0
// A quarter of an SM: warp slots, instruction buffers, one scheduler that issues at most one warp
// instruction a cycle, and the latches of its units. It sleeps while no warp can issue.
// Sources: HU25 for buffers, control bits, register ports and the order of CGGTY.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "hw/gpu/conditions.h"
#include "hw/gpu/timeline.h"
#include "hw/gpu/warp.h"
#include "hw/gpu/watch.h"

namespace metronome::gpu {

class Sm;

class SubCore : public Component {
 public:
  SubCore(Sm& sm, int index, const GpuSpec& spec, Timeline& timeline, Watch& watch);

  void reset(const Conditions& conditions, Cycle now);
  /// From now on `warp` takes part. It must outlive its stay.
  void add(Warp& warp, Cycle start);
  /// Looks again in `when`: something that a warp waited for has come.
  void wake(Cycle when);
  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

  /// Raises `warp`'s counter (none for kNoCounter) as seen from the next but one cycle on.
  static void raise(Warp& warp, std::uint8_t counter, StallReason reason, Cycle now);
  /// Lowers it and wakes the scheduler in `now`.
  void lower(Warp& warp, std::uint8_t counter, Cycle now);
  /// Lowers the counter in `when`, and looks again then.
  void release_operands(const Warp& warp, std::uint8_t counter, Cycle when);
  /// A warpgroup multiply holds the tensor core.
  void hold_unit(Unit unit, Cycle until) { unit_free_[static_cast<std::size_t>(unit)] = until; }
  Cycle unit_free(Unit unit) const { return unit_free_[static_cast<std::size_t>(unit)]; }

  /// Accounts for all cycles before `now`.
  void settle(Cycle now);
  std::int64_t cycles(StallReason reason) const { return spent_[static_cast<std::size_t>(reason)]; }
  const std::vector<Warp*>& warps() const { return warps_; }
  /// Why `warp` does not issue in `now`, in a few words.
  std::string waits_for(const Warp& warp, Cycle now) const;
  std::int64_t issued(Unit unit) const { return issued_[static_cast<std::size_t>(unit)]; }
  int index() const { return index_; }
  const std::string& path() const { return path_; }

  /// Memory instructions in the queue, counted by the memory stage.
  int memory_queue = 0;

 private:
  struct Chance {
    Cycle at = kNever;  // when it might issue, as far as is known
    StallReason reason = StallReason::kNoWarp;
  };
  struct ReuseEntry {
    const Warp* warp = nullptr;
    Register reg = kZeroRegister;
  };

  void step(Cycle now);
  void sleep(StallReason reason, Cycle now);
  void expect(std::uint32_t kind, const Warp& warp, std::uint64_t what, Cycle when);
  Chance chance(const Warp& warp, Cycle now) const;
  Chance wait_chance(const Warp& warp, const Instruction& i, Cycle now) const;
  Chance counter_chance(const Warp& warp, const DecodedInstruction& next, Cycle now) const;
  Warp* pick(Cycle now, Chance& best);
  bool precedes(const Warp& a, const Warp& b) const;
  std::int64_t turn(const Warp& warp) const;
  void issue(Warp& warp, Cycle now);
  void require_ready(const Warp& warp, const DecodedInstruction& d, Cycle now) const;
  Cycle port_bubbles(const Warp& warp, const DecodedInstruction& d);
  void advance(Warp& warp, const DecodedInstruction& d, Cycle now);
  void refill(Warp& warp, Cycle now);
  void flush(Warp& warp, Cycle from);
  void execute_unit(Warp& warp, const DecodedInstruction& d, LaneMask active, Cycle bubbles,
                    Cycle now);
  void control(Warp& warp, const DecodedInstruction& d, LaneMask active, Cycle now);
  void branch(Warp& warp, const DecodedInstruction& d, Cycle now);
  void mark(Warp& warp, RegisterRange range, Cycle ready) const;

  Sm& sm_;
  int index_;
  const GpuSpec& spec_;
  Timeline& timeline_;
  Watch& watch_;
  std::string path_;
  hw::TrackId track_;
  std::vector<Warp*> warps_;  // in the order of their arrival
  Warp* greedy_ = nullptr;    // issued last
  WarpPolicy policy_ = WarpPolicy::kCggty;
  bool buffers_ = true;
  bool ports_ = true;

  Cycle armed_ = kNever;
  Cycle last_issue_ = -1;
  Cycle issue_free_ = 0;  // register ports hold the pipeline until then
  Cycle fetch_free_ = 0;
  std::array<Cycle, kUnits> unit_free_{};
  std::array<std::array<ReuseEntry, 3>, 8> reuse_{};  // [bank][operand]

  Cycle settled_ = 0;
  StallReason asleep_for_ = StallReason::kNoWarp;
  std::array<std::int64_t, kStallReasons> spent_{};
  std::array<std::int64_t, kUnits> issued_{};
};

}  // namespace metronome::gpu
