// SPDX-License-Identifier: Apache-2.0
// A GPU: SMs, the memory system and the dispatcher of a GpuSpec, wired. One SystemC elaboration
// serves any number of runs under any conditions, one after the other.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <systemc>
#include <vector>

#include "hw/common/counter.h"
#include "hw/gpu/device_memory.h"
#include "hw/gpu/dispatcher.h"
#include "hw/gpu/memory_system.h"
#include "hw/gpu/sm.h"

namespace metronome::gpu {

/// What launches run one after the other took.
struct RunTiming {
  Cycle begin = 0;
  Cycle end = 0;
  std::vector<LaunchTiming> launches;
  Cycle cycles() const { return end - begin; }
};

class Gpu : public sc_core::sc_module {
 public:
  /// `memory_bytes`: what the host sets aside of the device's memory.
  /// Errors: UserError if `spec` contradicts itself.
  Gpu(const sc_core::sc_module_name& name, const GpuSpec& spec, std::int64_t memory_bytes);
  ~Gpu() override;

  const GpuSpec& spec() const { return spec_; }
  DeviceMemory& memory() { return memory_; }
  /// Forgets caches, rows and counters, and starts again under `conditions`.
  void reset(const Conditions& conditions);
  /// Runs `launches` in order, each after the one before it has ended.
  /// Errors: UserError for a launch the GPU cannot run; InvariantError, which names unit and cycle,
  /// for a broken program; for a stuck one it names warps, instructions and what they wait for.
  /// After an InvariantError the GPU cannot be used again.
  RunTiming run(std::span<const Launch> launches, LaunchMode mode);
  /// An SM that has work in every kernel without clusters: it gets the first CTA. Differs with the
  /// conditions.
  int first_sm() const { return dispatcher_.first_sm(); }
  void observe(hw::Observer* observer) { watch_.observe(observer); }

  hw::Counters counters() const;
  /// By StallReason, over all sub-cores; their sum is sub-cores times the cycles run.
  std::array<std::int64_t, kStallReasons> slot_cycles() const;
  std::int64_t instructions_issued() const;
  /// Of global loads, from issue to registers, since the last reset.
  const LatencyHistogram& load_latencies() const { return latencies_; }
  std::int64_t events_handled() const { return timeline_.events_handled(); }
  Cycle now() const { return timeline_.now(); }
  double seconds(Cycle from, Cycle to) const;

 private:
  void settle();
  std::string stuck_report() const;
  std::string told_of(const Sm& sm, const SubCore& sub_core, const Warp& warp) const;
  void add_sm_counters(hw::Counters& counters) const;

  class GlobalMemory : public ByteMemory {
   public:
    explicit GlobalMemory(DeviceMemory& memory) : memory_(memory) {}
    std::uint8_t* bytes(Address address, std::int64_t count) override {
      return memory_.at(address, count);
    }

   private:
    DeviceMemory& memory_;
  };

  GpuSpec spec_;
  DeviceMemory memory_;
  GlobalMemory global_;
  Watch watch_;
  hw::TrackId track_;
  Timeline timeline_;
  LatencyHistogram latencies_;
  Dispatcher dispatcher_;
  std::vector<std::unique_ptr<Sm>> sms_;
  std::unique_ptr<MemorySystem> memory_system_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Floorplan> floorplan_;
  Conditions conditions_;
  Cycle cycles_run_ = 0;
  bool stopped_ = false;  // by an error: warps and requests are still in flight
};

}  // namespace metronome::gpu
