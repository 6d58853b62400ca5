// SPDX-License-Identifier: Apache-2.0
// A model on the GPU model: buffers in its memory, and the launches of each token.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/graph/model.h"
#include "hw/gpu/gpu.h"
#include "runtime/devices/device.h"

namespace metronome::runtime {

class GpuDevice : public Device {
 public:
  /// `model` must outlive the device. `context` positions are covered.
  /// Errors: UserError for a model that the GPU's kernels do not cover or its memory cannot hold.
  GpuDevice(const graph::Model& model, const gpu::GpuSpec& spec, gpu::LaunchMode mode,
            std::int64_t context);
  /// On a GPU that others use as well, in whose memory the buffers find room; it must outlive the
  /// device.
  GpuDevice(const graph::Model& model, gpu::Gpu& gpu, gpu::LaunchMode mode, std::int64_t context);
  ~GpuDevice() override;

  std::string name() const override;  // "gpu:h100"
  std::int64_t context() const override { return context_; }
  std::int64_t vocab() const override;
  void reset() override;
  /// simulated_cycles: from the launch of the token's first kernel to the end of its last, launch
  /// gaps included, in cycles of the SM clock.
  TokenResult step(std::int32_t token) override;
  std::int64_t instructions_issued() const override;
  std::int64_t macs() const override { return macs_; }
  hw::Counters counters() const override;

  /// Starts cold under other conditions: caches, rows and counters are forgotten, weights stay.
  /// Positions are forgotten too.
  void reset(const gpu::Conditions& conditions);
  /// The next token is that of `position`, which must not lie ahead; the caches keep what the
  /// positions before it wrote.
  void go_back(std::int64_t position);
  /// The launches of the last token, in order, by name (`blk.0.attn_qkv`).
  const std::vector<gpu::LaunchTiming>& launches() const { return timing_.launches; }
  gpu::LaunchMode mode() const { return mode_; }
  gpu::Gpu& gpu() { return *gpu_; }
  const gpu::Gpu& gpu() const { return *gpu_; }

 private:
  struct Program;  // launches and buffers

  void load();

  const graph::Model& model_;
  gpu::LaunchMode mode_;
  std::int64_t context_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<gpu::Gpu> own_gpu_;
  gpu::Gpu* gpu_;
  gpu::RunTiming timing_;
  std::int64_t position_ = 0;
  std::int64_t macs_ = 0;
  std::vector<float> logits_;
};

}  // namespace metronome::runtime
