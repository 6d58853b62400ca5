// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "runtime/probe/kernels.h"
#include "runtime/probe/probes.h"

namespace metronome::runtime::probe {
namespace {

constexpr std::int64_t kRoundBytes = 65536;  // of a CTA of read_stream
constexpr double kTera = 1e12;

/// Reads twice the L2's size at `base`, so that what other kernels left there has been written
/// back, as after the first of many repetitions.
void read_through_l2(Bench& bench, gpu::Address base, std::int64_t rounds) {
  const auto ctas = static_cast<std::uint64_t>(bench.spec().sm_count * 2);
  bench.run({read_stream("LDG.128"),
             static_cast<std::int64_t>(ctas),
             1,
             {base, static_cast<std::uint64_t>(rounds), ctas * kRoundBytes, kRoundBytes}});
}
std::int64_t rounds_through_l2(const gpu::GpuSpec& spec) {
  return (2 * spec.l2_bytes() - 1) / (spec.sm_count * 2 * kRoundBytes) + 1;
}

}  // namespace

void test_shared_rate(Bench& bench, Table& table) {
  if (table.is("teaching")) return;
  constexpr std::int64_t kRounds = 64;
  bench.reset(13);
  const auto cycles = bench.run({read_shared(), 1, 1, {kRounds}});
  table.near("V13", "shared memory", "bytes/cycle/SM",
             static_cast<double>(kRounds * 16 * 16384) / static_cast<double>(cycles), 128.0, 1.0,
             "A100N");
}

void test_l1_rate(Bench& bench, Table& table) {
  if (table.is("teaching")) return;
  constexpr std::int64_t kRounds = 256;
  bench.reset(13);
  const gpu::Address base = bench.allocate(kRoundBytes);
  const auto cycles = bench.run({read_stream("LDG.128"), 1, 1, {base, kRounds, 0, 0}});
  table.within("V14", "L1", "bytes/cycle/SM",
               static_cast<double>(kRounds * kRoundBytes) / static_cast<double>(cycles), 125.0,
               126.0, 3.0, "GPUB");
}

void test_l2_rate(Bench& bench, Table& table) {
  if (!table.is_one_of({"a100", "h100-pcie", "h200"})) return;
  constexpr std::int64_t kRounds = 16;
  bench.reset(12);
  const std::int64_t ctas = bench.spec().sm_count * 2;
  const gpu::Address base = bench.allocate(ctas * kRoundBytes);
  const auto read = [&](std::uint64_t rounds) {
    return bench.run({read_stream("LDG.128.CG"),
                      ctas,
                      1,
                      {base, rounds, 0, static_cast<std::uint64_t>(kRoundBytes)}});
  };
  read(1);
  read(1);
  const double bytes = static_cast<double>(kRounds * ctas * kRoundBytes);
  table.within(
      "V15", "L2, all SMs", "bytes/cycle/SM",
      bytes / static_cast<double>(read(kRounds)) / static_cast<double>(bench.spec().sm_count), 35.0,
      37.0, 10.0, "GPUB, derived");
}

void test_occupancy(Bench& bench, Table& table) {
  if (!table.is("h200")) return;
  struct Point {
    const char* name;
    int threads;
    std::int64_t ctas_of_sm;
    double gigabytes;
  };
  constexpr Point kPoints[] = {{"3 %", 64, 1, 123},
                               {"25 %", 512, 1, 935},
                               {"50 %", 1024, 1, 1707},
                               {"100 %", 1024, 2, 2756}};
  const gpu::Address base = bench.allocate(std::int64_t{256} << 20);
  const std::int64_t before = rounds_through_l2(bench.spec());
  const gpu::Address others = bench.allocate(before * bench.spec().sm_count * 2 * kRoundBytes);
  for (const Point& p : kPoints) {
    bench.reset(14);
    read_through_l2(bench, others, before);
    const std::int64_t ctas = bench.spec().sm_count * p.ctas_of_sm;
    const std::int64_t round = ctas * p.threads * 8;
    const std::int64_t rounds = std::max<std::int64_t>(8, (std::int64_t{64} << 20) / round);
    const std::int64_t fits = std::min(rounds, (std::int64_t{250} << 20) / round);
    const auto cycles =
        bench.run({read_thin(p.threads),
                   ctas,
                   1,
                   {base, static_cast<std::uint64_t>(fits), static_cast<std::uint64_t>(round)}});
    table.report("V16", fmt::format("DRAM read at {} occupancy", p.name), "GB/s",
                 static_cast<double>(fits * round) / bench.spec().seconds(cycles) / 1e9,
                 p.gigabytes, 10.0, "GPUB");
  }
}

void test_dram_rate(Bench& bench, Table& table) {
  if (!table.is_one_of({"a100", "h100-pcie", "h200"})) return;
  bench.reset(11);
  constexpr std::int64_t kRounds = 10;
  const std::int64_t ctas = bench.spec().sm_count * 2;
  const std::int64_t bytes = ctas * kRounds * kRoundBytes;
  const gpu::Address base = bench.allocate(bytes);
  const std::int64_t before = rounds_through_l2(bench.spec());
  read_through_l2(bench, bench.allocate(before * ctas * kRoundBytes), before);
  const auto cycles = bench.run({read_stream("LDG.128"),
                                 ctas,
                                 1,
                                 {base, kRounds, static_cast<std::uint64_t>(ctas * kRoundBytes),
                                  static_cast<std::uint64_t>(kRoundBytes)}});
  const double rate = static_cast<double>(bytes) / bench.spec().seconds(cycles) / kTera;
  if (table.is("a100")) table.within("V17", "DRAM read", "TB/s", rate, 1.77, 1.88, 5.0, "GPUB");
  if (table.is("h100-pcie")) table.near("V17", "DRAM read", "TB/s", rate, 1.94, 5.0, "GPUB");
  if (table.is("h200")) table.near("V17", "DRAM read", "TB/s", rate, 3.89, 5.0, "GPUB");
}

void test_tensor_rate(Bench& bench, Table& table) {
  if (!table.is_one_of({"h100", "h100-pcie", "h200"})) return;
  constexpr std::uint64_t kRounds = 16;
  bench.reset(2);
  bench.run({warpgroup_multiply(), 1, 1, {kRounds, bench.results()}});
  const double cycles = bench.result() / (8.0 * kRounds);
  table.near("V19", "HGMMA m64n256k16", "cycles", cycles, 128.0, 2.0, "derived");
  table.within("V19", "share of the peak rate, from shared memory", "%", 128.0 / cycles * 100.0,
               95.0, 100.0, 2.0, "RING");
}

void test_launch_gaps(Bench& bench, Table& table) {
  if (!table.is("h200")) return;
  constexpr int kTimes = 20;
  constexpr std::int64_t kBytes = 65536;
  const gpu::Address x = bench.allocate(kBytes);
  const gpu::Address y = bench.allocate(kBytes);
  const gpu::Address counter = bench.allocate(128);
  const auto nanoseconds = [&](gpu::Cycle cycles) {
    return bench.spec().seconds(cycles) / kTimes * 1e9;
  };
  const auto period = [&](gpu::LaunchMode mode) {
    gpu::Conditions quiet = gpu::Conditions::seeded(14);
    quiet.seeds[static_cast<std::size_t>(gpu::Cause::kHost)] = 3;  // no launch of these is late
    bench.gpu().reset(quiet);
    return nanoseconds(bench.run_many({scale(), 64, 1, {x, y}}, kTimes, mode));
  };
  table.near("V21", "64 kB kernels one by one", "ns", period(gpu::LaunchMode::kStream), 2430, 10.0,
             "GPUB");
  table.near("V21", "64 kB kernels in a graph", "ns", period(gpu::LaunchMode::kGraph), 1260, 10.0,
             "GPUB");
  bench.reset(15);
  const auto cycles = bench.run({scale_persistent(), 64, 1, {x, y, counter, kTimes}});
  table.near("V21", "64 kB rounds of a persistent kernel", "ns", nanoseconds(cycles), 1040, 10.0,
             "GPUB");
}

}  // namespace metronome::runtime::probe
