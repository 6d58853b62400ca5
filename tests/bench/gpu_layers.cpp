// SPDX-License-Identifier: Apache-2.0
// Layers of known models on a GPU preset, weights synthetic: what a token's kernels take there and
// what their emulation takes here.
// Usage: metronome_gpu_layers SHAPE PRESET [graph|persistent]; one shape a process.
#include <fmt/core.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <systemc>

#include "runtime/devices/gpu_device.h"
#include "runtime/synthetic_model.h"

namespace {

using namespace metronome;

constexpr std::int64_t kContext = 64;
constexpr int kTokens = 3;

const runtime::SyntheticShape kShapes[] = {
    {"llama3-8b-layer", 4096, 1, 32, 8, 128, 14336, 1024, kContext},
    {"llama2-7b-layer", 4096, 1, 32, 32, 128, 11008, 32000, kContext},
    {"llama1b-two-layers", 2048, 2, 32, 8, 64, 8192, 1024, kContext},
    {"llama1b-one-layer", 2048, 1, 32, 8, 64, 8192, 1024, kContext},
    {"gemv-4096x4096", 4096, 1, 1, 1, 8, 8, 4096, kContext},
    {"gemv-28672x8192", 8192, 1, 1, 1, 8, 14336, 8, kContext},
};

void report(const runtime::GpuDevice& device, const gpu::GpuSpec& spec) {
  for (const gpu::LaunchTiming& launch : device.launches()) {
    fmt::print("  {:<22} {:>6} CTAs  gap {:7.2f} us  busy {:8.2f} us\n", launch.name, launch.ctas,
               spec.seconds(launch.gap_cycles()) * 1e6, spec.seconds(launch.busy_cycles()) * 1e6);
  }
}

int run(const runtime::SyntheticShape& shape, const gpu::GpuSpec& spec, gpu::LaunchMode mode) {
  using Clock = std::chrono::steady_clock;
  const graph::Model model = runtime::synthetic_model(shape);
  runtime::GpuDevice device(model, spec, mode, kContext);
  for (int t = 0; t < kTokens; ++t) {
    const auto before = device.instructions_issued();
    const auto begin = Clock::now();
    const auto result = device.step(t);
    const double host = std::chrono::duration<double>(Clock::now() - begin).count();
    const auto issued = static_cast<double>(device.instructions_issued() - before);
    fmt::print("token {}: {:.2f} us on {}; host {:.2f} s, {:.0f} k warp instructions/s\n", t,
               spec.seconds(result.simulated_cycles) * 1e6, spec.name, host, issued / host / 1e3);
    report(device, spec);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak resident memory {} MiB\n", usage.ru_maxrss / 1024);
  return 0;
}

}  // namespace

int sc_main(int argc, char** argv) {
  for (const runtime::SyntheticShape& shape : kShapes) {
    if (argc < 3 || argv[1] != shape.name) continue;
    const bool persistent = argc > 3 && std::strcmp(argv[3], "persistent") == 0;
    return run(shape, gpu::gpu_preset(argv[2]),
               persistent ? gpu::LaunchMode::kPersistent : gpu::LaunchMode::kGraph);
  }
  fmt::print(stderr, "usage: {} SHAPE PRESET [graph|persistent]; shapes:", argv[0]);
  for (const runtime::SyntheticShape& shape : kShapes) fmt::print(stderr, " {}", shape.name);
  fmt::print(stderr, "\n");
  return 2;
}
