// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/stream_flows.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "hw/isa/lpu/opcode.h"

namespace metronome::waveforms {
namespace {

int slowest(const lpu::ChipSpec& spec) {
  int latest = 0;
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) {
    latest = std::max({latest, op.latency(spec.superlanes), op.skew_cycles});
  }
  return latest;
}

std::int64_t frame_of(bool eastward, std::int64_t cycle, int position) {
  return eastward ? cycle - position : cycle + position;
}

}  // namespace

StreamFlows::StreamFlows(const lpu::ChipSpec& spec)
    : streams_(spec.streams),
      reach_cycles_(slowest(spec) + spec.positions() + 1),
      depth_(std::bit_ceil(static_cast<std::size_t>(reach_cycles_ + spec.positions()))),
      values_(2 * static_cast<std::size_t>(spec.streams) * depth_) {}

std::size_t StreamFlows::slot(bool eastward, int stream, std::int64_t frame) const {
  const int line_number = (eastward ? 0 : streams_) + stream;
  const auto line = static_cast<std::size_t>(line_number);
  return line * depth_ + (static_cast<std::size_t>(frame) & (depth_ - 1));
}

void StreamFlows::drive(const hw::StreamEvent& event, std::int64_t issue) {
  const std::int64_t frame = frame_of(event.eastward, event.cycle, event.position);
  std::vector<Value>& values = values_[slot(event.eastward, event.stream, frame)];
  if (!values.empty() && values.front().frame != frame) values.clear();
  values.push_back({frame, event.position, issue});
}

std::int64_t StreamFlows::maker(const hw::SampleEvent& event) const {
  const std::int64_t frame = frame_of(event.eastward, event.cycle, event.position);
  for (const Value& value : values_[slot(event.eastward, event.stream, frame)]) {
    if (value.frame == frame && value.position == event.producer_position) return value.issue;
  }
  return kNobody;
}

}  // namespace metronome::waveforms
