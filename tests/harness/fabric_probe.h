// SPDX-License-Identifier: Apache-2.0
// Looks at stream registers inside the simulation, as an operand would: the chip's own answer to
// what a place holds in a cycle.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <systemc>
#include <utility>
#include <vector>

#include "hw/isa/error.h"
#include "hw/lpu/chip.h"

namespace metronome::harness {

struct RegisterPlace {
  std::int64_t cycle = 0;  // from Notify of the program looked at
  bool eastward = true;
  int stream = 0;
  int position = 0;
};

using RegisterLanes = std::array<std::uint8_t, 16>;  // superlane 0

class FabricProbe : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(FabricProbe);
  /// Make it before the chip first runs. `places` by cycle, all within one program.
  FabricProbe(const sc_core::sc_module_name& name, lpu::Chip& chip,
              std::vector<RegisterPlace> places)
      : sc_core::sc_module(name), chip_(chip), places_(std::move(places)) {
    SC_THREAD(look);
  }

  /// Looks during the program that runs next.
  void arm() {
    armed_ = true;
    arming_.notify(sc_core::SC_ZERO_TIME);
  }

  /// In the order of the places; nothing where no value passes.
  const std::vector<std::optional<RegisterLanes>>& seen() const { return seen_; }

 private:
  void look() {
    if (!armed_) wait(arming_);
    const std::int64_t notified = lpu::Barrier::now();
    for (const RegisterPlace& place : places_) {
      const std::int64_t left = notified + place.cycle - lpu::Barrier::now();
      if (left > 0) wait(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(left)));
      seen_.push_back(lanes_at(place));
    }
  }

  std::optional<RegisterLanes> lanes_at(const RegisterPlace& place) {
    const auto direction = place.eastward ? lpu::Direction::kEast : lpu::Direction::kWest;
    try {
      const lpu::Row& row =
          chip_.fabric().sample(direction, place.stream, place.position, lpu::Barrier::now(), -1);
      RegisterLanes lanes{};
      for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        lanes[lane] = row.at(static_cast<int>(lane));
      }
      return lanes;
    } catch (const InvariantError&) {  // an operand that is not there
      return std::nullopt;
    }
  }

  lpu::Chip& chip_;
  std::vector<RegisterPlace> places_;
  bool armed_ = false;  // before the kernel first ran, when nobody hears an event
  sc_core::sc_event arming_;
  std::vector<std::optional<RegisterLanes>> seen_;
};

}  // namespace metronome::harness
