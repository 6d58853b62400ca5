// SPDX-License-Identifier: Apache-2.0
// What a trace of the LPU records: queues and stream registers, by path and filter.
#pragma once

#include <string>
#include <vector>

#include "hw/isa/lpu/chip_spec.h"

namespace metronome::waveforms {

/// One stream register of the chip.
struct StreamRegister {
  lpu::Direction direction = lpu::Direction::kEast;
  int stream = 0;
  lpu::Position position = 0;
};

/// `lpu.streams.east.s_00.x_19`.
std::string path_of(const StreamRegister& reg);
/// `lpu.mem_w.slice_12`.
std::string path_of(const lpu::QueueInfo& queue);

/// One plane of a matrix unit.
struct PlaneId {
  lpu::Hemisphere hemisphere = lpu::Hemisphere::kWest;
  int index = 0;
};
/// `lpu.mxm_w.plane_0`.
std::string path_of(const PlaneId& plane);

struct TraceSignals {
  std::vector<lpu::QueueId> queues;       // by id
  std::vector<PlaneId> planes;            // those of whose queues one is recorded
  std::vector<StreamRegister> registers;  // by direction, stream, position
};

/// Signals whose path contains one of `filters`. Without filters: all queues, and the stream
/// registers at the west edge, at the VXM and at the east edge.
/// Errors: UserError naming the filter that matches nothing, with the nearest names.
TraceSignals select_signals(const lpu::ChipSpec& spec, const std::vector<std::string>& filters);

}  // namespace metronome::waveforms
