// SPDX-License-Identifier: Apache-2.0
// The values in a GPU's memory: one flat virtual space with named buffers. Caches hold tags only,
// so a value is read and written here in the moment that the machine gives it a meaning.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

class DeviceMemory {
 public:
  /// Nothing is committed on the host before it is touched.
  explicit DeviceMemory(std::int64_t capacity_bytes);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Zeroed, aligned to 256 bytes; buffers are apart, so that running over an end is noticed.
  /// Errors: UserError if the GPU's memory is full.
  Address allocate(const std::string& name, std::int64_t bytes);
  /// Forgets all buffers.
  void clear();
  std::int64_t allocated_bytes() const { return allocated_; }

  /// Host view of `bytes` bytes. Errors: InvariantError if they are not within one buffer.
  std::uint8_t* at(Address address, std::int64_t bytes) {
    if (address < last_begin_ || address + static_cast<Address>(bytes) > last_end_) [[unlikely]] {
      find(address, bytes);
    }
    return base_ + address;
  }
  template <typename T>
  std::span<T> view(Address address, std::int64_t count) {
    return {reinterpret_cast<T*>(at(address, count * static_cast<std::int64_t>(sizeof(T)))),
            static_cast<std::size_t>(count)};
  }

 private:
  struct Buffer {
    Address begin;
    Address end;
    std::string name;
  };
  void find(Address address, std::int64_t bytes);

  std::int64_t capacity_;
  std::int64_t allocated_ = 0;
  std::uint8_t* base_ = nullptr;
  Address next_;
  std::vector<Buffer> buffers_;  // ascending
  Address last_begin_ = 0;       // of the buffer of the last access
  Address last_end_ = 0;
};

}  // namespace metronome::gpu
