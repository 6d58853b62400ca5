// SPDX-License-Identifier: Apache-2.0
// The three kinds of file that `metronome inspect` explains.
#pragma once

#include <cstdint>
#include <string>

#include "hw/isa/lpu/chip_spec.h"

namespace metronome::cli {

std::string inspect_chip(const lpu::ChipSpec& chip);

/// Tensors beyond the largest are only counted, unless `all`.
std::string inspect_image(const std::string& path, bool all);

/// `tokenizer` may be empty; a context of 0 is the model's own.
std::string inspect_model(const std::string& path, const std::string& tokenizer,
                          std::int64_t context);

}  // namespace metronome::cli
