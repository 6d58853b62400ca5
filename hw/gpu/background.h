// SPDX-License-Identifier: Apache-2.0
// Another kernel on the same GPU, as memory sees it: bursts of reads of lines that nobody else
// uses, at a share of the DRAM's bandwidth.
#pragma once

#include <cstdint>

#include "hw/gpu/clock.h"
#include "hw/gpu/random.h"
#include "hw/gpu/timeline.h"

namespace metronome::gpu {

class TrafficSink {
 public:
  TrafficSink() = default;
  TrafficSink(const TrafficSink&) = delete;
  TrafficSink& operator=(const TrafficSink&) = delete;
  virtual ~TrafficSink() = default;
  virtual void read_line(Address line, Cycle now) = 0;
};

class Background : public Component {
 public:
  /// A kernel works in waves: at most so many lines at once, then nothing until its share of the
  /// bandwidth allows the next. Sizes are assumed.
  static constexpr std::int64_t kMostLines = 1024;

  Background(const GpuSpec& spec, Timeline& timeline, TrafficSink& sink);

  void reset(const Conditions& conditions, const Clock& clock);
  void start(Cycle now);
  void stop() { running_ = false; }
  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

 private:
  const GpuSpec& spec_;
  Timeline& timeline_;
  TrafficSink& sink_;
  const Clock* clock_ = nullptr;
  Random random_;
  std::int64_t permille_ = 0;
  bool running_ = false;
  std::uint32_t generation_ = 0;  // events of an earlier start are stale
};

}  // namespace metronome::gpu
