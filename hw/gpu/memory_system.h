// SPDX-License-Identifier: Apache-2.0
// Memory as the SMs see it: TLB, crossbar, L2 slices and DRAM behind one door. It knows times and
// tags; values live in DeviceMemory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hw/common/counter.h"
#include "hw/gpu/clock.h"
#include "hw/gpu/conditions.h"
#include "hw/gpu/floorplan.h"
#include "hw/gpu/timeline.h"
#include "hw/gpu/watch.h"
#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

enum class Access : std::uint8_t {
  kRead,
  kWrite,   // through to the L2; answered when it has arrived there
  kAtomic,  // at the home slice, one sector
};

/// What one SM asks of one line.
struct LineRequest {
  Address line = 0;          // virtual, first byte of the line
  std::uint8_t sectors = 0;  // bit i: sector i
  Access access = Access::kRead;
  bool strong = false;  // kRead: from the home slice, never from a copy in the near half
  int sm = 0;
  std::uint32_t token = 0;  // the requester's own; comes back with the answer
};

/// An SM, told what became of its requests.
class MemoryClient {
 public:
  MemoryClient() = default;
  MemoryClient(const MemoryClient&) = delete;
  MemoryClient& operator=(const MemoryClient&) = delete;
  virtual ~MemoryClient() = default;
  /// The home slice serves an atomic or a strong read: its value is taken or changed now.
  virtual void on_service(std::uint32_t token, Cycle now) = 0;
  /// All sectors of the request have reached the SM, or a write has reached the L2.
  virtual void on_reply(std::uint32_t token, Cycle now) = 0;
  /// A port that had been full takes requests again.
  virtual void on_port_free(Cycle now) = 0;
};

class MemorySystem {
 public:
  MemorySystem() = default;
  MemorySystem(const MemorySystem&) = delete;
  MemorySystem& operator=(const MemorySystem&) = delete;
  virtual ~MemorySystem() = default;
  /// False while the port of `sm` is full; on_port_free follows.
  virtual bool can_send(int sm, Cycle now) = 0;
  /// `now` may not be before an earlier call's.
  virtual void send(const LineRequest& request, Cycle now) = 0;
  /// All caches and channels as `conditions` say; nothing may be in flight.
  virtual void reset(const Conditions& conditions, const Clock& clock, const Floorplan& floorplan,
                     Cycle now) = 0;
  /// Another kernel's traffic, as the conditions have it, from now on and no longer.
  virtual void start_background(Cycle now) = 0;
  virtual void stop_background() = 0;
  virtual void add_counters(hw::Counters& counters) const = 0;
};

/// `clients` [sm_count]; all references must outlive the system.
/// Errors: those of the SystemC kernel if simulation has begun.
std::unique_ptr<MemorySystem> make_memory_system(const GpuSpec& spec, Timeline& timeline,
                                                 std::vector<MemoryClient*> clients, Watch& watch);

}  // namespace metronome::gpu
