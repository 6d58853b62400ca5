// SPDX-License-Identifier: Apache-2.0
// Set-ups for GTKWave and Surfer beside a trace: what ran, grouped by kind of unit, with names in
// the waves. They open where most units are at work; the busiest stand in open groups.
#pragma once

#include <filesystem>

#include "waveforms/gpu_trace.h"
#include "waveforms/lpu_trace.h"

namespace metronome::waveforms {

struct ViewFiles {
  std::filesystem::path gtkwave;  // save file
  std::filesystem::path surfer;   // command file
};

/// Errors: UserError if a file cannot be written.
ViewFiles write_views(const TraceSummary& trace);
ViewFiles write_views(const GpuTraceSummary& trace);

}  // namespace metronome::waveforms
