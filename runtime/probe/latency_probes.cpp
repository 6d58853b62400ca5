// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>

#include "runtime/probe/kernels.h"
#include "runtime/probe/probes.h"

namespace metronome::runtime::probe {
namespace {

constexpr std::int64_t kLine = 128;
constexpr std::int64_t kMiB = 1 << 20;
constexpr double kLinesOfMiB = 8192.0;
constexpr std::int64_t kPage = 2 * kMiB;
constexpr double kStepsOfRound = 64.0;
constexpr std::uint64_t kChainSeed = 7;

/// Cycles of a step, of `rounds` rounds after so many that warm up in the same kernel.
double chase(Bench& bench, const std::string& kernel, std::vector<std::uint64_t> parameters,
             std::size_t rounds_at, std::uint64_t warm, std::uint64_t rounds) {
  const auto run = [&](std::uint64_t count) {
    parameters[rounds_at] = count;
    bench.run({kernel, 1, 1, parameters});
    return static_cast<double>(bench.result());
  };
  if (warm > 0) run(warm);  // what lies beyond the SM is the same for both runs that are compared
  const double before = warm == 0 ? 0.0 : run(warm);
  return (run(warm + rounds) - before) / (kStepsOfRound * static_cast<double>(rounds));
}

std::vector<std::uint32_t> timed_steps(Bench& bench, const std::string& load, gpu::Address base,
                                       std::uint64_t steps, std::size_t last) {
  bench.run({chase_timed(load), 1, 1, {base, steps, bench.results()}});
  std::vector<std::uint32_t> samples;
  for (std::size_t n = steps - last; n < steps; ++n) {
    samples.push_back(bench.result(static_cast<std::int64_t>(n)) - 1);
  }
  return samples;
}

/// Mean step through `lines` lines that were walked once before, by a kernel of their own.
double warm_chase(Bench& bench, gpu::Address base, std::int64_t lines) {
  constexpr std::uint64_t kTimedRounds = 2000;
  bench.reset(3);
  bench.write_chain(base, lines, kLine, kChainSeed);
  const auto rounds = static_cast<std::uint64_t>(lines) / 64;
  chase(bench, chase_global("LDG.CG"), {base, 0, bench.results()}, 1, 0, rounds);
  return chase(bench, chase_global("LDG.CG"), {base, 0, bench.results()}, 1, 0,
               std::min(rounds, kTimedRounds));
}

}  // namespace

void test_l1_latency(Bench& bench, Table& table) {
  const auto value =
      table.of({{"h100-pcie", 34.2}, {"a100", 36.0}, {"v100", 30.0}, {"h100", 38.0}});
  if (!value) return;
  bench.reset(1);
  const gpu::Address base = bench.allocate(64 * kLine);
  bench.write_chain(base, 64, kLine, kChainSeed);
  const double cycles = chase(bench, chase_global("LDG"), {base, 0, bench.results()}, 1, 4, 100);
  table.off_by("V1", "pointer chase in L1", "cycles", cycles, *value, 1.0,
               table.is("h100") ? "MT4G" : "GPUB");
}

void test_l2_latency(Bench& bench, Table& table) {
  const auto value = table.of({{"h100-pcie", 265.0}, {"a100", 211.0}, {"v100", 215.0}});
  if (!value) return;
  const gpu::Address base = bench.allocate(2 * kMiB);
  table.near("V2", "pointer chase in the near L2", "cycles",
             warm_chase(bench, base, 2 * kMiB / kLine), *value, 3.0, "GPUB");
}

void test_far_latency(Bench& bench, Table& table) {
  const auto value = table.of({{"h100-pcie", 414.0}, {"a100", 357.0}});
  if (!value) return;
  bench.reset(2);
  const gpu::Address base = bench.allocate(64 * kLine);
  bench.write_chain(base, 64, kLine, kChainSeed);
  // Strong loads go to the line's home: the slower of two groups are those in the far half.
  const auto samples = timed_steps(bench, "LDG.STRONG", base, 1024, 512);
  const double middle = (percentile(samples, 0) + percentile(samples, 100)) / 2;
  std::vector<std::uint32_t> far;
  for (const std::uint32_t s : samples) {
    if (s > middle) far.push_back(s);
  }
  table.near("V3", "hit in the far L2", "cycles", mean(far), *value, 5.0,
             table.is("a100") ? "A100N" : "RING");
}

void test_dram_latency(Bench& bench, Table& table) {
  const auto value = table.of({{"h100-pcie", 650.0}, {"a100", 571.0}, {"v100", 436.0}});
  if (!value) return;
  constexpr std::int64_t kBytes = 512 * kMiB;
  constexpr std::int64_t kStride = 64 << 10;
  const gpu::Address base = bench.allocate(kBytes);
  bench.reset(6);
  bench.write_chain(base, kBytes / kPage, kPage, 3);  // every page is known to the GPU's TLB
  chase(bench, chase_global("LDG.CG"), {base, 0, bench.results()}, 1, 0, 4);
  bench.write_chain(base, kBytes / kStride, kStride, 4);
  const double cycles = chase(bench, chase_global("LDG.CG"), {base, 0, bench.results()}, 1, 0, 64);
  table.near("V4", "pointer chase in DRAM, mean", "cycles", cycles, *value, 5.0, "GPUB");
}

void test_latency_curve(Bench& bench, Table& table) {
  if (!table.is("h100-pcie")) return;
  struct Point {
    double mebibytes;
    double cycles;
  };
  constexpr Point kPoints[] = {{22.0, 265.0}, {26.6, 320.0}, {35.0, 475.0},
                               {47.0, 475.0}, {57.0, 563.0}, {76.0, 650.0}};
  const gpu::Address base = bench.allocate(80 * kMiB);
  for (const Point& p : kPoints) {
    const auto lines = static_cast<std::int64_t>(p.mebibytes * kLinesOfMiB) / 64 * 64;
    table.near("V5", fmt::format("pointer chase over {} MiB", p.mebibytes), "cycles",
               warm_chase(bench, base, lines), p.cycles, 10.0, "GPUB");
  }
}

void test_l1_spread(Bench& bench, Table& table) {
  if (!table.is("h100")) return;
  bench.reset(1);
  const gpu::Address base = bench.allocate(64 * kLine);
  bench.write_chain(base, 64, kLine, kChainSeed);
  const auto samples = timed_steps(bench, "LDG", base, 512, 255);
  table.near("V6", "spread of L1 hits, max - min", "cycles",
             percentile(samples, 100) - percentile(samples, 0), 0.0, 0.0, "MT4G");
}

void test_l2_spread(Bench& bench, Table& table) {
  if (!table.is("h100")) return;
  bench.reset(8);
  const gpu::Address base = bench.allocate(255 * kLine);
  bench.write_chain(base, 255, kLine, kChainSeed);
  const auto samples = timed_steps(bench, "LDG.CG", base, 1020, 255);
  table.near("V7", "L2 hits, p5", "cycles", percentile(samples, 5), 179, 10.0, "MT4G");
  table.near("V7", "L2 hits, p50", "cycles", percentile(samples, 50), 222, 10.0, "MT4G");
  table.near("V7", "L2 hits, p95", "cycles", percentile(samples, 95), 231, 10.0, "MT4G");
}

void test_dram_spread(Bench& bench, Table& table) {
  if (!table.is("h100")) return;
  constexpr std::int64_t kStride = 128 << 10;
  constexpr std::int64_t kSteps = 2047;
  const gpu::Address base = bench.allocate((kSteps + 1) * kStride);
  bench.reset(5);
  bench.write_chain(base, kSteps + 1, kStride, 9);
  const auto samples = timed_steps(bench, "LDG.CG", base, kSteps, kSteps);
  const auto row = [&](const char* test, double percent, double value) {
    table.near("V8", test, "cycles", percentile(samples, percent), value, 15.0, "MT4G");
  };
  row("cold DRAM loads, p5", 5, 686);
  row("cold DRAM loads, p50", 50, 864);
  row("cold DRAM loads, p95", 95, 1127);
  row("cold DRAM loads, p99", 99, 1310);
}

void test_shared_latency(Bench& bench, Table& table) {
  bench.reset(3);
  if (table.is_one_of({"h100", "h100-pcie", "h200"})) {
    const double shared = chase(bench, chase_shared(), {0, bench.results()}, 0, 0, 50);
    table.off_by("V9", "shared load", "cycles", shared, 29.5, 1.0, "A100N, MT4G: 29 and 30");
    bench.run({chase_remote(), 2, 2, {50, bench.results()}});
    table.within("V9", "shared load from another SM", "cycles",
                 bench.result() / (50 * kStepsOfRound), 181, 207, 10.0, "HPMLL");
  }
  if (table.is_one_of({"a100", "h100", "h100-pcie"})) {
    const gpu::Address base = bench.allocate(kLine);
    bench.run({copy_latency(), 1, 1, {base, bench.results()}});
    table.off_by("V9", "background copy that hits L1", "cycles", bench.result() - 2.0, 39.0, 2.0,
                 "HU25");
  }
}

void test_bulk_copy(Bench& bench, Table& table) {
  if (!table.is("h100-pcie")) return;
  bench.reset(4);
  const gpu::Address base = bench.allocate(256 * kMiB);
  for (int n = 0; n < 2; ++n) bench.run({bulk_latency(128), 1, 1, {base, bench.results()}});
  table.report("V18", "bulk copy of a line from the L2", "cycles", bench.result() - 2.0, 367.0,
               15.0, "HPMLL: 365 to 369, 100 over a load");
  struct Point {
    int ctas;
    int bytes;
    int tiles;
    double gigabytes;
  };
  constexpr Point kPoints[] = {{114, 1024, 1, 223}, {456, 1024, 1, 830}, {228, 8192, 1, 1729}};
  for (const Point& p : kPoints) {
    bench.reset(4);
    const auto cycles = bench.run({bulk_stream(p.bytes, p.tiles),
                                   p.ctas,
                                   1,
                                   {base, static_cast<std::uint64_t>(p.bytes * p.tiles)}});
    const double rate =
        static_cast<double>(p.ctas) * p.bytes * p.tiles / bench.spec().seconds(cycles) / 1e9;
    table.report("V18", fmt::format("{} bulk copies of {} bytes at once", p.ctas, p.bytes), "GB/s",
                 rate, p.gigabytes, 15.0, "HPMLL");
  }
}

}  // namespace metronome::runtime::probe
