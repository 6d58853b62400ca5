// SPDX-License-Identifier: Apache-2.0
#include "waveforms/plane_timeline.h"

#include <array>
#include <utility>

#include "hw/isa/lpu/opcode.h"

namespace metronome::waveforms {

using lpu::Opcode;
using lpu::Unit;

PlaneTimeline::PlaneTimeline(const lpu::ChipSpec& spec)
    : planes_(spec.mxm_planes), all_(2 * static_cast<std::size_t>(spec.mxm_planes)) {}

void PlaneTimeline::issue(const lpu::QueueInfo& queue, Opcode opcode, int row,
                          std::string_view purpose, std::int64_t cycle) {
  const int first = static_cast<int>(queue.hemisphere) * planes_;
  const auto at = [&](int index) -> Plane& {
    const int place = first + index;
    return all_[static_cast<std::size_t>(place)];
  };
  Plane& plane = at(queue.index);
  const int beside = queue.index ^ 1;
  Plane& partner = at(beside < planes_ ? beside : queue.index);
  const std::int64_t end = cycle + lpu::info(opcode).result_cycles;
  switch (lpu::info(opcode).format) {
    case lpu::Format::kLoadWeights:
      plane.loading_until = end;
      return load(plane, partner, {opcode == Opcode::kLwF16 ? 2 : 1, row, end}, purpose);
    case lpu::Format::kInstall:
      plane.installing_until = end;
      return install(plane, partner, cycle);
    case lpu::Format::kActivate:
      plane.multiplying_until = end;
      return;
    default:
      return;
  }
}

/// A tile begins with row 0; the rows that follow belong to it.
void PlaneTimeline::load(Plane& plane, Plane& partner, const Load& what, std::string_view purpose) {
  if (what.row != 0) return;
  const int width = what.width;
  if (!plane.incoming.empty()) plane.shown.buffer = plane.incoming;
  plane.incoming.clear();
  if (plane.shown.buffer == "-") {
    plane.shown.buffer = purpose;
  } else {
    plane.incoming = purpose;
    plane.incoming_arrives = what.arrives;
  }
  if (width == 2) {
    partner.shown.buffer = purpose;
  } else if (partner.width == 2) {
    partner.shown.buffer = "-";
  }
  partner.width = width == 2 ? 2 : 1;
  plane.width = width;
}

/// The next tile may already be on its way behind the one that is installed.
void PlaneTimeline::install(Plane& plane, Plane& partner, std::int64_t cycle) {
  if (!plane.incoming.empty() && plane.incoming_arrives <= cycle) {
    plane.shown.buffer = std::exchange(plane.incoming, "");
  }
  plane.shown.array = std::exchange(plane.shown.buffer, "-");
  if (!plane.incoming.empty()) plane.shown.buffer = std::exchange(plane.incoming, "");
  if (plane.width != 2) return;
  partner.shown.array = plane.shown.array;
  partner.shown.buffer = "-";
}

const PlaneState& PlaneTimeline::at(std::size_t plane, std::int64_t cycle) {
  Plane& p = all_[plane];
  const std::array<std::pair<std::int64_t, const char*>, 3> doing = {
      {{p.loading_until, "loading"},
       {p.installing_until, "installing"},
       {p.multiplying_until, "multiplying"}}};
  p.shown.state.clear();
  for (const auto& [until, name] : doing) {
    if (until <= cycle) continue;
    if (!p.shown.state.empty()) p.shown.state += '+';
    p.shown.state += name;
  }
  if (p.shown.state.empty()) p.shown.state = "idle";
  return p.shown;
}

}  // namespace metronome::waveforms
