// SPDX-License-Identifier: Apache-2.0
// A run on the machine that was asked for: its text as it comes, and what is recorded meanwhile.
#pragma once

#include <optional>
#include <string>

#include "runtime/cli/machine_option.h"
#include "runtime/cli/run_result.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"
#include "runtime/cli/timeline_option.h"
#include "runtime/cli/trace_option.h"

namespace metronome::cli {

struct RunOptions {
  std::string prompt;
  runtime::SpecialText special = runtime::SpecialText::kPlain;
  std::int64_t tokens = 0;
  runtime::SamplingOptions sampling;
  MachineChoice machine;
  comparison::GpuOptions gpu;
  std::uint64_t machine_seed = 0;
  std::string json_path;
  std::optional<TraceRequest> trace;
  std::optional<TimelineRequest> timeline;
  bool quiet = false;  // nothing but the text
  bool shows_text = true;

  bool on(MachineChoice::Kind kind) const { return machine.kind == kind; }
};

/// `subject` has an image for an LPU, a model for the others.
RunResult run_machine(const Subject& subject, const Arguments& arguments, const RunOptions& options,
                      Progress& progress);

}  // namespace metronome::cli
