// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/latency.h"

namespace metronome::gpu {
namespace {

Cycle memory_latency(Opcode opcode, const GpuSpec& spec) {
  if (opcode == Opcode::kShfl || opcode == Opcode::kShflIdx) return spec.shuffle_cycles;
  if (opcode == Opcode::kLds || opcode == Opcode::kLdsm) return spec.shared_cycles;
  if (opcode == Opcode::kLdsRemote) return spec.remote_shared_cycles;
  return spec.l1_cycles + spec.request_cycles + spec.reply_cycles + spec.l2_cycles;
}

}  // namespace

Cycle expected_latency(const Instruction& i, const GpuSpec& spec) {
  const OpcodeInfo& op = info(i.opcode);
  switch (op.unit) {
    case Unit::kFma:
      return spec.fma_cycles;
    case Unit::kHalf:
      return spec.half_cycles;
    case Unit::kInteger:
      return spec.integer_cycles;
    case Unit::kSfu:
      return spec.sfu_cycles;
    case Unit::kTensor:
      return spec.tensor_cycles;
    case Unit::kMemory:
      return memory_latency(i.opcode, spec);
    case Unit::kControl:
      return 1;
  }
  return 1;
}

bool touches_memory(const Instruction& i) {
  if (i.opcode == Opcode::kShfl || i.opcode == Opcode::kShflIdx) return false;
  return info(i.opcode).unit == Unit::kMemory || i.opcode == Opcode::kBar ||
         i.opcode == Opcode::kCopyCommit || i.opcode == Opcode::kCopyWait ||
         i.opcode == Opcode::kMbarrierWait;
}

}  // namespace metronome::gpu
