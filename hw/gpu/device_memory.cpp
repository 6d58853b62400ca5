// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/device_memory.h"

#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr Address kFirst = 2U << 20U;  // address 0 belongs to nobody
constexpr Address kAlignment = 256;
constexpr Address kGap = 4096;  // between buffers

}  // namespace

DeviceMemory::DeviceMemory(std::int64_t capacity_bytes)
    : capacity_(capacity_bytes + static_cast<std::int64_t>(kFirst)), next_(kFirst) {
  void* mapped = mmap(nullptr, static_cast<std::size_t>(capacity_), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    throw UserError(
        fmt::format("GPU memory: the host does not give {} bytes of address space", capacity_));
  }
  base_ = static_cast<std::uint8_t*>(mapped);
}

DeviceMemory::~DeviceMemory() { munmap(base_, static_cast<std::size_t>(capacity_)); }

Address DeviceMemory::allocate(const std::string& name, std::int64_t bytes) {
  const Address begin = next_;
  const Address end = begin + static_cast<Address>(bytes);
  const Address limit = static_cast<Address>(capacity_);
  if (bytes < 0 || end > limit) {
    throw UserError(fmt::format("GPU memory: {}: {} bytes asked for, {} of {} free", name, bytes,
                                limit - std::min(limit, begin), limit - kFirst));
  }
  buffers_.push_back({begin, end, name});
  allocated_ += bytes;
  next_ = (end + kGap + kAlignment - 1) / kAlignment * kAlignment;
  return begin;
}

void DeviceMemory::clear() {
  for (const Buffer& b : buffers_) std::memset(base_ + b.begin, 0, b.end - b.begin);
  buffers_.clear();
  allocated_ = 0;
  next_ = kFirst;
  last_begin_ = last_end_ = 0;
}

void DeviceMemory::find(Address address, std::int64_t bytes) {
  const auto after =
      std::upper_bound(buffers_.begin(), buffers_.end(), address,
                       [](Address a, const Buffer& buffer) { return a < buffer.begin; });
  const Address end = address + static_cast<Address>(bytes);
  if (after == buffers_.begin()) {
    throw InvariantError(fmt::format("GPU memory: address {:#x} belongs to no buffer", address));
  }
  const Buffer& buffer = *(after - 1);
  if (end > buffer.end || end < address) {
    throw InvariantError(fmt::format(
        "GPU memory: {} bytes at {:#x} reach past the end of {}, which is {} bytes from "
        "{:#x}",
        bytes, address, buffer.name, buffer.end - buffer.begin, buffer.begin));
  }
  last_begin_ = buffer.begin;
  last_end_ = buffer.end;
}

}  // namespace metronome::gpu
