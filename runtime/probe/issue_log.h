// SPDX-License-Identifier: Apache-2.0
// Which warp issued what in which cycle, for the tests that ask for exact cycles.
#pragma once

#include <string>
#include <vector>

#include "runtime/probe/bench.h"

namespace metronome::runtime::probe {

struct Issued {
  std::string sub_core;  // path
  gpu::Cycle cycle = 0;
  int warp = 0;
  int pc = 0;
};

/// Runs the kernel on one SM and returns what was issued, in order.
std::vector<Issued> issues_of(Bench& bench, const Bench::Run& run);

/// Cycles between the issues of one sub-core's first warp.
std::vector<gpu::Cycle> issue_intervals(const std::vector<Issued>& issues);

}  // namespace metronome::runtime::probe
