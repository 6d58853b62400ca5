// SPDX-License-Identifier: Apache-2.0
// What the planes of the matrix units do and hold, cycle by cycle, as their issues tell it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hw/isa/lpu/chip_spec.h"

namespace metronome::waveforms {

/// Weights pass from the streams into the buffer, from there into the array, which multiplies; the
/// first two are named by what their tile is for. A tile of fp16 takes the planes of a pair and is
/// shown in both.
struct PlaneState {
  std::string state = "idle";  // or what goes on, joined by '+': loading, installing, multiplying
  std::string buffer = "-";
  std::string array = "-";

  bool operator==(const PlaneState&) const = default;
};

class PlaneTimeline {
 public:
  explicit PlaneTimeline(const lpu::ChipSpec& spec);

  /// An instruction of a matrix unit begins in `cycle`. `row`: the first row that it loads.
  /// Others are ignored.
  void issue(const lpu::QueueInfo& queue, lpu::Opcode opcode, int row, std::string_view purpose,
             std::int64_t cycle);
  /// What plane `plane` of the chip, west before east, is seen to do in `cycle`.
  const PlaneState& at(std::size_t plane, std::int64_t cycle);

 private:
  struct Plane {
    std::int64_t loading_until = 0;
    std::int64_t installing_until = 0;
    std::int64_t multiplying_until = 0;
    int width = 1;         // bytes of a weight in the buffer
    std::string incoming;  // tile on its way behind the one in the buffer; empty if none
    std::int64_t incoming_arrives = 0;
    PlaneState shown;
  };

  struct Load {
    int width = 1;  // bytes of a weight
    int row = 0;
    std::int64_t arrives = 0;
  };

  static void load(Plane& plane, Plane& partner, const Load& what, std::string_view purpose);
  static void install(Plane& plane, Plane& partner, std::int64_t cycle);

  int planes_;  // a hemisphere
  std::vector<Plane> all_;
};

}  // namespace metronome::waveforms
