// SPDX-License-Identifier: Apache-2.0
// A counter says what it counts: name, unit and one sentence, so that reports need no second list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace metronome::hw {

struct Counter {
  std::string name;  // path, `vxm.busy`
  std::string unit;  // "cycles", "instructions", "bytes", "multiply-accumulates"
  std::string sentence;
  std::int64_t value = 0;
};

using Counters = std::vector<Counter>;

}  // namespace metronome::hw
