// SPDX-License-Identifier: Apache-2.0
// How busy the units of a chip are: over a run from its counters, and over the cycles of one token
// from the program alone, which holds the cycle of every instruction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/common/counter.h"
#include "hw/isa/lpu/program.h"

namespace metronome::cli {

/// Units of one kind over a run. A unit is busy while an instruction holds its queue.
struct UnitUse {
  std::string name;       // "MXM weights"
  std::string unit_name;  // "plane", for a count of them
  std::int64_t units = 0;
  std::int64_t busy_cycles = 0;   // of all units together
  std::int64_t total_cycles = 0;  // of each unit

  double share() const;
};
std::vector<UnitUse> units_used(const lpu::ChipSpec& chip, const hw::Counters& counters);

/// Units of one kind over the cycles of a program.
struct UnitActivity {
  std::string name;
  std::int64_t units = 0;
  std::vector<std::int64_t> busy_cycles;  // by stretch, of all units together
};
struct ProgramActivity {
  lpu::Cycle cycles = 0;          // from Notify to the last effect
  lpu::Cycle stretch_cycles = 1;  // of each stretch but the last, which may be shorter
  std::vector<UnitActivity> kinds;

  /// Busy unit cycles of each stretch against all that there are.
  std::vector<double> shares(const UnitActivity& kind) const;
};
/// In at most `stretches` stretches.
ProgramActivity activity_of(const lpu::Program& program, const lpu::ChipSpec& chip,
                            std::size_t stretches);

}  // namespace metronome::cli
