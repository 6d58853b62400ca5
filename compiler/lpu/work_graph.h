// SPDX-License-Identifier: Apache-2.0
// Which works must come after which: those that read what another wrote, or overwrite what another
// reads or wrote, by rows of memory in program order.
#pragma once

#include <vector>

#include "compiler/lpu/placer.h"

namespace metronome::compiler {

struct WorkGraph {
  std::vector<std::vector<int>> after;  // [work]: works that wait for it
  std::vector<int> waits_for;           // [work]: how many it waits for
};

/// `tensors`: as the placer has them.
WorkGraph work_graph(const std::vector<Work>& works, const std::vector<lpu::MemoryTensor>& tensors);

/// Cycles from a work's first instruction to its last effect, nothing being in the way.
lpu::Cycle least_duration(const Work& work);

}  // namespace metronome::compiler
