// SPDX-License-Identifier: Apache-2.0
// Weights without the way: a program is fixed, so which read brings which row to a load of weights
// is known before it runs. Where nobody else touches the streams in between, the load takes the
// rows from the slices, and the reads are counted without being done.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hw/isa/lpu/program.h"

namespace metronome::lpu {

/// Where the rows of one load and its repeats lie: row s of repeat n in slice[s] at
/// address[s] + n * address_step.
struct LoadSource {
  std::array<QueueId, 16> slice{};  // by their queues
  std::array<std::int32_t, 16> address{};
  std::int32_t address_step = 0;
};

struct DirectLoads {
  std::vector<LoadSource> sources;
  /// [program.queues][issue]: of a load, its source; -1 elsewhere.
  std::vector<std::vector<std::int32_t>> source_of;
  /// [program.queues][issue]: a read all of whose values go to such loads and nowhere else.
  std::vector<std::vector<bool>> needless;
};

/// A load is taken so if a read brings each of its operands, always from the same slices and an
/// equal step further each time, and nothing is written to those slices between read and load.
DirectLoads find_direct_loads(const Program& program, const ChipSpec& spec);

}  // namespace metronome::lpu
