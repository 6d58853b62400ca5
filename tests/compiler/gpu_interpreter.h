// SPDX-License-Identifier: Apache-2.0
// Runs a launch warp by warp over flat memory, without time or caches, and judges the control bits
// as it goes: whoever reads a result too early, or overwrites what is still to be read, is refused.
// Registers and shared memory begin as NaNs.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "hw/gpu/lane_memory.h"

namespace metronome::gpu {

/// Buffers one behind the other with gaps between them.
class FlatMemory : public ByteMemory {
 public:
  Address allocate(std::int64_t bytes);
  /// Errors: InvariantError if the bytes are not within one buffer.
  std::uint8_t* bytes(Address address, std::int64_t count) override;

  template <typename T>
  Address put(std::span<const T> values) {
    const auto count = static_cast<std::int64_t>(values.size_bytes());
    const Address at = allocate(count);
    if (count > 0) std::memcpy(bytes(at, count), values.data(), values.size_bytes());
    return at;
  }
  template <typename T>
  std::vector<T> get(Address at, std::int64_t count) {
    std::vector<T> values(static_cast<std::size_t>(count));
    const auto size = count * static_cast<std::int64_t>(sizeof(T));
    std::memcpy(values.data(), bytes(at, size), static_cast<std::size_t>(size));
    return values;
  }

 private:
  struct Range {
    Address begin;
    Address end;
  };
  std::vector<std::uint8_t> data_;
  std::vector<Range> buffers_;
};

/// Instructions issued by all warps.
/// Errors: InvariantError naming kernel and instruction for wrong control bits, for lanes that
/// branch apart, and for a launch that does not end.
std::int64_t interpret(const Launch& launch, const GpuSpec& spec, ByteMemory& memory);

}  // namespace metronome::gpu
