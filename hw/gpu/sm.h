// SPDX-License-Identifier: Apache-2.0
// A streaming multiprocessor: sub-cores, the memory stage that they share, and the CTAs that live
// here with their warps, shared memory and barriers.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/gpu/memory_stage.h"
#include "hw/gpu/sub_core.h"

namespace metronome::gpu {

/// Shared memory of one CTA.
class SharedMemory : public ByteMemory {
 public:
  void resize(std::int64_t bytes) { data_.assign(static_cast<std::size_t>(bytes), 0); }
  std::uint8_t* bytes(Address address, std::int64_t count) override;

 private:
  std::vector<std::uint8_t> data_;
};

/// A CTA in a slot of an SM.
struct Cta {
  bool resident = false;
  std::int64_t index = 0;  // in the grid
  int live_warps = 0;      // that have not passed EXIT
  int unretired_warps = 0;
  int at_barrier = 0;
  std::vector<int> warps;  // of the SM
  SharedMemory shared;
  std::array<std::int64_t, kMbarriers> mbarriers{};  // bulk copies arrived
  std::vector<std::vector<Warp*>> joining;           // of each warpgroup: at its next multiply
};

/// Whoever gives an SM its CTAs.
class SmOwner {
 public:
  SmOwner() = default;
  SmOwner(const SmOwner&) = delete;
  SmOwner& operator=(const SmOwner&) = delete;
  virtual ~SmOwner() = default;
  virtual void on_cta_end(int sm, Cycle now) = 0;
  /// Memory has changed, or a CTA has moved on: the machine is not stuck.
  virtual void on_progress(Cycle now) = 0;
  /// Shared memory of the CTA with `rank` in the cluster of CTA `cta`.
  virtual ByteMemory& cluster_memory(std::int64_t cta, std::int64_t rank) = 0;
};

class Sm : public sc_core::sc_module, public Component {
 public:
  Sm(const sc_core::sc_module_name& name, int index, const GpuSpec& spec, Timeline& timeline,
     ByteMemory& global, SmOwner& owner, LatencyHistogram& latencies, Watch& watch);

  void connect(MemorySystem& system) { memory_->connect(system); }
  void reset(const Conditions& conditions, Cycle now);
  /// `kernel` and `launch` must outlive the kernel's run.
  void start_kernel(const DecodedKernel& kernel, const Launch& launch);
  /// CTAs of the kernel that fit here together.
  int capacity() const { return capacity_; }
  bool has_room() const { return resident_ < capacity_; }
  int resident_ctas() const { return resident_; }
  /// Gives the SM CTA `cta`, whose warps begin in `start`. Needs room.
  void take(std::int64_t cta, Cycle start);
  /// Shared memory of grid CTA `cta`, null if it is not here.
  ByteMemory* memory_of(std::int64_t cta);

  // For the sub-cores and the memory stage.
  int index() const { return index_; }
  const std::string& path() const { return path_; }
  Warp& warp(int index) { return warps_[static_cast<std::size_t>(index)]; }
  SubCore& sub_core_of(const Warp& warp) {
    return *sub_cores_[static_cast<std::size_t>(warp.index) % sub_cores_.size()];
  }
  MemoryStage& memory_stage() { return *memory_; }
  const MemoryStage& memory_stage() const { return *memory_; }
  const std::vector<std::unique_ptr<SubCore>>& sub_cores() const { return sub_cores_; }
  const std::vector<Warp>& warps() const { return warps_; }
  const Cta& cta(int slot) const { return ctas_[static_cast<std::size_t>(slot)]; }
  ByteMemory& shared_memory(int slot) { return ctas_[static_cast<std::size_t>(slot)].shared; }
  ByteMemory& remote_memory(const Warp& warp, const Instruction& i);
  void progress(Cycle now) { owner_.on_progress(now); }
  void arrive(Warp& warp, Cycle now);
  bool arrived(const Warp& warp, const Instruction& wait) const {
    return cta(warp.cta).mbarriers[wait.counter] >= wait.count;
  }
  void bulk_arrived(int slot, int mbarrier, Cycle now);
  void join_warpgroup(Warp& warp, const DecodedInstruction& d, Cycle now);
  void accept_accumulators(Warp& warp, Cycle now);
  void end(Warp& warp, Cycle now);
  /// One of the things that still refer to `warp` is over: an ending warp with none left goes.
  void drop_operation(Warp& warp, Cycle now);
  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

 private:
  std::string told_of(std::int64_t cta) const;
  void retire(Warp& warp, Cycle now);
  void release_barrier(Cta& cta, Cycle now);
  void multiply(const std::vector<Warp*>& group, const DecodedInstruction& d, Cycle now);
  int free_warp(int sub_core) const;
  int emptiest_sub_core() const;
  void start_warp(int index, int slot, std::int64_t cta, int warp_in_cta, Cycle start);

  int index_;
  const GpuSpec& spec_;
  Timeline& timeline_;
  SmOwner& owner_;
  Watch& watch_;
  std::string path_;
  hw::TrackId track_;
  std::vector<std::unique_ptr<SubCore>> sub_cores_;
  std::unique_ptr<MemoryStage> memory_;
  std::vector<Warp> warps_;
  std::vector<Cta> ctas_;
  const DecodedKernel* kernel_ = nullptr;
  const Launch* launch_ = nullptr;
  int capacity_ = 0;
  int resident_ = 0;
  std::int64_t arrivals_ = 0;  // of warps
};

/// CTAs of `kernel` that an SM of `spec` holds together.
int ctas_per_sm(const Kernel& kernel, const GpuSpec& spec);

}  // namespace metronome::gpu
