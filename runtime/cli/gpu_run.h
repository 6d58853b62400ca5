// SPDX-License-Identifier: Apache-2.0
// What a run on a GPU found out beyond its text: launches, stalls, bytes of each level.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "runtime/cli/text_chart.h"
#include "runtime/comparison/gpu_machine.h"
#include "runtime/comparison/gpu_traffic.h"
#include "runtime/devices/gpu_device.h"
#include "runtime/generation/generate.h"

namespace metronome::cli {

struct GpuRun {
  gpu::GpuSpec spec;
  comparison::GpuOptions options;
  std::uint64_t seed = 0;
  std::int64_t tokens = 0;
  std::int64_t launches = 0;
  gpu::Cycle cycles = 0;
  gpu::Cycle gap_cycles = 0;  // host jitter included
  gpu::Cycle jitter_cycles = 0;
  comparison::GpuTraffic traffic;
  std::array<std::int64_t, gpu::kStallReasons> slots{};
};

/// A GPU device that keeps account of every token's launches.
class CountingGpu : public runtime::Device {
 public:
  CountingGpu(const graph::Model& model, GpuRun& run, std::int64_t context);

  std::string name() const override { return device_.name(); }
  std::int64_t context() const override { return device_.context(); }
  std::int64_t vocab() const override { return device_.vocab(); }
  void reset() override { device_.reset(); }
  runtime::TokenResult step(std::int32_t token) override;
  std::int64_t instructions_issued() const override { return device_.instructions_issued(); }
  std::int64_t macs() const override { return device_.macs(); }
  hw::Counters counters() const override { return device_.counters(); }
  gpu::Gpu& gpu() { return device_.gpu(); }
  /// Takes traffic and slots over into the run.
  void finish();

 private:
  GpuRun& run_;
  runtime::GpuDevice device_;
};

/// The report's tables, from the cycles of the tokens to how sure the numbers are.
std::string gpu_text(const GpuRun& run, const runtime::Generation& generation,
                     const TextStyle& style);
boost::json::object gpu_json(const GpuRun& run);

}  // namespace metronome::cli
