// SPDX-License-Identifier: Apache-2.0
// How large a trace will be, from the schedule alone: a static chip tells before it runs.
#pragma once

#include <cstdint>
#include <span>

#include "hw/isa/lpu/program.h"
#include "waveforms/trace_options.h"

namespace metronome::waveforms {

/// Bytes of the VCD of a run of `programs`, one after the other from chip time 0, without regard
/// to `max_bytes`. Exact in cycles and issues; what the vectors hold is not known before the run,
/// so half of their bits are taken: within a factor of two.
std::uint64_t estimate_bytes(std::span<const lpu::Program* const> programs,
                             const lpu::ChipSpec& spec, const TraceOptions& options);

}  // namespace metronome::waveforms
