// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/floorplan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hw/gpu/random.h"

namespace metronome::gpu {
namespace {

/// Slots of the die that are in use, ascending.
std::vector<std::int64_t> used_slots(const GpuSpec& spec, std::uint64_t seed) {
  std::vector<std::int64_t> slots(
      static_cast<std::size_t>(std::max(spec.gpcs() * spec.sms_per_gpc, spec.sm_count)));
  std::iota(slots.begin(), slots.end(), 0);
  Random random(seed);
  for (std::size_t n = slots.size(); n > 1; --n) std::swap(slots[n - 1], slots[random.below(n)]);
  slots.resize(static_cast<std::size_t>(spec.sm_count));
  std::sort(slots.begin(), slots.end());
  return slots;
}

/// From 0, next to each other, to 1, the farthest of a half. GPCs lie along both long sides of
/// their half, slices along its middle; the square bends the distribution towards far, as V7 has
/// it.
double farness(double sm_x, double slice_x) {
  const double near = 1.0 - std::min(1.0, std::abs(sm_x - slice_x));
  return 1.0 - near * near;
}

}  // namespace

Floorplan::Floorplan(const GpuSpec& spec, const Conditions& conditions)
    : slices_per_half_(static_cast<std::size_t>(spec.slices_per_half())) {
  const auto slots = used_slots(spec, conditions.seed(Cause::kFloorplan));
  const std::int64_t gpcs_per_half =
      std::max<std::int64_t>(1, (spec.gpcs() + spec.l2_halves - 1) / spec.l2_halves);
  std::vector<double> far;
  for (const std::int64_t slot : slots) {
    const std::int64_t gpc = std::min(slot / spec.sms_per_gpc, spec.gpcs() - 1);
    gpc_.push_back(static_cast<int>(gpc));
    half_.push_back(static_cast<int>(gpc / gpcs_per_half));
    const double within =
        static_cast<double>(slot % spec.sms_per_gpc) / static_cast<double>(spec.sms_per_gpc);
    const double sm_x =
        (static_cast<double>(gpc % gpcs_per_half) + within) / static_cast<double>(gpcs_per_half);
    for (std::size_t slice = 0; slice < slices_per_half_; ++slice) {
      const double slice_x =
          (static_cast<double>(slice) + 0.5) / static_cast<double>(slices_per_half_);
      far.push_back(farness(sm_x, slice_x));
    }
  }
  const double mean =
      std::accumulate(far.begin(), far.end(), 0.0) / static_cast<double>(far.size());
  const bool on = conditions.on(Mechanism::kDistance);
  for (const double f : far) {
    distance_.push_back(static_cast<Cycle>(
        std::lround((on ? f : mean) * static_cast<double>(spec.distance_cycles))));
  }
}

}  // namespace metronome::gpu
