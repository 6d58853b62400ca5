// SPDX-License-Identifier: Apache-2.0
// What varies from run to run, each cause with a seed of its own, and which mechanisms are on.
// The same conditions give the same cycles, whatever the host.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

enum class Cause : std::uint8_t {
#define GPU_CAUSE(enumerator, name, sentence) enumerator,
#include "hw/gpu/causes.def"
#undef GPU_CAUSE
};

enum class Mechanism : std::uint8_t {
#define GPU_MECHANISM(enumerator, name, sentence) enumerator,
#include "hw/gpu/mechanisms.def"
#undef GPU_MECHANISM
};

struct CauseInfo {
  Cause cause;
  std::string_view name;
  std::string_view sentence;
};
struct MechanismInfo {
  Mechanism mechanism;
  std::string_view name;
  std::string_view sentence;
};
std::span<const CauseInfo> causes();
std::span<const MechanismInfo> mechanisms();

inline constexpr std::size_t kCauses =
    std::initializer_list<Cause>{
#define GPU_CAUSE(enumerator, name, sentence) Cause::enumerator,
#include "hw/gpu/causes.def"
#undef GPU_CAUSE
    }
        .size();
inline constexpr std::size_t kMechanisms =
    std::initializer_list<Mechanism>{
#define GPU_MECHANISM(enumerator, name, sentence) Mechanism::enumerator,
#include "hw/gpu/mechanisms.def"
#undef GPU_MECHANISM
    }
        .size();

enum class WarpPolicy : std::uint8_t { kLrr, kGto, kCggty };
enum class LaunchMode : std::uint8_t { kStream, kGraph, kPersistent };
std::string_view name(WarpPolicy policy);
std::string_view name(LaunchMode mode);

/// From `at` on, the SM clock runs at `permille` of the spec's; memory keeps its own time.
struct ClockStep {
  Picoseconds at = 0;
  std::int64_t permille = 1000;
};

/// Of the lines that others left in the L2, those still to be written back: an eighth. Assumed.
inline constexpr std::int64_t kOthersDirtyPermille = 125;

struct Conditions {
  std::array<std::uint64_t, kCauses> seeds{};  // by Cause
  std::bitset<kMechanisms> off;                // by Mechanism
  WarpPolicy policy = WarpPolicy::kCggty;
  std::int64_t background_permille = 0;  // of DRAM bandwidth asked for by another kernel
  /// The L2 holds lines that other kernels left, not nothing.
  bool used_before = false;
  std::vector<ClockStep> clock;        // ascending; empty: the spec's clock
  Cycle watchdog_cycles = 20'000'000;  // without a store, atomic, barrier or CTA end: stuck

  bool on(Mechanism m) const { return !off[static_cast<std::size_t>(m)]; }
  std::uint64_t seed(Cause c) const { return seeds[static_cast<std::size_t>(c)]; }
  /// Every cause derives its seed from `seed`; the GPU has been used before.
  static Conditions seeded(std::uint64_t seed);
};

}  // namespace metronome::gpu
