// SPDX-License-Identifier: Apache-2.0
// What one run found out, and its two forms: a short table for people and JSON for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hw/common/counter.h"
#include "runtime/cli/gpu_run.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/text_chart.h"
#include "runtime/generation/generate.h"

namespace metronome::cli {

struct RunResult {
  std::string device;
  std::vector<std::int32_t> prompt_ids;
  runtime::Generation generation;
  runtime::SamplingOptions sampling;
  std::int64_t instructions_issued = 0;
  std::int64_t macs = 0;
  hw::Counters counters;
  std::optional<GpuRun> gpu;  // where it ran on one
  std::string trace;          // what was recorded, in words; empty without --trace
  std::string trace_viewer;   // the command that opens it; empty where it has no set-up
  std::string timeline;       // likewise, of --timeline
};

/// The tokens of a run that one program served.
struct ProgramUse {
  std::string name;
  std::int64_t context = 0;
  std::int64_t tokens = 0;
  std::int64_t predicted = 0;
  std::int64_t lowest = 0;  // simulated cycles
  std::int64_t highest = 0;
};

/// By context; none where the device has no clock.
std::vector<ProgramUse> program_uses(const Subject& subject, const RunResult& result);

/// The first token whose simulated cycles are not the predicted ones, in words; empty if none.
std::string first_mismatch(const Subject& subject, const RunResult& result);

/// Sum over all tokens.
std::int64_t simulated_cycles(const RunResult& result);

/// Bytes put on stream registers per cycle, over the run.
double stream_bytes_per_cycle(const Subject& subject, const RunResult& result);
/// What all streams carry past one place per cycle.
std::int64_t stream_bytes_at_most(const lpu::ChipSpec& chip);

std::string report(const Subject& subject, const RunResult& result, const TextStyle& style);
std::string json_report(const Subject& subject, const RunResult& result);

}  // namespace metronome::cli
