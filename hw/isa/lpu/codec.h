// SPDX-License-Identifier: Apache-2.0
// Instruction text of a queue: bytes in program order, time made of NOP and Repeat.
// The encoding is ours: the real one is not public.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "hw/isa/lpu/program.h"

namespace metronome::lpu {

constexpr int kMaxCount = 65536;  // issues of one instruction: itself and Repeat's two bytes
constexpr int kMaxStride = 65535;

/// First cycle in which the queue may issue again.
Cycle free_from(const Issue& issue);

/// Text of one queue: (Notify,) Sync, then each issue after the NOPs that its cycle asks for.
/// Errors: InvariantError if two issues overlap in time or a number does not fit its bytes.
std::vector<std::uint8_t> encode_queue(const QueueProgram& queue, const ChipSpec& spec,
                                       bool notifies);

/// The inverse; identities are not in the text and come back empty.
/// Errors: UserError naming `origin`, the queue's path and the byte offset.
QueueProgram decode_queue(QueueId queue, std::span<const std::uint8_t> text, const ChipSpec& spec,
                          const std::string& origin);

}  // namespace metronome::lpu
