// SPDX-License-Identifier: Apache-2.0
// Microbenchmarks of a GPU against what was published about its board.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::runtime {

/// One line of the table: what the model gives, what was published, and how far apart they may be.
struct ProbeRow {
  std::string id;  // "V2"
  std::string test;
  std::string unit;
  double model = 0.0;
  double least = 0.0;  // accepted, both ends
  double most = 0.0;
  double published_least = 0.0;
  double published_most = 0.0;
  std::string published;  // as it is written in the source
  std::string tolerance;
  std::string source;
  bool judged = true;  // false: reported with its error, whatever it is

  bool passed() const { return model >= least && model <= most; }
};

/// Runs every microbenchmark that has a published value for `spec`'s board; of a GPU that is no
/// preset none has. `progress` is told what runs. One call a process: SystemC elaborates once.
std::vector<ProbeRow> run_probe(const gpu::GpuSpec& spec,
                                const std::function<void(const std::string&)>& progress);

}  // namespace metronome::runtime
