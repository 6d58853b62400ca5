// SPDX-License-Identifier: Apache-2.0
// Bytes of each level of a GPU's memory, from its counters, and what the level can carry at most.
#pragma once

#include <cstdint>
#include <string_view>

#include "hw/common/counter.h"
#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::comparison {

/// The counter called `name`. Errors: InvariantError if there is none.
std::int64_t value_of(const hw::Counters& counters, std::string_view name);

struct GpuTraffic {
  std::int64_t l1_bytes = 0;    // asked of L1 by loads and background copies
  std::int64_t l2_bytes = 0;    // from L2 to the SMs
  std::int64_t dram_bytes = 0;  // over the data buses, both ways, another kernel's included
  std::int64_t l1_hit_bytes = 0;
  std::int64_t l2_read_bytes = 0;  // asked of slices, the far half's questions included
  std::int64_t l2_hit_bytes = 0;   // of those, found at home or in a copy
  std::int64_t row_accesses = 0;
  std::int64_t row_hits = 0;
};
GpuTraffic traffic(const hw::Counters& counters);
GpuTraffic difference(const GpuTraffic& after, const GpuTraffic& before);

/// Bytes a cycle of the SM clock.
double dram_peak(const gpu::GpuSpec& spec);
/// What slices give, GPC ports carry and SM ports take: the least of the three.
double l2_peak(const gpu::GpuSpec& spec);

}  // namespace metronome::comparison
