// SPDX-License-Identifier: Apache-2.0
#include "waveforms/trace_signals.h"

#include <fmt/core.h>

#include <algorithm>

#include "waveforms/signal_filter.h"

namespace metronome::waveforms {

using lpu::ChipSpec;
using lpu::Direction;

namespace {

std::vector<StreamRegister> all_registers(const ChipSpec& spec) {
  std::vector<StreamRegister> all;
  for (Direction d : {Direction::kEast, Direction::kWest}) {
    for (int s = 0; s < spec.streams; ++s) {
      for (int x = 0; x < spec.positions(); ++x) all.push_back({d, s, x});
    }
  }
  return all;
}

bool is_default_column(const ChipSpec& spec, int x) {
  return x == 0 || x == spec.vxm_position() || x == spec.positions() - 1;
}

}  // namespace

std::string path_of(const StreamRegister& r) {
  return fmt::format("lpu.streams.{}.s_{:02}.x_{:02}",
                     r.direction == Direction::kEast ? "east" : "west", r.stream, r.position);
}

std::string path_of(const lpu::QueueInfo& queue) { return "lpu." + queue.path; }

std::string path_of(const PlaneId& plane) {
  return fmt::format("lpu.mxm_{}.plane_{}", plane.hemisphere == lpu::Hemisphere::kEast ? "e" : "w",
                     plane.index);
}

TraceSignals select_signals(const ChipSpec& spec, const std::vector<std::string>& filters) {
  const std::vector<lpu::QueueInfo> queues = lpu::queues(spec);
  const std::vector<StreamRegister> registers = all_registers(spec);
  std::vector<std::string> paths;
  paths.reserve(queues.size() + registers.size());
  for (const lpu::QueueInfo& queue : queues) paths.push_back(path_of(queue));
  for (const StreamRegister& reg : registers) paths.push_back(path_of(reg));
  const std::vector<bool> chosen = choose(paths, filters, spec.name);
  TraceSignals signals;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (filters.empty() || chosen[i]) signals.queues.push_back(static_cast<lpu::QueueId>(i));
  }
  for (const lpu::Hemisphere h : {lpu::Hemisphere::kWest, lpu::Hemisphere::kEast}) {
    for (int p = 0; p < spec.mxm_planes; ++p) {
      const std::string path = path_of(PlaneId{h, p});
      const bool recorded = std::ranges::any_of(signals.queues, [&](lpu::QueueId id) {
        return path_of(queues[static_cast<std::size_t>(id)]).starts_with(path + ".");
      });
      if (recorded) signals.planes.push_back({h, p});
    }
  }
  for (std::size_t i = 0; i < registers.size(); ++i) {
    const bool standard = filters.empty() && is_default_column(spec, registers[i].position);
    if (standard || chosen[queues.size() + i]) signals.registers.push_back(registers[i]);
  }
  return signals;
}

}  // namespace metronome::waveforms
