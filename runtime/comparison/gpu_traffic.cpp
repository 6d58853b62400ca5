// SPDX-License-Identifier: Apache-2.0
#include "runtime/comparison/gpu_traffic.h"

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::comparison {

std::int64_t value_of(const hw::Counters& counters, std::string_view name) {
  for (const hw::Counter& counter : counters) {
    if (counter.name == name) return counter.value;
  }
  throw InvariantError("gpu: no counter is called " + std::string(name));
}

GpuTraffic traffic(const hw::Counters& counters) {
  const auto sectors = [&](std::string_view name) {
    return value_of(counters, name) * gpu::kSectorBytes;
  };
  GpuTraffic t;
  t.l1_bytes = sectors("l1.sectors_read");
  t.l1_hit_bytes = sectors("l1.hit_sectors");
  t.l2_bytes = sectors("l1.replied_sectors");
  t.l2_read_bytes = sectors("l2.read_sectors");
  t.l2_hit_bytes = sectors("l2.hit_sectors") + sectors("l2.copy_sectors");
  t.dram_bytes = value_of(counters, "dram.bytes_read") + value_of(counters, "dram.bytes_written");
  t.row_hits = value_of(counters, "dram.row_hits");
  t.row_accesses =
      t.row_hits + value_of(counters, "dram.row_opens") + value_of(counters, "dram.row_conflicts");
  return t;
}

GpuTraffic difference(const GpuTraffic& after, const GpuTraffic& before) {
  return {after.l1_bytes - before.l1_bytes,           after.l2_bytes - before.l2_bytes,
          after.dram_bytes - before.dram_bytes,       after.l1_hit_bytes - before.l1_hit_bytes,
          after.l2_read_bytes - before.l2_read_bytes, after.l2_hit_bytes - before.l2_hit_bytes,
          after.row_accesses - before.row_accesses,   after.row_hits - before.row_hits};
}

double dram_peak(const gpu::GpuSpec& spec) {
  return spec.dram_peak_bytes_per_second() / static_cast<double>(spec.clock_hz);
}

double l2_peak(const gpu::GpuSpec& spec) {
  return static_cast<double>(
      std::min({spec.l2_slices * spec.l2_bytes_per_cycle, spec.gpcs() * spec.gpc_port_bytes,
                spec.sm_count * spec.sm_port_bytes}));
}

}  // namespace metronome::comparison
