// SPDX-License-Identifier: Apache-2.0
// A program in the form in which queues walk through it: what is looked at again and again of an
// issue fits half a line of the host's cache. Preparing once serves any number of runs.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/lpu/program.h"

namespace metronome::lpu {

struct QueueStep {
  Cycle cycle = 0;  // of the first issue, from the release of the barrier
  const Issue* issue = nullptr;
  std::int32_t address = 0;  // of the first issue
  std::int32_t address_step = 0;
  std::int32_t count = 1;
  std::uint16_t stride = 1;
  bool reads = false;  // a Read: may be done ahead of time
};
static_assert(sizeof(QueueStep) <= 32);

struct PreparedProgram {
  const Program* program = nullptr;            // must outlive this, unchanged
  std::vector<std::vector<QueueStep>> queues;  // as program->queues
};

PreparedProgram prepare(const Program& program);

}  // namespace metronome::lpu
