// SPDX-License-Identifier: Apache-2.0
// Commands that set up the viewer Surfer for a trace, and the tables that turn its numbers into
// coloured names.
#pragma once

#include <filesystem>

#include "waveforms/view_plan.h"

namespace metronome::waveforms {

/// `run.sucl` for `run.vcd` or `run.fst`, and in `.surfer/mappings` beside it, where Surfer looks
/// for them, one file for each table. Open it with `surfer run.vcd -c run.sucl` in the trace's
/// folder. Closed groups are left out: Surfer's own list of signals has them.
/// Errors: UserError if a file cannot be written.
std::filesystem::path write_surfer_files(const ViewPlan& plan);

}  // namespace metronome::waveforms
