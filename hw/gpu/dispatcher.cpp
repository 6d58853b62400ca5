// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/dispatcher.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

enum EventKind : std::uint32_t { kStart, kDispatch };

constexpr Picoseconds kPerNanosecond = 1000;
constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::uint64_t kMostSkewCycles = 8;  // between SMs that are given a CTA at once, assumed

std::string told_of(const Launch& launch) {
  return fmt::format("{} {} CTAs", launch.name, launch.ctas);
}

}  // namespace

Dispatcher::Dispatcher(const GpuSpec& spec, Timeline& timeline, Watch& watch)
    : spec_(spec), timeline_(timeline), watch_(watch), track_(watch.track("dispatcher")) {}

void Dispatcher::reset(const Conditions& conditions, const Clock& clock,
                       const Floorplan& floorplan) {
  clock_ = &clock;
  floorplan_ = &floorplan;
  armed_ = -1;
  running_ = false;
  host_ = Random(conditions.seed(Cause::kHost));
  gaps_ = conditions.on(Mechanism::kLaunchGaps);
  costs_ = conditions.on(Mechanism::kDispatchCost);
  Random random(conditions.seed(Cause::kDispatch));
  // One SM of each GPC after the other, then the next of each.
  std::vector<std::vector<int>> gpcs(static_cast<std::size_t>(spec_.gpcs()));
  for (int sm = 0; sm < spec_.sm_count; ++sm) {
    gpcs[static_cast<std::size_t>(floorplan.gpc_of(sm))].push_back(sm);
  }
  order_.clear();
  for (std::size_t row = 0; order_.size() < static_cast<std::size_t>(spec_.sm_count); ++row) {
    for (const std::vector<int>& gpc : gpcs) {
      if (row < gpc.size()) order_.push_back(gpc[row]);
    }
  }
  first_turn_ = static_cast<std::size_t>(random.below(order_.size()));
  skew_.clear();
  for (std::size_t sm = 0; sm < order_.size(); ++sm) {
    skew_.push_back(costs_ ? static_cast<Cycle>(random.below(kMostSkewCycles)) : 0);
  }
}

void Dispatcher::require_runnable(const Launch& launch) const {
  const auto refuse = [&](const std::string& what) {
    throw UserError(fmt::format("{}: kernel {}: {}", launch.name, launch.kernel->name, what));
  };
  if (launch.ctas < 1) refuse(fmt::format("ctas: found {}, at least 1", launch.ctas));
  if (launch.cluster < 1 || launch.ctas % launch.cluster != 0) {
    refuse(fmt::format("cluster: found {}, must divide the {} CTAs", launch.cluster, launch.ctas));
  }
  const std::int64_t gpc = std::min(spec_.sms_per_gpc, spec_.sm_count);
  if (launch.cluster > gpc) {
    refuse(fmt::format("cluster: found {}, a GPC has {} SMs", launch.cluster, gpc));
  }
  if (static_cast<int>(launch.parameters.size()) < launch.kernel->parameters) {
    refuse(fmt::format("parameters: found {}, the kernel reads {}", launch.parameters.size(),
                       launch.kernel->parameters));
  }
}

const DecodedKernel& Dispatcher::decoded(const Kernel& kernel) {
  auto& entry = decoded_[&kernel];
  if (!entry) entry = std::make_unique<DecodedKernel>(decode(kernel, spec_));
  return *entry;
}

void Dispatcher::begin(std::span<const Launch> launches, LaunchMode mode, Cycle now) {
  decoded_.clear();
  for (const Launch& launch : launches) {
    decoded(*launch.kernel);
    require_runnable(launch);
  }
  launches_ = launches;
  mode_ = mode;
  current_ = 0;
  timings_.clear();
  last_progress_ = now;
  if (!done()) ask(now);
}

/// The next kernel is launched; its first CTA can go a launch gap later.
void Dispatcher::ask(Cycle now) {
  const Launch& launch = launches_[current_];
  LaunchTiming timing;
  timing.name = launch.name;
  timing.ctas = launch.ctas;
  timing.asked = now;
  Picoseconds wait = 0;
  if (gaps_) {
    const bool eager = mode_ == LaunchMode::kStream;
    wait = (eager ? spec_.stream_gap_ns : spec_.graph_gap_ns) * kPerNanosecond;
    if (eager && host_.below(kMillion) < static_cast<std::uint64_t>(spec_.jitter_per_million)) {
      const auto range =
          static_cast<std::uint64_t>(spec_.jitter_most_ns - spec_.jitter_least_ns + 1);
      const Picoseconds late =
          (spec_.jitter_least_ns + static_cast<std::int64_t>(host_.below(range))) * kPerNanosecond;
      timing.jitter = clock_->after(now, late) - now;
      wait += late;
    }
  }
  timings_.push_back(timing);
  timeline_.schedule(clock_->after(now, wait), *this, kStart);
}

void Dispatcher::on_event(std::uint32_t kind, std::uint32_t /*a*/, std::uint64_t /*b*/, Cycle now) {
  if (kind == kStart) return start_kernel(now);
  if (armed_ != now) return;
  armed_ = -1;
  if (running_) dispatch(now);
}

void Dispatcher::wake(Cycle when) {
  if (armed_ >= 0 && armed_ <= when) return;
  armed_ = when;
  timeline_.schedule(when, *this, kDispatch);
}

void Dispatcher::start_kernel(Cycle now) {
  const Launch& launch = launches_[current_];
  const DecodedKernel& kernel = decoded(*launch.kernel);
  std::int64_t capacity = 0;
  for (Sm* sm : sms_) {
    sm->start_kernel(kernel, launch);
    capacity += sm->capacity();
  }
  running_ = true;
  next_cta_ = live_ctas_ = 0;
  turn_ = first_turn_;
  dispatch_free_ = now;
  last_progress_ = now;
  LaunchTiming& timing = timings_.back();
  timing.start = now;
  timing.waves = static_cast<double>(launch.ctas) / static_cast<double>(capacity);
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, now, 1, "launches", told_of(launch));
    watch_.tell_level(track_, now, "launches.running", 1);
  }
  dispatch(now);
}

/// Place in the order of the next SM in turn that takes a CTA, -1 if there is none.
int Dispatcher::find_sm() const {
  for (std::size_t n = 0; n < order_.size(); ++n) {
    const std::size_t at = (turn_ + n) % order_.size();
    if (sms_[static_cast<std::size_t>(order_[at])]->has_room()) return static_cast<int>(at);
  }
  return -1;
}

Cycle Dispatcher::start_of(int sm, Cycle now) const {
  return costs_ ? now + spec_.cta_start_cycles + skew_[static_cast<std::size_t>(sm)] : now;
}

/// A cluster's CTAs start together on SMs of one GPC.
bool Dispatcher::place_cluster(Cycle now) {
  const int cluster = launches_[current_].cluster;
  if (cluster == 1) {
    const int at = find_sm();
    if (at < 0) return false;
    const int sm = order_[static_cast<std::size_t>(at)];
    turn_ = static_cast<std::size_t>(at + 1) % order_.size();
    ++live_ctas_;
    sms_[static_cast<std::size_t>(sm)]->take(next_cta_++, start_of(sm, now));
    return true;
  }
  for (std::int64_t gpc = 0; gpc < spec_.gpcs(); ++gpc) {
    std::vector<int> chosen;
    for (int sm : order_) {
      if (floorplan_->gpc_of(sm) == gpc && sms_[static_cast<std::size_t>(sm)]->has_room()) {
        chosen.push_back(sm);
      }
    }
    if (static_cast<int>(chosen.size()) < cluster) continue;
    for (int c = 0; c < cluster; ++c) {
      const int sm = chosen[static_cast<std::size_t>(c)];
      ++live_ctas_;
      sms_[static_cast<std::size_t>(sm)]->take(next_cta_++, start_of(sm, now));
    }
    return true;
  }
  return false;
}

void Dispatcher::dispatch(Cycle now) {
  const std::int64_t ctas = launches_[current_].ctas;
  if (now < dispatch_free_) return wake(dispatch_free_);
  while (next_cta_ < ctas && place_cluster(now)) {
    if (!costs_) continue;
    dispatch_free_ = now + spec_.cta_dispatch_cycles;
    if (next_cta_ < ctas) wake(dispatch_free_);
    break;
  }
  note_tail(now);
}

void Dispatcher::note_tail(Cycle now) {
  LaunchTiming& timing = timings_.back();
  if (timing.tail != 0 || next_cta_ < launches_[current_].ctas) return;
  const bool someone_done =
      std::any_of(sms_.begin(), sms_.end(), [](const Sm* sm) { return sm->resident_ctas() == 0; });
  if (someone_done) timing.tail = now;
}

void Dispatcher::on_cta_end(int /*sm*/, Cycle now) {
  --live_ctas_;
  last_progress_ = now;
  if (next_cta_ < launches_[current_].ctas) {
    wake(std::max(now, dispatch_free_));
  } else {
    note_tail(now);
  }
  end_if_drained(now);
}

void Dispatcher::on_progress(Cycle now) {
  last_progress_ = now;
  if (running_ && live_ctas_ == 0) end_if_drained(now);
}

void Dispatcher::end_if_drained(Cycle now) {
  if (!running_ || live_ctas_ > 0 || next_cta_ < launches_[current_].ctas) return;
  const bool idle =
      std::all_of(sms_.begin(), sms_.end(), [](const Sm* sm) { return sm->memory_stage().idle(); });
  if (!idle) return;
  running_ = false;
  LaunchTiming& timing = timings_.back();
  timing.end = now;
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, now, 1, "launches.ended", told_of(launches_[current_]));
    watch_.tell_level(track_, now, "launches.running", 0);
  }
  if (timing.tail == 0) timing.tail = now;
  ++current_;
  if (!done()) ask(now);
}

ByteMemory& Dispatcher::cluster_memory(std::int64_t cta, std::int64_t rank) {
  const std::int64_t cluster = launches_[current_].cluster;
  check(rank >= 0 && rank < cluster, "dispatcher", timeline_.now(),
        fmt::format("CTA {} reads the shared memory of rank {} in a cluster of {}", cta, rank,
                    cluster));
  const std::int64_t wanted = cta / cluster * cluster + rank;
  for (Sm* sm : sms_) {
    if (ByteMemory* memory = sm->memory_of(wanted)) return *memory;
  }
  throw InvariantError(fmt::format("dispatcher: CTA {} of the cluster has ended", wanted));
}

}  // namespace metronome::gpu
