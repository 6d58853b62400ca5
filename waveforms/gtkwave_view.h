// SPDX-License-Identifier: Apache-2.0
// A GTKWave save file beside a trace: what ran, grouped by kind of unit, with names in the waves.
#pragma once

#include <filesystem>

#include "waveforms/lpu_trace.h"

namespace metronome::waveforms {

/// `run.gtkw` for `run.vcd`, and `run.opcodes.txt`, which colours the opcode numbers. Open it with
/// `gtkwave run.vcd run.gtkw` in the trace's folder.
/// It opens where most units are at work; the queues and streams that are busiest there stand in
/// open groups, the others in closed ones.
/// Returns the path of the save file. Errors: UserError if a file cannot be written.
std::filesystem::path write_gtkwave_view(const TraceSummary& trace);

}  // namespace metronome::waveforms
