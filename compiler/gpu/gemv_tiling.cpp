// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "compiler/gpu/gemv.h"

namespace metronome::gpu {
namespace {

constexpr std::int64_t kOct = 8;   // weights of a 16-byte load
constexpr int kLeastLanes = 4;     // 64 bytes of a row at a time: two sectors
constexpr int kLoadsInFlight = 4;  // of 16 bytes a lane
constexpr int kFewLoads = 2;       // where a thread has less registers than
constexpr std::int64_t kManyRegisters = 96;
constexpr int kWellUsedPercent = 85;

/// The most lanes that are mostly busy; else those that are busiest.
int lanes_for(std::int64_t octs) {
  const int most = static_cast<int>(
      std::bit_ceil(static_cast<std::uint64_t>(std::min<std::int64_t>(octs, kWarpLanes))));
  int best = most;
  std::int64_t best_percent = 0;
  for (int lanes = most; lanes >= std::min(kLeastLanes, most); lanes /= 2) {
    const std::int64_t steps = (octs + lanes - 1) / lanes;
    const std::int64_t percent = 100 * octs / (steps * lanes);
    if (percent >= kWellUsedPercent) return lanes;
    if (percent > best_percent) {
      best = lanes;
      best_percent = percent;
    }
  }
  return best;
}

}  // namespace

GemvTiling gemv_tiling(const GemvShape& shape, int warps, const GpuSpec& spec) {
  GemvTiling t;
  const std::int64_t octs = shape.cols / kOct;
  const std::int64_t machine_warps = spec.sm_count * warps;
  t.lanes = lanes_for(octs);
  // Idle lanes do not matter where the rows leave warps idle: the way to the result is shorter.
  while (t.lanes < std::min<std::int64_t>(octs, kWarpLanes) &&
         2 * t.lanes * shape.rows <= kWarpLanes * machine_warps) {
    t.lanes *= 2;
  }
  const std::int64_t rows_of_warp = kWarpLanes / t.lanes;
  // Two rows share what is read of the vector where rows are plenty.
  const bool many = shape.rows / (2 * rows_of_warp) >= 2 * machine_warps;
  if (!shape.gated && shape.rows % 2 == 0 && many) t.rows = 2;
  const std::int64_t busy_warps =
      (shape.rows + rows_of_warp * t.rows - 1) / (rows_of_warp * t.rows);
  const auto can_halve = [&](int slices) {
    return 2 * slices <= warps && 2 * slices * busy_warps <= machine_warps &&
           octs % (std::int64_t{2} * slices * t.lanes) == 0;
  };
  while (can_halve(t.slices)) t.slices *= 2;
  const bool roomy = spec.registers_per_sm / (std::int64_t{kWarpLanes} * warps) >= kManyRegisters;
  const int loads = roomy ? kLoadsInFlight : kFewLoads;
  t.unroll = loads / (shape.gated ? 2 : t.rows);
  constexpr std::int64_t kOther = 8192;  // sums of warps and slices, below this for 32 warps
  t.staged = 4 * shape.cols + std::min(kOther, spec.shared_bytes / 4) <= spec.shared_bytes;
  return t;
}

std::int64_t gemv_items(const GemvShape& shape, const GemvTiling& tiling, int warps) {
  const std::int64_t rows =
      std::int64_t{warps / tiling.slices} * (kWarpLanes / tiling.lanes) * tiling.rows;
  return (shape.rows + rows - 1) / rows;
}

}  // namespace metronome::gpu
