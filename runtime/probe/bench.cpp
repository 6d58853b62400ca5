// SPDX-License-Identifier: Apache-2.0
#include "runtime/probe/bench.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hw/gpu/random.h"
#include "hw/isa/gpu/assembly.h"

namespace metronome::runtime::probe {
namespace {

constexpr std::int64_t kMemoryBytes = std::int64_t{2} << 30;
constexpr std::int64_t kResultBytes = 1 << 16;
constexpr gpu::Cycle kLongestChase = 4'000'000'000;  // one thread may follow a chain for so long

}  // namespace

Bench::Bench(const gpu::GpuSpec& spec) : gpu_("gpu", spec, kMemoryBytes) {
  results_ = allocate(kResultBytes);
}

void Bench::reset(std::uint64_t seed) {
  gpu::Conditions conditions = gpu::Conditions::seeded(seed);
  conditions.watchdog_cycles = kLongestChase;
  gpu_.reset(conditions);
}

gpu::Address Bench::allocate(std::int64_t bytes) { return gpu_.memory().allocate("probe", bytes); }

std::uint32_t Bench::result(std::int64_t index) {
  return gpu_.memory().view<std::uint32_t>(results_, index + 1)[static_cast<std::size_t>(index)];
}

void Bench::write_chain(gpu::Address base, std::int64_t lines, std::int64_t stride,
                        std::uint64_t seed) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(lines));
  std::iota(order.begin(), order.end(), 0U);
  gpu::Random random(seed);
  // The chain begins at offset 0, where the kernels begin.
  for (std::size_t n = order.size(); n > 2; --n) {
    std::swap(order[n - 1], order[1 + random.below(n - 1)]);
  }
  for (std::size_t n = 0; n < order.size(); ++n) {
    const std::uint32_t next = order[(n + 1) % order.size()];
    const gpu::Address at =
        base + static_cast<gpu::Address>(order[n]) * static_cast<gpu::Address>(stride);
    gpu_.memory().view<std::uint32_t>(at, 1)[0] = next * static_cast<std::uint32_t>(stride);
  }
}

const gpu::Kernel& Bench::kernel(const std::string& text) {
  auto& entry = kernels_[text];
  if (!entry) entry = std::make_unique<gpu::Kernel>(gpu::parse_kernel(text, "probe"));
  return *entry;
}

gpu::Cycle Bench::run(const Run& run) {
  const gpu::Kernel& code = kernel(run.text);
  const gpu::Launch launch{&code, code.name, run.ctas, run.cluster, run.parameters};
  return gpu_.run(std::span(&launch, 1), gpu::LaunchMode::kGraph).launches.front().busy_cycles();
}

gpu::Cycle Bench::run_many(const Run& run, int times, gpu::LaunchMode mode) {
  const gpu::Kernel& code = kernel(run.text);
  const gpu::Launch launch{&code, code.name, run.ctas, run.cluster, run.parameters};
  const std::vector<gpu::Launch> launches(static_cast<std::size_t>(times), launch);
  return gpu_.run(launches, mode).cycles();
}

double percentile(std::vector<std::uint32_t> samples, double percent) {
  std::sort(samples.begin(), samples.end());
  const auto rank =
      static_cast<std::size_t>(std::ceil(percent / 100.0 * static_cast<double>(samples.size())));
  return samples[std::max<std::size_t>(rank, 1) - 1];
}

double mean(const std::vector<std::uint32_t>& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

}  // namespace metronome::runtime::probe
