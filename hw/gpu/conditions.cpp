// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/conditions.h"

#include "hw/gpu/random.h"

namespace metronome::gpu {

std::span<const CauseInfo> causes() {
  static constexpr CauseInfo kInfos[] = {
#define GPU_CAUSE(enumerator, name, sentence) {Cause::enumerator, name, sentence},
#include "hw/gpu/causes.def"
#undef GPU_CAUSE
  };
  return kInfos;
}

std::span<const MechanismInfo> mechanisms() {
  static constexpr MechanismInfo kInfos[] = {
#define GPU_MECHANISM(enumerator, name, sentence) {Mechanism::enumerator, name, sentence},
#include "hw/gpu/mechanisms.def"
#undef GPU_MECHANISM
  };
  return kInfos;
}

std::string_view name(WarpPolicy policy) {
  switch (policy) {
    case WarpPolicy::kLrr:
      return "LRR";
    case WarpPolicy::kGto:
      return "GTO";
    case WarpPolicy::kCggty:
      return "CGGTY";
  }
  return {};
}

std::string_view name(LaunchMode mode) {
  switch (mode) {
    case LaunchMode::kStream:
      return "stream";
    case LaunchMode::kGraph:
      return "graph";
    case LaunchMode::kPersistent:
      return "persistent";
  }
  return {};
}

Conditions Conditions::seeded(std::uint64_t seed) {
  Conditions conditions;
  for (std::size_t c = 0; c < kCauses; ++c) conditions.seeds[c] = mix(seed, c + 1);
  conditions.used_before = true;
  return conditions;
}

}  // namespace metronome::gpu
