// SPDX-License-Identifier: Apache-2.0
// Launches kernels one after the other and gives their CTAs to the SMs. A kernel ends when all its
// CTAs have ended and their stores have arrived; the next starts a launch gap later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hw/gpu/clock.h"
#include "hw/gpu/conditions.h"
#include "hw/gpu/floorplan.h"
#include "hw/gpu/random.h"
#include "hw/gpu/sm.h"

namespace metronome::gpu {

/// When what happened to one launch.
struct LaunchTiming {
  std::string name;
  std::int64_t ctas = 0;
  Cycle asked = 0;   // the launch before it ended
  Cycle jitter = 0;  // of that wait: the host was late
  Cycle start = 0;   // first CTA dispatched
  Cycle tail = 0;    // from here on some SM had nothing left to do
  Cycle end = 0;
  double waves = 0.0;  // CTAs against those that fit on the GPU together

  Cycle gap_cycles() const { return start - asked; }
  Cycle busy_cycles() const { return end - start; }
};

class Dispatcher : public Component, public SmOwner {
 public:
  Dispatcher(const GpuSpec& spec, Timeline& timeline, Watch& watch);

  void connect(std::vector<Sm*> sms) { sms_ = std::move(sms); }
  void reset(const Conditions& conditions, const Clock& clock, const Floorplan& floorplan);
  /// Runs `launches` in order; done() tells when the last has ended. They must outlive the run.
  /// Errors: UserError for a launch that the GPU cannot run.
  void begin(std::span<const Launch> launches, LaunchMode mode, Cycle now);
  bool done() const { return current_ == launches_.size(); }
  const std::vector<LaunchTiming>& timings() const { return timings_; }
  /// Which SM gets the first CTA of every kernel that has no clusters.
  int first_sm() const { return order_[first_turn_]; }
  Cycle last_progress() const { return last_progress_; }
  const Launch* running() const { return running_ ? &launches_[current_] : nullptr; }

  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;
  void on_cta_end(int sm, Cycle now) override;
  void on_progress(Cycle now) override;
  ByteMemory& cluster_memory(std::int64_t cta, std::int64_t rank) override;

 private:
  void require_runnable(const Launch& launch) const;
  void ask(Cycle now);
  void start_kernel(Cycle now);
  void dispatch(Cycle now);
  bool place_cluster(Cycle now);
  int find_sm() const;
  Cycle start_of(int sm, Cycle now) const;
  void end_if_drained(Cycle now);
  void note_tail(Cycle now);
  void wake(Cycle when);
  const DecodedKernel& decoded(const Kernel& kernel);

  const GpuSpec& spec_;
  Timeline& timeline_;
  Watch& watch_;
  hw::TrackId track_;
  std::vector<Sm*> sms_;
  std::vector<int> order_;  // SMs in the order in which they are offered CTAs
  std::vector<Cycle> skew_;
  const Clock* clock_ = nullptr;
  const Floorplan* floorplan_ = nullptr;
  Random host_;
  bool gaps_ = true;
  bool costs_ = true;

  std::span<const Launch> launches_;
  LaunchMode mode_ = LaunchMode::kStream;
  std::size_t current_ = 0;
  bool running_ = false;
  std::int64_t next_cta_ = 0;
  std::int64_t live_ctas_ = 0;
  std::size_t first_turn_ = 0;  // in order_: where every kernel's first CTA goes
  std::size_t turn_ = 0;
  Cycle dispatch_free_ = 0;
  Cycle armed_ = -1;
  Cycle last_progress_ = 0;
  std::vector<LaunchTiming> timings_;
  std::map<const Kernel*, std::unique_ptr<DecodedKernel>> decoded_;  // looked up, never walked
};

}  // namespace metronome::gpu
