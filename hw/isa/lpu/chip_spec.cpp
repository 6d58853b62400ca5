// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/chip_spec.h"

#include <fmt/core.h>

#include "hw/isa/error.h"

namespace metronome::lpu {

ChipSpec groq1() {
  ChipSpec spec;
  spec.name = "groq1";
  spec.superlanes = 20;
  spec.mem_slices = 44;
  spec.words_per_bank = 4096;
  spec.clock_hz = 900'000'000;
  return spec;
}

ChipSpec teaching() {
  ChipSpec spec;
  spec.name = "teaching";
  spec.superlanes = 1;
  spec.mem_slices = 32;
  spec.words_per_bank = 1024;
  spec.c2c_ports = 0;
  spec.clock_hz = 900'000'000;
  return spec;
}

std::vector<ChipSpec> chip_presets() { return {groq1(), teaching()}; }

namespace {

struct Range {
  const char* field;
  std::int64_t value;
  std::int64_t low;
  std::int64_t high;
};

}  // namespace

void validate(const ChipSpec& s, const std::string& origin) {
  const Range ranges[] = {
      {"lanes_per_superlane", s.lanes_per_superlane, 16, 16},
      {"superlanes", s.superlanes, 1, 20},
      {"streams", s.streams, 24, 32},
      {"mem_slices", s.mem_slices, 32, 128},
      {"banks", s.banks, 2, 2},
      {"words_per_bank", s.words_per_bank, 16, 32768},
      {"slices_per_hop", s.slices_per_hop, 4, 64},
      {"vxm_entry_hops", s.vxm_entry_hops, 0, 16},
      {"io_hops", s.io_hops, 0, 16},
      {"mxm_planes", s.mxm_planes, 2, 2},
      {"vxm_alus", s.vxm_alus, 16, 16},
      {"sxm_distributors", s.sxm_distributors, 4, 4},
      {"sxm_transposers", s.sxm_transposers, 2, 2},
      {"c2c_ports", s.c2c_ports, 0, 16},
      {"accumulators", s.accumulators, 2, 2},
      {"clock_hz", s.clock_hz, 1'000'000, 10'000'000'000},
  };
  for (const Range& r : ranges) {
    if (r.value < r.low || r.value > r.high) {
      throw UserError(fmt::format("{}: {}: found {}, allowed {} to {}", origin, r.field, r.value,
                                  r.low, r.high));
    }
  }
  if (s.streams % 8 != 0) {
    throw UserError(
        fmt::format("{}: streams: found {}, must be a multiple of 8 (the VXM's "
                    "vxm_alus work on groups of 4 streams)",
                    origin, s.streams));
  }
  if (s.slices_per_hop % 4 != 0) {
    throw UserError(
        fmt::format("{}: slices_per_hop: found {}, must be a multiple of 4 so that the "
                    "bytes of a value in mem_slices share a column",
                    origin, s.slices_per_hop));
  }
  if (s.mem_slices % 4 != 0) {
    throw UserError(
        fmt::format("{}: mem_slices: found {}, must be a multiple of 4 to match "
                    "slices_per_hop {}",
                    origin, s.mem_slices, s.slices_per_hop));
  }
  if (s.positions() > 63) {
    throw UserError(
        fmt::format("{}: mem_slices and slices_per_hop: {} slices in columns of {} "
                    "give {} stream-register columns, at most 63",
                    origin, s.mem_slices, s.slices_per_hop, s.positions()));
  }
}

namespace {

constexpr Hemisphere kSides[] = {Hemisphere::kWest, Hemisphere::kEast};

constexpr char side(Hemisphere h) { return h == Hemisphere::kEast ? 'e' : 'w'; }

constexpr Unit kMxmUnits[] = {Unit::kMxmWeights, Unit::kMxmActivations, Unit::kMxmAccumulate};
constexpr const char* kMxmNames[] = {"weights", "activations", "accumulate"};

struct SxmQueue {
  Unit unit;
  int index;
  const char* name;
};
// Six queues a hemisphere: 14 per side less 8 for C2C (LIN; "6 + 8 fits"). Each distribute queue
// serves two distributors. How the real six divide is not public: assumed.
constexpr SxmQueue kSxmQueues[] = {
    {Unit::kSxmPermute, 0, "permute"},         {Unit::kSxmShift, 0, "shift"},
    {Unit::kSxmDistribute, 0, "distribute_0"}, {Unit::kSxmDistribute, 1, "distribute_1"},
    {Unit::kSxmTranspose, 0, "transpose_0"},   {Unit::kSxmTranspose, 1, "transpose_1"},
};
constexpr int kSxmQueueCount = 6;

int mxm_base(const ChipSpec& s) { return 2 * s.mem_slices + s.vxm_alus; }
int sxm_base(const ChipSpec& s) { return mxm_base(s) + 2 * s.mxm_planes * 3; }
int c2c_base(const ChipSpec& s) { return sxm_base(s) + 2 * kSxmQueueCount; }

}  // namespace

int ChipSpec::queue_count() const { return c2c_base(*this) + 2 * c2c_ports; }

std::vector<QueueInfo> queues(const ChipSpec& s) {
  std::vector<QueueInfo> all;
  for (Hemisphere h : kSides) {
    for (int i = 0; i < s.mem_slices; ++i) {
      all.push_back(
          {Unit::kMem, h, i, fmt::format("mem_{}.slice_{}", side(h), i), s.slice_position(h, i)});
    }
  }
  for (int i = 0; i < s.vxm_alus; ++i) {
    all.push_back(
        {Unit::kVxm, Hemisphere::kWest, i, fmt::format("vxm.alu_{}", i), s.vxm_position()});
  }
  for (Hemisphere h : kSides) {
    for (int plane = 0; plane < s.mxm_planes; ++plane) {
      for (int u = 0; u < 3; ++u) {
        all.push_back({kMxmUnits[u], h, plane,
                       fmt::format("mxm_{}.plane_{}.{}", side(h), plane, kMxmNames[u]),
                       s.edge_position(h)});
      }
    }
  }
  for (Hemisphere h : kSides) {
    for (const SxmQueue& q : kSxmQueues) {
      all.push_back(
          {q.unit, h, q.index, fmt::format("sxm_{}.{}", side(h), q.name), s.edge_position(h)});
    }
  }
  for (Hemisphere h : kSides) {
    for (int i = 0; i < s.c2c_ports; ++i) {
      all.push_back(
          {Unit::kC2c, h, i, fmt::format("c2c_{}.port_{}", side(h), i), s.edge_position(h)});
    }
  }
  return all;
}

QueueId mem_queue(const ChipSpec& s, Hemisphere h, int slice) {
  return static_cast<int>(h) * s.mem_slices + slice;
}

QueueId vxm_queue(const ChipSpec& s, int alu) { return 2 * s.mem_slices + alu; }

QueueId mxm_queue(const ChipSpec& s, Hemisphere h, int plane, Unit unit) {
  int which = 0;
  while (kMxmUnits[which] != unit) ++which;
  return mxm_base(s) + (static_cast<int>(h) * s.mxm_planes + plane) * 3 + which;
}

QueueId sxm_queue(const ChipSpec& s, Hemisphere h, Unit unit, int index) {
  int which = 0;
  while (kSxmQueues[which].unit != unit || kSxmQueues[which].index != index) ++which;
  return sxm_base(s) + static_cast<int>(h) * kSxmQueueCount + which;
}

bool alu_reaches(const ChipSpec& s, int alu, StreamGroup group) {
  const int groups = s.streams / 4;
  const int row = alu / 4;
  const int offset = (group.first / 4 - 2 * row + 8 * groups) % groups;
  return offset < 4;
}

bool alus_chain(const ChipSpec&, int from, int to) {
  const int distance = (from / 4 - to / 4 + 4) % 4;
  return distance != 2;
}

}  // namespace metronome::lpu
