// SPDX-License-Identifier: Apache-2.0
// Who made the value that an instruction takes from a stream. Values are kept as long as one can be
// on its way: from its issue over the slowest unit's latency and across the chip.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/common/observer.h"
#include "hw/isa/lpu/chip_spec.h"

namespace metronome::waveforms {

class StreamFlows {
 public:
  static constexpr std::int64_t kNobody = -1;

  explicit StreamFlows(const lpu::ChipSpec& spec);

  /// Cycles from an issue until nobody can take its value any more.
  std::int64_t reach_cycles() const { return reach_cycles_; }
  /// `issue` put a value on a stream.
  void drive(const hw::StreamEvent& event, std::int64_t issue);
  /// The issue that made the value taken, kNobody if it was not seen.
  std::int64_t maker(const hw::SampleEvent& event) const;

 private:
  /// Values that share a stream and the cycle in which they are at, or would have been at, its
  /// western end: one drives out the other where they meet.
  struct Value {
    std::int64_t frame = 0;
    int position = 0;
    std::int64_t issue = kNobody;
  };
  std::size_t slot(bool eastward, int stream, std::int64_t frame) const;

  int streams_;
  std::int64_t reach_cycles_;
  std::size_t depth_;                       // frames kept of a stream
  std::vector<std::vector<Value>> values_;  // [direction, stream, frame modulo depth]
};

}  // namespace metronome::waveforms
