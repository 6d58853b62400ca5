// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/address_map.h"

#include <fmt/core.h>

#include <numeric>

#include "hw/gpu/random.h"
#include "hw/isa/error.h"

namespace metronome::gpu {

AddressMap::AddressMap(const GpuSpec& spec, const Conditions& conditions)
    : page_bytes_(static_cast<std::uint64_t>(spec.page_bytes)),
      line_bytes_(static_cast<std::uint64_t>(spec.line_bytes)),
      frames_(static_cast<std::uint64_t>(spec.dram_bytes) / page_bytes_ + 2),
      slices_(static_cast<std::uint64_t>(spec.l2_slices)),
      hashes_(conditions.on(Mechanism::kHash)),
      channels_per_slice_(static_cast<std::uint64_t>(spec.channels_per_slice())),
      bank_groups_(static_cast<std::uint64_t>(spec.bank_groups)),
      banks_per_group_(static_cast<std::uint64_t>(spec.dram_banks / spec.bank_groups)),
      lines_per_row_(static_cast<std::uint64_t>(spec.row_bytes / spec.line_bytes)) {
  Random random(conditions.seed(Cause::kPlacement));
  multiplier_ = random.below(frames_) | 1U;
  while (std::gcd(multiplier_, frames_) != 1) multiplier_ += 2;
  offset_ = random.below(frames_);
  key_ = random.next();
}

Place AddressMap::place(Address line) const {
  const std::uint64_t page = line / page_bytes_;
  if (page >= frames_) [[unlikely]] {
    throw InvariantError(fmt::format("gpu: address {:#x} lies beyond the memory", line));
  }
  // 64 bits hold the product: a GPU has fewer than 2^32 frames.
  const std::uint64_t frame = (page * (multiplier_ % frames_) + offset_) % frames_;
  const std::uint64_t number = (frame * page_bytes_ + line % page_bytes_) / line_bytes_;
  const std::uint64_t round = number / slices_;
  const std::uint64_t lane = number % slices_;
  const std::uint64_t turn = hashes_ ? mix(round, key_) % slices_ : 0;
  return {static_cast<int>((lane + turn) % slices_), round};
}

DramPlace AddressMap::dram(const Place& place) const {
  const std::uint64_t channel = place.local % channels_per_slice_;
  std::uint64_t rest = place.local / channels_per_slice_;
  rest /= lines_per_row_;
  const std::uint64_t group = rest % bank_groups_;
  rest /= bank_groups_;
  const std::uint64_t bank = rest % banks_per_group_;
  const std::uint64_t row = rest / banks_per_group_;
  // Neighbouring rows that meet in a bank would fight for it: the hash spreads them.
  const std::uint64_t turn = mix(row, key_);
  const std::uint64_t turned_group = (group + turn) % bank_groups_;
  const std::uint64_t turned_bank = (bank + turn / bank_groups_) % banks_per_group_;
  return {static_cast<int>(static_cast<std::uint64_t>(place.slice) * channels_per_slice_ + channel),
          static_cast<int>(turned_bank * bank_groups_ + turned_group), row};
}

}  // namespace metronome::gpu
