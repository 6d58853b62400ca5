// SPDX-License-Identifier: Apache-2.0
// A GpuSpec for people: every number with its confidence and source.
#pragma once

#include <string>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

/// Markdown: a table for each group of fields, at the end how many numbers of each confidence.
std::string spec_table(const GpuSpec& spec);

}  // namespace metronome::gpu
