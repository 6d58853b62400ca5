// SPDX-License-Identifier: Apache-2.0
// --trace and what belongs to it: a waveform of a run, for a window of cycles and a part of the
// machine, up to a size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "hw/isa/lpu/image.h"
#include "runtime/cli/arguments.h"
#include "waveforms/trace_options.h"

namespace metronome::cli {

struct TraceRequest {
  std::string path;
  waveforms::TraceOptions options;
};

/// Nothing without --trace.
/// Errors: UsageError if the window is no A:B, its options stand alone, or the name is that of no
/// trace.
std::optional<TraceRequest> trace_request(const Arguments& arguments);

/// Warns on standard error where the trace of the first `tokens` positions will be larger than a
/// viewer likes.
void note_large_trace(const lpu::Image& image, const TraceRequest& request, std::int64_t tokens);

/// "once.vcd, 601 cycles from cycle 0, 1.2 MiB"
std::string to_text(const waveforms::TraceFacts& summary);

/// For a shell. GTKWave finds the files that its set-up names only from their own folder.
std::string viewer_command(const std::filesystem::path& trace, const std::filesystem::path& view);

}  // namespace metronome::cli
