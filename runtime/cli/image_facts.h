// SPDX-License-Identifier: Apache-2.0
// What an image costs: bytes of SRAM by kind, bytes of program text, instructions.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "hw/isa/lpu/image.h"

namespace metronome::cli {

/// SRAM bytes that a tensor's words take, its idle lanes included.
std::int64_t sram_bytes(const lpu::MemoryTensor& tensor, const lpu::ChipSpec& chip);

struct SramUse {
  std::int64_t constants = 0;  // weights, norms, tables
  std::int64_t cache = 0;      // keys and values
  std::int64_t working = 0;    // scratch, inputs, outputs
  std::int64_t total() const { return constants + cache + working; }
};
SramUse sram_use(std::span<const lpu::MemoryTensor> tensors, const lpu::ChipSpec& chip);
SramUse sram_use(const lpu::Image& image);

/// "weights and tables 11.2 MiB, cache 2.5 MiB, working set 0.5 MiB"
std::string to_text(const SramUse& use);

/// Bytes of encoded instructions over all queues.
std::int64_t text_bytes(const lpu::Program& program, const lpu::ChipSpec& chip);
std::int64_t text_bytes(const lpu::Image& image);

/// Issues of one run, repeats counted.
std::int64_t issue_count(const lpu::Program& program);

/// The program that serves `position`: the smallest that covers it.
const lpu::Program& program_at(const lpu::Image& image, std::int64_t position);

}  // namespace metronome::cli
