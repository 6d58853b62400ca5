// SPDX-License-Identifier: Apache-2.0
// How much a whole token varies from run to run.
#include "runtime/comparison/gpu_machine.h"
#include "runtime/devices/gpu_device.h"
#include "runtime/probe/probes.h"
#include "runtime/synthetic_model.h"

namespace metronome::runtime::probe {
namespace {

constexpr std::uint64_t kRuns = 100;
constexpr std::int64_t kContext = 8;
constexpr double kPercent = 0.69;  // 1.01 at most
constexpr int kWarmTokens = 1;     // what other kernels left in the L2 goes with the first token

/// Small, since it runs so often, and within reach of the L2 as a warm token should be.
SyntheticShape shape() { return {"decode", 256, 2, 4, 4, 64, 704, 1024, kContext}; }

}  // namespace

void test_token_spread(Bench& bench, Table& table) {
  if (!table.is_one_of({"h100", "h200"})) return;
  const graph::Model model = synthetic_model(shape());
  GpuDevice device(model, bench.gpu(), gpu::LaunchMode::kGraph, kContext);
  comparison::GpuOptions one_process;
  one_process.process_seed = 0;
  std::vector<std::uint32_t> cycles;
  for (std::uint64_t run = 0; run < kRuns; ++run) {
    device.reset(comparison::conditions_of(one_process, run));
    for (int t = 0; t < kWarmTokens; ++t) device.step(0);
    cycles.push_back(static_cast<std::uint32_t>(device.step(0).simulated_cycles));
  }
  table.within("V26", "a token in graph mode, p99 over p50 of 100 runs", "",
               percentile(cycles, 99) / percentile(cycles, 50), 1.001, 1.003, kPercent, "VLLM");
}

}  // namespace metronome::runtime::probe
