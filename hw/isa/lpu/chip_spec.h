// SPDX-License-Identifier: Apache-2.0
// A chip as data: geometry, hop table, clock. Positions are stream-register columns; the vector
// unit stands at the centre, memory quads and the switch and matrix units outwards on both sides.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/lpu/opcode.h"
#include "hw/isa/lpu/types.h"

namespace metronome::lpu {

struct ChipSpec {
  std::string name;
  int lanes_per_superlane = 16;
  int superlanes = 0;
  int streams = 32;        // per direction
  int mem_slices = 0;      // per hemisphere; slice 0 is next to the VXM
  int banks = 2;           // per slice; the bank is the top address bit
  int words_per_bank = 0;  // vectors
  int slices_per_hop = 4;  // a quad of slices shares a stream-register column
  int vxm_entry_hops = 4;  // first quad to the ALUs' operand sample
  int io_hops = 4;         // memory edge to the switch and matrix units
  int mxm_planes = 2;      // per hemisphere
  int vxm_alus = 16;
  int sxm_distributors = 4;  // per hemisphere
  int sxm_transposers = 2;   // per hemisphere
  int c2c_ports = 8;         // per hemisphere
  int accumulators = 2;      // per plane
  std::int64_t clock_hz = 0;

  int lanes() const { return superlanes * lanes_per_superlane; }
  int words_per_slice() const { return banks * words_per_bank; }
  int quads() const { return (mem_slices + slices_per_hop - 1) / slices_per_hop; }
  /// Hops from the VXM to the edge column, where SXM and MXM sit.
  int edge_hops() const { return vxm_entry_hops + quads() + io_hops; }
  Position vxm_position() const { return edge_hops(); }
  Position edge_position(Hemisphere h) const {
    return h == Hemisphere::kEast ? 2 * edge_hops() : 0;
  }
  Position slice_position(Hemisphere h, int slice) const {
    const int hops = vxm_entry_hops + slice / slices_per_hop;
    return h == Hemisphere::kEast ? vxm_position() + hops : vxm_position() - hops;
  }
  /// ALU results enter the stream at the first quad: exit costs nothing beyond the ALU's latency.
  Position vxm_result_position(Direction d) const {
    return d == Direction::kEast ? vxm_position() + vxm_entry_hops
                                 : vxm_position() - vxm_entry_hops;
  }
  int positions() const { return 2 * edge_hops() + 1; }
  std::int64_t sram_bytes() const {
    return std::int64_t{2} * mem_slices * words_per_slice() * lanes();
  }
  int bank_of(int address) const { return address / words_per_bank; }
  int queue_count() const;

  bool operator==(const ChipSpec&) const = default;
};

/// Full-size chip: 20 superlanes x 16 lanes, 2 x 44 slices of 2.5 MiB, 4 planes, 900 MHz.
ChipSpec groq1();
/// A chip that fits on a screen: 16 lanes, 2 x 16 small slices, 16 x 16 planes.
ChipSpec teaching();
std::vector<ChipSpec> chip_presets();

/// Errors: UserError naming `origin`, the field or the pair of fields, what was found, the limit.
void validate(const ChipSpec& spec, const std::string& origin);

/// One in-order instruction queue of the chip.
struct QueueInfo {
  Unit unit = Unit::kIcu;
  Hemisphere hemisphere = Hemisphere::kWest;  // not for VXM
  int index = 0;                              // slice, ALU, plane, or which of the units
  std::string path;  // `mem_e.slice_12`, `vxm.alu_3`, `mxm_w.plane_0.weights`
  Position position = 0;
};

using QueueId = int;

/// All queues in a fixed order: MEM west and east, VXM, MXM, SXM, C2C.
std::vector<QueueInfo> queues(const ChipSpec& spec);

QueueId mem_queue(const ChipSpec& spec, Hemisphere h, int slice);
QueueId vxm_queue(const ChipSpec& spec, int alu);
QueueId mxm_queue(const ChipSpec& spec, Hemisphere h, int plane, Unit unit);
QueueId sxm_queue(const ChipSpec& spec, Hemisphere h, Unit unit, int index);

/// VXM reach: the ALU in row r of the 4x4 mesh reaches stream groups 2r .. 2r+3 (mod 8) of four
/// streams each, and chains with ALUs of the same row and the rows beside it.
/// Source: USQ alu finder for the groups; chaining by shared groups is derived from it.
bool alu_reaches(const ChipSpec& spec, int alu, StreamGroup group);
bool alus_chain(const ChipSpec& spec, int from, int to);

}  // namespace metronome::lpu
