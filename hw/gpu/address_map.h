// SPDX-License-Identifier: Apache-2.0
// From virtual lines to places: pages lie where the seed puts them; lines go round the slices, each
// round turned by a hash, so that any number of slices is loaded evenly by any regular pattern.
#pragma once

#include <cstdint>

#include "hw/gpu/conditions.h"

namespace metronome::gpu {

struct Place {
  int slice = 0;            // home
  std::uint64_t local = 0;  // number of the line within its slice
};

struct DramPlace {
  int channel = 0;  // pseudo-channel of the GPU
  int bank = 0;
  std::uint64_t row = 0;
};

class AddressMap {
 public:
  AddressMap(const GpuSpec& spec, const Conditions& conditions);

  /// Errors: InvariantError for an address beyond the memory.
  Place place(Address line) const;
  /// Consecutive lines of a slice go round its channels; of a channel they fill a row, and
  /// consecutive rows go round the bank groups.
  DramPlace dram(const Place& place) const;
  std::uint64_t page(Address line) const { return line / page_bytes_; }

 private:
  std::uint64_t page_bytes_;
  std::uint64_t line_bytes_;
  std::uint64_t frames_;
  std::uint64_t multiplier_;  // coprime to frames_
  std::uint64_t offset_;
  std::uint64_t slices_;
  std::uint64_t key_;
  bool hashes_;
  std::uint64_t channels_per_slice_;
  std::uint64_t bank_groups_;
  std::uint64_t banks_per_group_;
  std::uint64_t lines_per_row_;
};

}  // namespace metronome::gpu
