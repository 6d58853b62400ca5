// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/sm.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr std::int64_t kRegisterGrain = 8;  // registers a thread are given out in eights

std::int64_t registers_of(const Kernel& kernel) {
  const std::int64_t a_thread = (kernel.registers + kRegisterGrain - 1) / kRegisterGrain;
  return a_thread * kRegisterGrain * kWarpLanes * kernel.warps();
}

}  // namespace

std::uint8_t* SharedMemory::bytes(Address address, std::int64_t count) {
  if (address + static_cast<Address>(count) > data_.size()) [[unlikely]] {
    throw InvariantError(fmt::format("shared memory: {} bytes at {:#x}, but the CTA has {} bytes",
                                     count, address, data_.size()));
  }
  return data_.data() + address;
}

int ctas_per_sm(const Kernel& kernel, const GpuSpec& spec) {
  std::int64_t most = std::min(spec.ctas_per_sm, spec.warps_per_sm / kernel.warps());
  if (kernel.registers > 0) most = std::min(most, spec.registers_per_sm / registers_of(kernel));
  if (kernel.shared_bytes > 0) most = std::min(most, spec.shared_bytes / kernel.shared_bytes);
  return static_cast<int>(most);
}

Sm::Sm(const sc_core::sc_module_name& name, int index, const GpuSpec& spec, Timeline& timeline,
       ByteMemory& global, SmOwner& owner, LatencyHistogram& latencies, Watch& watch)
    : sc_core::sc_module(name),
      index_(index),
      spec_(spec),
      timeline_(timeline),
      owner_(owner),
      watch_(watch),
      path_(fmt::format("sm_{}", index)),
      track_(watch.track(path_)),
      ctas_(static_cast<std::size_t>(spec.ctas_per_sm)) {
  for (int s = 0; s < spec.sub_cores; ++s) {
    sub_cores_.push_back(std::make_unique<SubCore>(*this, s, spec, timeline, watch));
  }
  memory_ = std::make_unique<MemoryStage>(*this, spec, timeline, global, latencies, watch);
  warps_.resize(static_cast<std::size_t>(spec.warps_per_sm));
  for (int w = 0; w < spec.warps_per_sm; ++w) warp(w).index = w;
}

void Sm::reset(const Conditions& conditions, Cycle now) {
  for (const auto& sub_core : sub_cores_) sub_core->reset(conditions, now);
  memory_->reset(conditions, now);
}

void Sm::start_kernel(const DecodedKernel& kernel, const Launch& launch) {
  check(resident_ == 0, path_, timeline_.now(), "a kernel starts beside another");
  kernel_ = &kernel;
  launch_ = &launch;
  capacity_ = ctas_per_sm(*kernel.kernel, spec_);
  memory_->start_kernel(kernel.kernel->shared_bytes * capacity_);
  const auto registers = static_cast<std::size_t>(kernel.kernel->registers);
  for (Warp& w : warps_) {
    w.registers.resize(registers);
    w.register_ready.resize(registers);
  }
}

int Sm::free_warp(int sub_core) const {
  for (std::size_t w = static_cast<std::size_t>(sub_core); w < warps_.size();
       w += sub_cores_.size()) {
    if (warps_[w].state == WarpState::kAbsent) return static_cast<int>(w);
  }
  return -1;
}

int Sm::emptiest_sub_core() const {
  std::vector<int> absent(sub_cores_.size());
  for (std::size_t w = 0; w < warps_.size(); ++w) {
    absent[w % absent.size()] += warps_[w].state == WarpState::kAbsent ? 1 : 0;
  }
  return static_cast<int>(std::max_element(absent.begin(), absent.end()) - absent.begin());
}

void Sm::take(std::int64_t cta, Cycle start) {
  const auto slot = static_cast<std::size_t>(
      std::find_if(ctas_.begin(), ctas_.end(), [](const Cta& c) { return !c.resident; }) -
      ctas_.begin());
  const Kernel& kernel = *kernel_->kernel;
  Cta& c = ctas_[slot];
  c.resident = true;
  c.index = cta;
  c.live_warps = c.unretired_warps = kernel.warps();
  c.at_barrier = 0;
  c.warps.clear();
  c.mbarriers.fill(0);
  c.joining.assign(static_cast<std::size_t>((kernel.warps() + 3) / 4), {});
  c.shared.resize(kernel.shared_bytes);
  ++resident_;
  const int first = emptiest_sub_core();
  for (int w = 0; w < kernel.warps(); ++w) {
    int at = -1;
    for (std::size_t s = 0; at < 0 && s < sub_cores_.size(); ++s) {
      at = free_warp(
          static_cast<int>((static_cast<std::size_t>(first + w) + s) % sub_cores_.size()));
    }
    c.warps.push_back(at);
    start_warp(at, static_cast<int>(slot), cta, w, start);
  }
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell_level(track_, timeline_.now(), "sm.resident_ctas", resident_);
    watch_.tell(track_, start, 1, "sm.ctas", told_of(cta));
  }
}

std::string Sm::told_of(std::int64_t cta) const {
  return fmt::format("CTA {} of {}", cta, launch_->name);
}

void Sm::start_warp(int index, int slot, std::int64_t cta, int warp_in_cta, Cycle start) {
  Warp& w = warp(index);
  w.state = WarpState::kRunning;
  w.cta = slot;
  w.age = arrivals_++;
  w.kernel = kernel_;
  w.pc = 0;
  w.yielded_at = -1;
  w.counters.fill(0);
  w.pending = w.unseen = 0;
  w.buffer_head = 0;
  w.copies_open = 0;
  w.copy_groups.clear();
  w.copy_groups_done = 0;
  w.tensor_unfinished = 0;
  w.tensor_results.clear();
  for (LaneWords& r : w.registers) r.fill(0);
  std::fill(w.register_ready.begin(), w.register_ready.end(), 0);
  w.predicate_ready.fill(0);
  w.values = {};
  w.values.registers = w.registers.data();
  w.values.predicates[kTruePredicate] = ~LaneMask{0};
  const int lanes = std::min(kWarpLanes, kernel_->kernel->threads - warp_in_cta * kWarpLanes);
  w.values.lanes = lanes == kWarpLanes ? ~LaneMask{0} : (LaneMask{1} << lanes) - 1;
  w.values.parameters = launch_->parameters.data();
  w.values.warp_in_cta = static_cast<std::uint32_t>(warp_in_cta);
  w.values.cta = static_cast<std::uint32_t>(cta);
  w.values.ctas = static_cast<std::uint32_t>(launch_->ctas);
  w.values.cluster_rank = static_cast<std::uint32_t>(cta % launch_->cluster);
  w.values.sm = static_cast<std::uint32_t>(index_);
  sub_core_of(w).add(w, start);
}

ByteMemory* Sm::memory_of(std::int64_t cta) {
  for (Cta& c : ctas_) {
    if (c.resident && c.index == cta) return &c.shared;
  }
  return nullptr;
}

ByteMemory& Sm::remote_memory(const Warp& warp, const Instruction& i) {
  const std::int64_t rank = i.b_source == Source::kRegister && i.b != kZeroRegister
                                ? warp.values.registers[i.b][0]
                                : i.immediate;
  return owner_.cluster_memory(cta(warp.cta).index, rank);
}

void Sm::release_barrier(Cta& c, Cycle now) {
  if (c.at_barrier == 0 || c.at_barrier < c.live_warps) return;
  c.at_barrier = 0;
  const Cycle start = now + spec_.barrier_cycles;
  for (int index : c.warps) {
    Warp& w = warp(index);
    if (w.state != WarpState::kAtBarrier) continue;
    w.state = WarpState::kRunning;
    w.ready_at = std::max(w.ready_at, start);
    w.ready_reason = StallReason::kBarrier;
    sub_core_of(w).wake(w.ready_at);
  }
  owner_.on_progress(now);
}

void Sm::arrive(Warp& w, Cycle now) {
  w.state = WarpState::kAtBarrier;
  Cta& c = ctas_[static_cast<std::size_t>(w.cta)];
  ++c.at_barrier;
  release_barrier(c, now);
}

void Sm::bulk_arrived(int slot, int mbarrier, Cycle now) {
  Cta& c = ctas_[static_cast<std::size_t>(slot)];
  ++c.mbarriers[static_cast<std::size_t>(mbarrier)];
  for (int index : c.warps) sub_core_of(warp(index)).wake(now);
}

/// The fourth warp to arrive starts the multiply, as soon as all four tensor cores are free.
void Sm::join_warpgroup(Warp& w, const DecodedInstruction& d, Cycle now) {
  Cta& c = ctas_[static_cast<std::size_t>(w.cta)];
  std::vector<Warp*>& group = c.joining[w.values.warp_in_cta / 4];
  ++w.tensor_unfinished;
  w.tensor_results.push_back(d.operands.written);
  for (int r = d.operands.written.first; r < d.operands.written.first + d.operands.written.count;
       ++r) {
    w.register_ready[static_cast<std::size_t>(r)] = kNever;
  }
  group.push_back(&w);
  if (group.size() < 4) return;
  const std::vector<Warp*> warps = group;
  group.clear();
  multiply(warps, d, now);
}

void Sm::multiply(const std::vector<Warp*>& group, const DecodedInstruction& d, Cycle now) {
  std::array<WarpValues*, 4> values{};
  Cycle start = now;
  for (Warp* w : group) {
    values[w->values.warp_in_cta % 4] = &w->values;
    if (w != group.back()) {
      start = std::max(start, sub_core_of(*w).unit_free(Unit::kTensor) - d.interval);
    }
  }
  const Instruction& i = d.instruction;
  const Warp& first = *group.front();
  const auto address = [&](Register reg) {
    return static_cast<Address>(reg == kZeroRegister ? 0 : first.values.registers[reg][0]);
  };
  SharedMemory& shared = ctas_[static_cast<std::size_t>(first.cta)].shared;
  constexpr std::int64_t kRowBytes = 32;  // 16 values of fp16
  execute_warpgroup(i, values, shared.bytes(address(i.a), 64 * kRowBytes),
                    shared.bytes(address(i.b), i.count * kRowBytes));
  for (Warp* w : group) {
    sub_core_of(*w).hold_unit(Unit::kTensor, start + d.interval);
    timeline_.schedule(start + d.latency, *this, 0, static_cast<std::uint32_t>(w->index));
  }
}

void Sm::on_event(std::uint32_t /*kind*/, std::uint32_t a, std::uint64_t /*b*/, Cycle now) {
  Warp& w = warp(static_cast<int>(a));
  --w.tensor_unfinished;
  sub_core_of(w).wake(now);
}

/// WARPGROUP.DEPBAR has let the warp go: what is finished may be read.
void Sm::accept_accumulators(Warp& w, Cycle now) {
  const auto unfinished = static_cast<std::size_t>(w.tensor_unfinished);
  const auto finished = w.tensor_results.size() - unfinished;
  const auto still_written = [&](int reg) {
    return std::any_of(w.tensor_results.begin() + static_cast<std::ptrdiff_t>(finished),
                       w.tensor_results.end(), [reg](const RegisterRange& range) {
                         return reg >= range.first && reg < range.first + range.count;
                       });
  };
  for (std::size_t n = 0; n < finished; ++n) {
    const RegisterRange range = w.tensor_results[n];
    for (int r = range.first; r < range.first + range.count; ++r) {
      if (!still_written(r)) w.register_ready[static_cast<std::size_t>(r)] = now;
    }
  }
  w.tensor_results.erase(w.tensor_results.begin(),
                         w.tensor_results.begin() + static_cast<std::ptrdiff_t>(finished));
}

void Sm::end(Warp& w, Cycle now) {
  Cta& c = ctas_[static_cast<std::size_t>(w.cta)];
  --c.live_warps;
  release_barrier(c, now);
  w.state = WarpState::kEnding;
  if (w.operations == 0) retire(w, now);
}

void Sm::drop_operation(Warp& w, Cycle now) {
  if (--w.operations == 0 && w.state == WarpState::kEnding) retire(w, now);
}

void Sm::retire(Warp& w, Cycle now) {
  Cta& c = ctas_[static_cast<std::size_t>(w.cta)];
  w.state = WarpState::kAbsent;
  if (--c.unretired_warps > 0) return;
  c.resident = false;
  --resident_;
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, now, 1, "sm.ctas.ended", told_of(c.index));
    watch_.tell_level(track_, now, "sm.resident_ctas", resident_);
  }
  owner_.on_cta_end(index_, now);
}

}  // namespace metronome::gpu
