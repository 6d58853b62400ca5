// SPDX-License-Identifier: Apache-2.0
// A program in the form in which queues walk through it: what is looked at again and again of an
// issue fits half a line of the host's cache. Preparing once serves any number of runs. Of each
// program there are two forms: every issue in its place, and one without the reads that loads of
// weights can do without.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/lpu/direct_loads.h"

namespace metronome::lpu {

enum class StepKind : std::uint8_t {
  kPlain,
  kReads,  // may be done ahead of time
  kLoads,  // a load whose rows are taken from where they lie
};

struct QueueStep {
  Cycle cycle = 0;  // of the first issue, from the release of the barrier
  const Issue* issue = nullptr;
  std::int32_t address = 0;  // of the first issue; kLoads: its source
  std::int32_t address_step = 0;
  std::int32_t count = 1;
  std::uint16_t stride = 1;
  StepKind kind = StepKind::kPlain;
};
static_assert(sizeof(QueueStep) <= 32);

/// Issues of a queue that are counted but not done.
struct Needless {
  QueueId queue = 0;
  std::int64_t reads = 0;
};

struct PreparedProgram {
  const Program* program = nullptr;             // must outlive this, unchanged
  std::vector<std::vector<QueueStep>> queues;   // as program->queues
  std::vector<std::vector<QueueStep>> shorter;  // the same without needless reads; empty if alike
  std::vector<LoadSource> sources;
  std::vector<Needless> needless;
  Cycle last_needless = 0;  // when the last of them is complete, from the release of the barrier
};

/// Every issue in its place only.
PreparedProgram prepare(const Program& program);
/// Both forms.
PreparedProgram prepare(const Program& program, const ChipSpec& spec);

}  // namespace metronome::lpu
