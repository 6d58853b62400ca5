// SPDX-License-Identifier: Apache-2.0
// A request on its way through the memory system, and what its parts offer each other.
#pragma once

#include <cstdint>

#include "hw/gpu/address_map.h"
#include "hw/gpu/memory_system.h"

namespace metronome::gpu {

using TransactionId = std::uint32_t;

struct Transaction {
  LineRequest request;
  Place place;              // home
  int from_slice = -1;      // asked by the near slice of the far half; -1: by an SM
  std::uint32_t miss = 0;   // of that slice
  bool background = false;  // nobody waits for it
  int missing = 0;          // misses that it waits for
};

/// What a slice asks of the rest of the memory system.
class MemoryFabric {
 public:
  MemoryFabric() = default;
  MemoryFabric(const MemoryFabric&) = delete;
  MemoryFabric& operator=(const MemoryFabric&) = delete;
  virtual ~MemoryFabric() = default;
  virtual Transaction& transaction(TransactionId id) = 0;
  /// The answer leaves its slice.
  virtual void answer(TransactionId id, int slice, Cycle now) = 0;
  /// Asks the partner slice in the far half for sectors of the line of `cause`.
  virtual void ask_far(const Transaction& cause, int slice, std::uint32_t miss,
                       std::uint8_t sectors, Cycle now) = 0;
  virtual bool dram_has_room(const Place& place) const = 0;
  /// Channels of `slice` take what it throws out.
  virtual bool dram_takes_writes(int slice) const = 0;
  /// For miss `miss` of `slice`, which may not be the home.
  virtual void read_dram(const Place& place, int slice, std::uint32_t miss, int sectors,
                         Cycle now) = 0;
  virtual void write_dram(const Place& place, int sectors, Cycle now) = 0;
  /// An atomic or strong read takes effect.
  virtual void serve_value(const Transaction& t, Cycle now) = 0;
};

}  // namespace metronome::gpu
