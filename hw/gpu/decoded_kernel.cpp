// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/decoded_kernel.h"

namespace metronome::gpu {
namespace {

Cycle issue_interval(std::int64_t lanes) { return (kWarpLanes + lanes - 1) / lanes; }

/// Cycles a sub-core's tensor core is held by a warp-level multiply.
Cycle mma_occupancy(std::int64_t macs, std::int64_t macs_per_cycle, const GpuSpec& spec) {
  const std::int64_t rate = macs_per_cycle * 1000;
  const std::int64_t work = macs * spec.sub_cores * spec.mma_occupancy_permille;
  return (work + rate - 1) / rate;
}

void set_tensor_timing(DecodedInstruction& d, const GpuSpec& spec) {
  constexpr std::int64_t kHmmaMacs = 16 * 8 * 16;
  constexpr std::int64_t kImmaMacs = 16 * 8 * 32;
  if (d.instruction.opcode == Opcode::kHmma) {
    d.interval = mma_occupancy(kHmmaMacs, spec.tensor_f16_macs, spec);
  } else if (d.instruction.opcode == Opcode::kImma) {
    d.interval = mma_occupancy(kImmaMacs, spec.tensor_i8_macs, spec);
  } else {  // a warpgroup's: all four tensor cores together, at full rate
    const std::int64_t macs = std::int64_t{64} * 16 * d.instruction.count;
    d.interval = (macs + spec.tensor_f16_macs - 1) / spec.tensor_f16_macs;
    d.accumulates = true;
  }
  d.latency = d.interval + spec.tensor_cycles;
}

void set_timing(DecodedInstruction& d, const GpuSpec& spec) {
  switch (d.unit) {
    case Unit::kFma:
      d.latency = spec.fma_cycles;
      d.interval = issue_interval(spec.fma_lanes);
      return;
    case Unit::kHalf:
      d.latency = spec.half_cycles;
      d.interval = issue_interval(spec.half_lanes);
      return;
    case Unit::kInteger:
      d.latency = spec.integer_cycles;
      d.interval = issue_interval(spec.integer_lanes);
      return;
    case Unit::kSfu:
      d.latency = spec.sfu_cycles;
      d.interval = issue_interval(spec.sfu_lanes);
      return;
    case Unit::kTensor:
      set_tensor_timing(d, spec);
      return;
    case Unit::kMemory:
    case Unit::kControl:
      return;
  }
}

RegisterRange without_zero(RegisterRange range) {
  return range.first == kZeroRegister ? RegisterRange{} : range;
}

}  // namespace

DecodedKernel decode(const Kernel& kernel, const GpuSpec& spec) {
  validate(kernel, spec);
  DecodedKernel decoded;
  decoded.kernel = &kernel;
  for (const Instruction& i : kernel.code) {
    DecodedInstruction d;
    d.instruction = i;
    d.unit = info(i.opcode).unit;
    d.format = info(i.opcode).format;
    d.operands = operands(i);
    d.operands.written = without_zero(d.operands.written);
    for (RegisterRange& read : d.operands.read) read = without_zero(read);
    d.wait_mask = i.control.wait_mask;
    set_timing(d, spec);
    decoded.code.push_back(d);
  }
  return decoded;
}

}  // namespace metronome::gpu
