// SPDX-License-Identifier: Apache-2.0
// What a run looks like: how busy each kind of unit was, and when.
#pragma once

#include <string>

#include "runtime/cli/gpu_run.h"
#include "runtime/cli/text_chart.h"
#include "runtime/cli/unit_activity.h"

namespace metronome::cli {

/// A bar for each kind of unit, and for what the streams carry.
std::string use_chart(const std::vector<UnitUse>& uses, double stream_bytes_per_cycle,
                      std::int64_t stream_bytes_at_most, const TextStyle& style);

/// The cycles of one token from left to right, a row for each kind of unit.
std::string program_chart(const lpu::Program& program, const lpu::ChipSpec& chip,
                          const TextStyle& style);

/// What the issue slots of a GPU did, and how much of its time and bandwidth went where.
std::string slots_chart(const GpuRun& run, const TextStyle& style);

}  // namespace metronome::cli
