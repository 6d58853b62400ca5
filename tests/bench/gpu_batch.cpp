// SPDX-License-Identifier: Apache-2.0
// A decode step of several sequences of Llama-3.1-8B on a GPU preset: the matrix products of a
// layer and of the head, on tensor cores. Values are zeros; norms, rotations and attention are left
// out but for their launch gaps. Usage: metronome_gpu_batch PRESET SEQUENCES
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <systemc>
#include <vector>

#include "compiler/gpu/gemm.h"
#include "hw/gpu/gpu.h"

namespace {

using namespace metronome;

constexpr std::int64_t kMemoryBytes = std::int64_t{2} << 30;
constexpr std::int64_t kLayers = 32;
constexpr int kLaunchesOfALayer = 8;  // four of them products

struct Product {
  const char* name;
  std::int64_t cols;
  std::int64_t depth;
};
constexpr Product kLayer[] = {{"attn_qkv", 6144, 4096},
                              {"attn_output", 4096, 4096},
                              {"ffn_gate_up", 28672, 4096},
                              {"ffn_down", 4096, 14336}};
/// An eighth of the head, which streams like the whole.
constexpr Product kHead = {"output / 8", 16032, 4096};
constexpr int kHeadParts = 8;

class Step {
 public:
  Step(const gpu::GpuSpec& spec, std::int64_t sequences)
      : gpu_("gpu", spec, kMemoryBytes), sequences_(sequences) {
    gpu_.reset(gpu::Conditions::seeded(0));
  }

  /// Seconds that the products take, each after a launch gap.
  double run(std::span<const Product> products) {
    std::deque<gpu::Kernel> kernels;
    std::vector<gpu::Launch> launches;
    for (const Product& p : products) {
      const gpu::GemmShape shape{sequences_, p.cols, p.depth};
      const gpu::GemmTiling tiling = gpu::gemm_tiling(shape, gpu_.spec());
      gpu::KernelBuilder builder(p.name, gpu::kGemmThreads);
      const gpu::GemmPointers at{
          {builder.parameter(), {}, 0}, {builder.parameter(), {}, 0}, {builder.parameter(), {}, 0}};
      gpu::emit_gemm(builder, shape, tiling, at);
      kernels.push_back(builder.finish(gpu_.spec()));
      const std::int64_t ctas =
          std::min(gpu::gemm_items(shape, tiling.tile), 4 * gpu_.spec().sm_count);
      const auto buffer = [&](std::int64_t bytes) { return gpu_.memory().allocate(p.name, bytes); };
      launches.push_back({&kernels.back(),
                          p.name,
                          ctas,
                          1,
                          {buffer(2 * sequences_ * p.depth), buffer(2 * p.cols * p.depth),
                           buffer(4 * sequences_ * p.cols)}});
    }
    const gpu::RunTiming timing = gpu_.run(launches, gpu::LaunchMode::kGraph);
    for (const gpu::LaunchTiming& launch : timing.launches) {
      fmt::print("  {:<12} {:>4} CTAs  gap {:5.2f} us  busy {:8.2f} us\n", launch.name, launch.ctas,
                 gpu_.spec().seconds(launch.gap_cycles()) * 1e6,
                 gpu_.spec().seconds(launch.busy_cycles()) * 1e6);
    }
    gap_seconds_ = gpu_.spec().seconds(timing.launches.front().gap_cycles());
    std::fflush(stdout);
    return gpu_.spec().seconds(timing.cycles());
  }
  double gap_seconds() const { return gap_seconds_; }

 private:
  gpu::Gpu gpu_;
  std::int64_t sequences_;
  double gap_seconds_ = 0;
};

}  // namespace

int sc_main(int argc, char** argv) {
  const long sequences = argc == 3 ? std::strtol(argv[2], nullptr, 10) : 0;
  if (sequences < 1 || sequences > 64) {
    fmt::print(stderr, "usage: {} PRESET SEQUENCES, 1 to 64\n", argv[0]);
    return 2;
  }
  Step step(gpu::gpu_preset(argv[1]), sequences);
  const double layer = step.run(kLayer);
  const double others =
      step.gap_seconds() * static_cast<double>(kLaunchesOfALayer - std::ssize(kLayer));
  const double head = step.run(std::span(&kHead, 1)) * kHeadParts;
  fmt::print("{} sequences on {}: layer {:.2f} us, head {:.2f} us, step {:.3f} ms\n", sequences,
             argv[1], (layer + others) * 1e6, head * 1e6,
             (static_cast<double>(kLayers) * (layer + others) + head) * 1e3);
  return 0;
}
