// SPDX-License-Identifier: Apache-2.0
// One probe an instruction: a program that dispatches it once, with operands fed to its place and
// time, and an observer of its result that looks `shift` cycles beside the time the table gives.
#pragma once

#include <optional>
#include <string>

#include "tests/harness/lpu_bench.h"

namespace metronome::lpu::testing {

struct Probe {
  ProgramBuilder program;
  QueueId queue = 0;  // that dispatches the instruction
  Instruction instruction;
  Cycle dispatch = 0;
  Bytes expected;  // [lanes, width] interleaved
  int slice = 0;   // where the observer leaves what it saw, east
  int address = 0;
  int width = 1;
  std::string refusal = "operand missing";  // what looking too early ends with
  bool moves_on = true;                     // the result is there in one cycle only
};

/// None for instructions of the queues themselves, which have no result.
std::optional<Probe> probe_of(Bench& bench, const OpcodeInfo& op, int shift);

}  // namespace metronome::lpu::testing
