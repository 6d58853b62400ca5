// SPDX-License-Identifier: Apache-2.0
// A pseudo-channel of HBM with its controller: banks with open rows, FR-FCFS with an age cap, the
// data bus with its turnarounds, refresh. Bursts are given their places on the bus some way ahead,
// so that rows open while earlier data still flow. Times are real time, not SM cycles.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

#include "hw/gpu/clock.h"
#include "hw/gpu/timeline.h"
#include "hw/gpu/watch.h"

namespace metronome::gpu {

struct DramRequest {
  std::uint32_t token = 0;
  int bank = 0;
  std::uint64_t row = 0;
  int bursts = 0;
  bool write = false;
};

/// Told when all data of a request have passed the bus, some way ahead of that time.
class DramListener {
 public:
  DramListener() = default;
  DramListener(const DramListener&) = delete;
  DramListener& operator=(const DramListener&) = delete;
  virtual ~DramListener() = default;
  virtual void on_data(std::uint32_t token, Picoseconds time, Cycle now) = 0;
};

class DramChannel : public sc_core::sc_module, public Component {
 public:
  DramChannel(const sc_core::sc_module_name& name, int index, const GpuSpec& spec,
              Timeline& timeline, DramListener& listener, Watch& watch);

  void reset(const Conditions& conditions, const Clock& clock, Cycle now);
  void add(const DramRequest& request, Cycle now);
  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

  struct Counts {
    std::int64_t reads = 0;  // bursts
    std::int64_t writes = 0;
    std::int64_t row_hits = 0;  // bursts
    std::int64_t row_opens = 0;
    std::int64_t row_conflicts = 0;
    std::int64_t refreshes = 0;
    std::int64_t turnarounds = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr std::uint64_t kClosed = ~std::uint64_t{0};
  struct Bank {
    std::uint64_t row = kClosed;
    Picoseconds act_ready = 0;  // earliest activate, if closed
    Picoseconds pre_ready = 0;  // earliest precharge, if open
    Picoseconds cas_ready = 0;  // earliest access, if open
    Picoseconds refresh = 0;    // next
    bool fresh = false;         // its row has been opened for an access still to come
  };
  struct Pending {
    DramRequest request;
    Picoseconds arrival = 0;
  };
  struct Burst {
    Picoseconds act = -1;  // -1: the row is open
    Picoseconds data = 0;
    bool conflict = false;
  };

  void commit(Cycle now);
  void wake(Cycle now, Picoseconds when);
  std::vector<Pending>& side(Picoseconds now);
  std::size_t pick(const std::vector<Pending>& queue, Picoseconds now) const;
  void refresh_until(Bank& bank, Picoseconds now);
  Burst plan(const DramRequest& request, Picoseconds now) const;
  Picoseconds bus_ready(bool write) const;
  void activate(const DramRequest& request, const Burst& burst);
  void open_rows(const std::vector<Pending>& queue, Picoseconds now);
  void prepare(const std::vector<Pending>& queue, Picoseconds now);
  void place(const DramRequest& request, const Burst& burst);
  void tell_burst(const DramRequest& request, const Burst& burst, Cycle now) const;
  void tell(const DramRequest& request, const Burst& burst, Cycle cycle) const;
  void tell_queue(Cycle now) const;
  std::size_t group(int bank) const {
    return static_cast<std::size_t>(bank) % static_cast<std::size_t>(spec_.bank_groups);
  }

  int index_;
  const GpuSpec& spec_;
  Timeline& timeline_;
  DramListener& listener_;
  Watch& watch_;
  hw::TrackId track_;
  const Clock* clock_ = nullptr;
  Picoseconds lookahead_;
  bool rows_ = true;
  bool refreshes_ = true;
  bool turns_ = true;
  bool reorders_ = true;

  std::vector<Bank> banks_;
  std::vector<Picoseconds> group_cas_;  // last, by bank group
  std::array<Picoseconds, 4> activates_{};
  std::size_t next_activate_ = 0;
  Picoseconds last_activate_ = 0;
  Picoseconds last_cas_ = 0;
  Picoseconds bus_free_ = 0;
  Picoseconds write_end_ = 0;
  bool last_write_ = false;
  bool draining_ = false;       // writes have their turn
  std::vector<Pending> reads_;  // in order of arrival
  std::vector<Pending> writes_;
  Cycle armed_ = -1;
  Counts counts_;
};

}  // namespace metronome::gpu
