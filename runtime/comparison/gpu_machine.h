// SPDX-License-Identifier: Apache-2.0
// The GPU in a comparison: a run's seed is that of all its causes.
#pragma once

#include <memory>

#include "runtime/comparison/machine.h"
#include "runtime/devices/gpu_device.h"

namespace metronome::comparison {

struct GpuOptions {
  gpu::LaunchMode mode = gpu::LaunchMode::kGraph;
  std::int64_t background_permille = 0;
  std::bitset<gpu::kMechanisms> off;
  /// Runs of one process on one part: where pages lie and which SMs are switched off come from this
  /// seed for all of them. Without it, each run draws them anew.
  std::optional<std::uint64_t> process_seed;
};

/// Errors: none; what `options` leave open is derived from `seed`.
gpu::Conditions conditions_of(const GpuOptions& options, std::uint64_t seed);

class GpuMachine : public Machine {
 public:
  /// `model` must outlive the machine.
  GpuMachine(const graph::Model& model, const gpu::GpuSpec& spec, const GpuOptions& options,
             std::int64_t context);

  std::string name() const override { return device_.name(); }
  std::int64_t clock_hz() const override { return device_.gpu().spec().clock_hz; }
  std::int64_t context() const override { return device_.context(); }
  void begin(std::uint64_t seed) override;
  TokenCost step(std::int32_t token) override;
  /// Kernels; and layers, from the end of the launch before to that of the layer's last, where a
  /// layer is more than a stretch of one kernel.
  std::vector<Piece> pieces() const override;
  std::vector<TimePart> time_parts() const override;
  void add_accesses(Distribution& accesses) const override;
  std::string access_text() const override;
  std::vector<CauseFact> causes() const override;
  Cycle again(std::span<const std::int32_t> ids, const Variation& variation) override;

 private:
  runtime::GpuDevice device_;
  GpuOptions options_;
  hw::Counters before_;  // the last token
  Cycle last_cycles_ = 0;
};

}  // namespace metronome::comparison
