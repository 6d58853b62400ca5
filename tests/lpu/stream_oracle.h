// SPDX-License-Identifier: Apache-2.0
// Stream registers as hardware has them, the oracle of StreamFabric: an array of registers a stream
// and direction, all moved one column every cycle, a drive replacing what would have moved in. It
// keeps numbers for values; zero is an empty register. Slow and plain on purpose.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "hw/isa/lpu/chip_spec.h"

namespace metronome::lpu::testing {

class StreamOracle {
 public:
  explicit StreamOracle(const ChipSpec& spec)
      : positions_(spec.positions()),
        registers_(static_cast<std::size_t>(2 * spec.streams),
                   std::vector<int>(static_cast<std::size_t>(positions_))),
        streams_(spec.streams) {}

  /// Books `value` for the register at `x`, to be there in cycle `visible`, later than now.
  /// False if another value is booked for it.
  bool drive(Direction d, int stream, Position x, Cycle visible, int value) {
    return drives_.emplace(std::tuple(visible, line(d, stream), x), value).second;
  }

  /// The clock edge: every value moves on, those at the edge leave, booked ones enter.
  void step() {
    ++now_;
    for (std::size_t l = 0; l < registers_.size(); ++l) {
      std::vector<int>& line = registers_[l];
      if (l < static_cast<std::size_t>(streams_)) {
        for (std::size_t x = line.size() - 1; x > 0; --x) line[x] = line[x - 1];
        line.front() = 0;
      } else {
        for (std::size_t x = 0; x + 1 < line.size(); ++x) line[x] = line[x + 1];
        line.back() = 0;
      }
    }
    while (!drives_.empty() && std::get<0>(drives_.begin()->first) == now_) {
      const auto& [key, value] = *drives_.begin();
      registers_[std::get<1>(key)][static_cast<std::size_t>(std::get<2>(key))] = value;
      drives_.erase(drives_.begin());
    }
  }

  /// What stands in the register now; zero if nothing.
  int sample(Direction d, int stream, Position x) const {
    return registers_[line(d, stream)][static_cast<std::size_t>(x)];
  }
  Cycle now() const { return now_; }

 private:
  std::size_t line(Direction d, int stream) const {
    return static_cast<std::size_t>(static_cast<int>(d) * streams_ + stream);
  }

  int positions_;
  std::vector<std::vector<int>> registers_;  // [direction * streams + stream][position]
  int streams_;
  std::map<std::tuple<Cycle, std::size_t, Position>, int> drives_;
  Cycle now_ = 0;
};

}  // namespace metronome::lpu::testing
