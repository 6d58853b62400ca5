// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/image_facts.h"

#include <fmt/core.h>

#include "hw/isa/error.h"
#include "hw/isa/lpu/codec.h"
#include "runtime/cli/numbers.h"

namespace metronome::cli {

std::int64_t sram_bytes(const lpu::MemoryTensor& t, const lpu::ChipSpec& chip) {
  return std::int64_t{t.addresses()} * t.stripes * t.width * chip.lanes();
}

SramUse sram_use(std::span<const lpu::MemoryTensor> tensors, const lpu::ChipSpec& chip) {
  SramUse use;
  for (const lpu::MemoryTensor& t : tensors) {
    const std::int64_t bytes = sram_bytes(t, chip);
    switch (t.kind) {
      case lpu::TensorKind::kConstant:
        use.constants += bytes;
        break;
      case lpu::TensorKind::kState:
        use.cache += bytes;
        break;
      case lpu::TensorKind::kScratch:
      case lpu::TensorKind::kInput:
      case lpu::TensorKind::kOutput:
        use.working += bytes;
        break;
    }
  }
  return use;
}

SramUse sram_use(const lpu::Image& image) { return sram_use(image.tensors, image.chip); }

std::string to_text(const SramUse& use) {
  return fmt::format("weights and tables {}, cache {}, working set {}", bytes_text(use.constants),
                     bytes_text(use.cache), bytes_text(use.working));
}

std::int64_t text_bytes(const lpu::Program& program, const lpu::ChipSpec& chip) {
  std::int64_t bytes = 0;
  bool notifies = true;  // the first queue does
  for (const lpu::QueueProgram& queue : program.queues) {
    bytes += static_cast<std::int64_t>(lpu::encode_queue(queue, chip, notifies).size());
    notifies = false;
  }
  return bytes;
}

std::int64_t text_bytes(const lpu::Image& image) {
  std::int64_t bytes = 0;
  for (const lpu::Program& program : image.programs) bytes += text_bytes(program, image.chip);
  return bytes;
}

std::int64_t issue_count(const lpu::Program& program) {
  std::int64_t count = 0;
  for (const lpu::QueueProgram& queue : program.queues) {
    for (const lpu::Issue& issue : queue.issues) count += issue.count;
  }
  return count;
}

const lpu::Program& program_at(const lpu::Image& image, std::int64_t position) {
  for (const lpu::Program& program : image.programs) {
    if (position < program.context) return program;
  }
  throw InvariantError(fmt::format("image: no program serves position {}", position));
}

}  // namespace metronome::cli
