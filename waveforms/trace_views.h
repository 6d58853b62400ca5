// SPDX-License-Identifier: Apache-2.0
// Set-ups for GTKWave and Surfer beside a trace: what ran, grouped by kind of unit, with names in
// the waves. They open where most units are at work; the busiest stand in open groups.
#pragma once

#include <filesystem>
#include <vector>

#include "waveforms/gpu_trace.h"
#include "waveforms/lpu_trace.h"

namespace metronome::waveforms {

struct ViewFiles {
  std::filesystem::path gtkwave;  // save file
  std::filesystem::path surfer;   // command file
};

/// What may be written beside a trace under this name; nothing beside a pipe or a device.
std::vector<std::filesystem::path> view_files(const std::filesystem::path& trace);

/// Beside a pipe or a device nothing is written, and both names are empty.
/// Errors: UserError if a file cannot be written.
ViewFiles write_views(const TraceSummary& trace);
ViewFiles write_views(const GpuTraceSummary& trace);

}  // namespace metronome::waveforms
