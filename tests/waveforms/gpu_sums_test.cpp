// SPDX-License-Identifier: Apache-2.0
// What a trace of a GPU shows cycle by cycle, added up, is what the run's counters say.
#include <gtest/gtest.h>

#include <memory>
#include <string_view>

#include "hw/gpu/gpu.h"
#include "hw/isa/gpu/assembly.h"
#include "tests/harness/model_writer.h"
#include "tests/waveforms/vcd_reader.h"
#include "waveforms/cycle_clock.h"
#include "waveforms/gpu_trace.h"

namespace metronome::waveforms::testing {
namespace {

/// Loads that meet each other's lines, a store, and an atomic, of a thread each.
constexpr const char* kKernel = R"(
.kernel mix
.threads 256
.registers 24
.parameters 2
  S2R R0, SR_THREAD {stall 5}
  SHF.L R0, R0, 4 {stall 5}
  LDG.128 R8, [c[0]+R0] {stall 2, write SB0}
  LDG.128 R12, [c[0]+R0] {stall 2, write SB1}
  FADD R8, R8, R12 {stall 4, wait SB0 SB1}
  LDG.128 R12, [c[0]+R0] {stall 2, write SB1}
  STG.128 [c[1]+R0], R8 {stall 2, read SB2, wait SB1}
  ATOM.ADD RZ, [c[1]+RZ], R8 {stall 2, read SB2, write SB3}
  EXIT {wait SB2 SB3}
)";

TEST(GpuSums, OfAWaveformAreTheCountersOfTheRun) {
  const gpu::GpuSpec spec = gpu::gpu_preset("teaching");
  gpu::Gpu machine("gpu", spec, 64 << 20);
  const harness::TempFolder folder;
  const std::filesystem::path path = folder.path() / "run.vcd";
  GpuTrace trace(path, spec.name, spec.clock_hz, machine.now(), {.filters = {".l1", "l2."}});
  machine.observe(&trace);
  const std::uint64_t x = machine.memory().allocate("x", 1 << 20);
  const std::uint64_t y = machine.memory().allocate("y", 1 << 20);
  const auto kernel = std::make_unique<gpu::Kernel>(gpu::parse_kernel(kKernel, "test"));
  const gpu::Launch launch{kernel.get(), kernel->name, 8, 1, {x, y}};
  for (int run = 0; run < 2; ++run) machine.run(std::span(&launch, 1), gpu::LaunchMode::kGraph);
  machine.observe(nullptr);
  trace.finish(machine.now());
  const VcdFile file = parse_vcd(read_text(path));

  const CycleClock clock(spec.clock_hz);
  const auto sum_of = [&](std::string_view part, std::string_view name) {
    std::uint64_t sum = 0;
    for (const auto& [signal, changes] : file.changes) {
      if (signal.find(part) == std::string::npos || !signal.ends_with(name)) continue;
      for (std::int64_t c = 0; c < machine.now(); ++c) {
        sum += file.number_at(signal, clock.start_ps(c));
      }
    }
    return static_cast<std::int64_t>(sum);
  };
  const auto counter = [&](std::string_view name) {
    for (const hw::Counter& c : machine.counters()) {
      if (c.name == name) return c.value;
    }
    ADD_FAILURE() << "no counter " << name;
    return std::int64_t{-1};
  };
  EXPECT_EQ(sum_of(".l1.", ".hits"), counter("l1.hit_sectors"));
  EXPECT_EQ(sum_of(".l1.", ".merges"), counter("l1.merged_sectors"));
  EXPECT_EQ(sum_of(".l1.", ".misses"), counter("l1.missed_sectors"));
  EXPECT_EQ(sum_of(".l1.", ".writes"), counter("l1.sectors_written"));
  EXPECT_EQ(sum_of(".l1.", ".atomics"), counter("l1.atomics"));
  EXPECT_EQ(sum_of(".l1.", ".replies"), counter("l1.replied_sectors"));
  EXPECT_EQ(sum_of(".l2.", ".requests"), counter("l2.requests"));
  EXPECT_EQ(sum_of(".l2.", ".hits"), counter("l2.hit_sectors") + counter("l2.copy_sectors"));
  EXPECT_EQ(sum_of(".l2.", ".misses"), counter("l2.missed_sectors"));
  EXPECT_EQ(sum_of(".l2.", ".far_reads"), counter("l2.far_sectors"));
  for (const char* seen : {"l1.hit_sectors", "l1.merged_sectors", "l1.sectors_written",
                           "l1.atomics", "l2.hit_sectors"}) {
    EXPECT_GT(counter(seen), 0) << seen;
  }
}

}  // namespace
}  // namespace metronome::waveforms::testing
