// SPDX-License-Identifier: Apache-2.0
// What may stand in an image for a given chip: instructions in their queues, streams, addresses,
// tensors in memory. Not here: whether values meet in time and place; the compiler's judge and the
// chip itself see to that.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "hw/isa/lpu/image.h"

namespace metronome::lpu {

/// Why something cannot be: `what, found X, expected Y`.
struct Fault {
  std::string what;
  std::string found;
  std::string expected;
  std::optional<Field> field = std::nullopt;  // the instruction's field at fault, if it is one

  std::string text() const { return what + ", found " + found + ", expected " + expected; }
};

/// The instruction may not stand in this queue at all.
std::optional<Fault> placement_fault(Opcode opcode, const QueueInfo& queue);
/// Placement, fields within the chip, addresses over all repeats.
std::optional<Fault> issue_fault(const Issue& issue, const QueueInfo& queue, const ChipSpec& spec);
/// Errors: UserError `origin: program P: queue: cycle N: instruction: what, found X, expected Y`;
/// N counts from Notify.
void validate_program(const Program& program, const ChipSpec& spec, const std::string& origin);

/// Width and extent of a tensor whose other numbers are each within the chip.
std::optional<Fault> tensor_fault(const MemoryTensor& tensor, const ChipSpec& spec);

/// Two constants, or one twice, in the same cell.
struct Overlap {
  std::size_t first = 0;  // tensors, in the image's order
  std::size_t second = 0;
  Hemisphere hemisphere = Hemisphere::kWest;
  int slice = 0;
  int address = 0;

  Fault fault(std::span<const MemoryTensor> tensors) const;
};
std::optional<Overlap> constant_overlap(std::span<const MemoryTensor> tensors);

}  // namespace metronome::lpu
