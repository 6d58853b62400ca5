// SPDX-License-Identifier: Apache-2.0
// What the microbenchmarks share: one GPU, its buffers, and kernels from text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw/gpu/gpu.h"

namespace metronome::runtime::probe {

class Bench {
 public:
  explicit Bench(const gpu::GpuSpec& spec);

  const gpu::GpuSpec& spec() const { return gpu_.spec(); }
  gpu::Gpu& gpu() { return gpu_; }
  /// Another machine of the same kind: cold, and all seeded causes drawn anew.
  void reset(std::uint64_t seed);

  gpu::Address allocate(std::int64_t bytes);
  gpu::Address results() const { return results_; }
  std::uint32_t result(std::int64_t index = 0);
  /// A cycle through `lines` places, `stride` bytes apart, in a random order: at each place stands
  /// the offset of the next.
  void write_chain(gpu::Address base, std::int64_t lines, std::int64_t stride, std::uint64_t seed);

  struct Run {
    std::string text;
    std::int64_t ctas = 1;
    int cluster = 1;
    std::vector<std::uint64_t> parameters;
  };
  /// Cycles of the kernel, launch gaps left out.
  gpu::Cycle run(const Run& run);
  /// Launches it `times` times in a row; cycles from begin to end.
  gpu::Cycle run_many(const Run& run, int times, gpu::LaunchMode mode);

 private:
  const gpu::Kernel& kernel(const std::string& text);

  gpu::Gpu gpu_;
  gpu::Address results_ = 0;
  std::map<std::string, std::unique_ptr<gpu::Kernel>> kernels_;
};

/// Of sorted or unsorted samples, nearest rank.
double percentile(std::vector<std::uint32_t> samples, double percent);
double mean(const std::vector<std::uint32_t>& samples);

}  // namespace metronome::runtime::probe
