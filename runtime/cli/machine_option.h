// SPDX-License-Identifier: Apache-2.0
// Words that name a machine, lpu:CHIP, gpu:GPU or reference, and the options that only a GPU has.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"
#include "hw/isa/lpu/chip_spec.h"
#include "runtime/cli/arguments.h"
#include "runtime/comparison/gpu_machine.h"

namespace metronome::cli {

struct MachineChoice {
  enum class Kind : std::uint8_t { kLpu, kGpu, kReference };
  Kind kind = Kind::kLpu;
  std::optional<lpu::ChipSpec> chip;  // kLpu, where one is named
  gpu::GpuSpec gpu;                   // kGpu
};

/// `option`: where `text` stands, "machine". Presets and files are allowed after lpu: and gpu:.
/// Errors: UsageError naming the machines there are; UserError for a file that describes none.
MachineChoice machine_of(std::string_view option, const std::string& text);

/// --machine; without it an LPU.
/// Errors: UsageError if --chip says something else, or a GPU's option stands beside no GPU.
MachineChoice machine_option(const Arguments& arguments);

/// The options in the tables of commands that take a GPU.
std::vector<Option> gpu_option_rows();
/// --launch, --background and --without. Errors: UsageError.
comparison::GpuOptions gpu_options(const Arguments& arguments);

/// "40 published, 12 derived, 4 fitted, 37 assumed" of the numbers that describe the GPU.
std::string confidence_text(const gpu::GpuSpec& spec);
/// How many numbers have this confidence.
std::int64_t count_of(const gpu::GpuSpec& spec, gpu::Confidence confidence);

}  // namespace metronome::cli
