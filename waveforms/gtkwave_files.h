// SPDX-License-Identifier: Apache-2.0
// A GTKWave save file beside a trace, and the tables that turn its numbers into coloured names.
#pragma once

#include <filesystem>

#include "waveforms/view_plan.h"

namespace metronome::waveforms {

/// `run.gtkw` for `run.vcd` or `run.fst`, and for each table a file such as `run.opcodes.txt`. Open
/// it with `gtkwave run.vcd run.gtkw` in the trace's folder. Returns the path of the save file.
/// Errors: UserError if a file cannot be written.
std::filesystem::path write_gtkwave_files(const ViewPlan& plan);

}  // namespace metronome::waveforms
