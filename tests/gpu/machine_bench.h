// SPDX-License-Identifier: Apache-2.0
// A whole GPU with a kernel that streams through memory, for tests of machines.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hw/gpu/gpu.h"
#include "hw/isa/error.h"
#include "hw/isa/gpu/assembly.h"

namespace metronome::gpu::testing {

constexpr std::int64_t kMemoryBytes = 64 << 20;

/// y = x + the x a megabyte on, 16 bytes a thread.
constexpr const char* kStream = R"(
.kernel stream
.threads 256
.registers 24
.parameters 2
  S2R R4, SR_CTA {stall 5}
  S2R R0, SR_THREAD {stall 5}
  IMAD R0, R4, 256, R0 {stall 5}
  SHF.L R0, R0, 4 {stall 5}
  LDG.128 R8, [c[0]+R0] {stall 2, write SB0}
  LDG.128 R12, [c[0]+R0+1048576] {stall 2, write SB1}
  FADD R8, R8, R12 {stall 4, wait SB0 SB1}
  STG.128 [c[1]+R0], R8 {stall 2, read SB2}
  EXIT {wait SB2}
)";

struct Machine {
  explicit Machine(const GpuSpec& spec) : gpu("gpu", spec, kMemoryBytes) {}

  RunTiming run(const char* text, std::int64_t ctas, std::vector<std::uint64_t> parameters = {}) {
    kernels.push_back(std::make_unique<Kernel>(parse_kernel(text, "test")));
    const Launch launch{kernels.back().get(), kernels.back()->name, ctas, 1, std::move(parameters)};
    return gpu.run(std::span(&launch, 1), LaunchMode::kGraph);
  }
  RunTiming stream(std::int64_t ctas) {
    const Address x = gpu.memory().allocate("x", 4 << 20);
    const Address y = gpu.memory().allocate("y", 4 << 20);
    return run(kStream, ctas, {x, y});
  }
  std::int64_t counter(const std::string& name) const {
    for (const hw::Counter& c : gpu.counters()) {
      if (c.name == name) return c.value;
    }
    ADD_FAILURE() << "no counter " << name;
    return -1;
  }

  Gpu gpu;
  std::vector<std::unique_ptr<Kernel>> kernels;
};

/// Of the InvariantError that `f` must end with. A GPU that was stopped is of no further use, so
/// `f` runs once.
inline std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const InvariantError& e) {
    return e.what();
  }
  return "no error";
}

/// A program that gets nowhere is told soon.
inline Conditions impatient() {
  Conditions conditions;
  conditions.watchdog_cycles = 20'000;
  return conditions;
}

inline GpuSpec preset_with(std::string_view name, std::int64_t sm_count) {
  GpuSpec spec = gpu_preset(name);
  spec.sm_count = sm_count;
  return spec;
}

}  // namespace metronome::gpu::testing
