// SPDX-License-Identifier: Apache-2.0
// A GPU of one's own, as a JSON file with comments: a preset under "base", then the fields of
// GpuSpec that differ from it.
//
//   {
//     // an H100 with the L2 in one piece
//     "base": "h100",
//     "name": "one-half",
//     "l2_halves": 1
//   }
#pragma once

#include <filesystem>
#include <string>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::runtime {

/// Without "name", the GPU is named after its file. What the file sets counts as assumed.
/// Errors: UserError `file:line: field: what`, the nearest name for an unknown field; then those of
/// gpu::validate.
gpu::GpuSpec load_gpu(const std::filesystem::path& path);

/// A preset's name or a GPU file. Errors: UserError naming the presets there are.
gpu::GpuSpec gpu_of(const std::string& name_or_file);

/// "teaching, v100, a100", for messages.
std::string gpu_preset_list();

}  // namespace metronome::runtime
