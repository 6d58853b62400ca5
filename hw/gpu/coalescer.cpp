// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/coalescer.h"

#include <algorithm>
#include <bit>

namespace metronome::gpu {
namespace {

constexpr int kWordBytes = 4;
constexpr LaneMask kAllLanes = ~LaneMask{0};

std::uint8_t sector_mask(Address within, int bytes) {
  const auto first = within / kSectorBytes;
  const auto last = (within + static_cast<Address>(bytes) - 1) / kSectorBytes;
  return static_cast<std::uint8_t>(((2U << last) - 1U) & ~((1U << first) - 1U));
}

Lines consecutive_lines(Address first, Address bytes, Address line_bytes) {
  Lines lines;
  const Address end = first + bytes;
  for (Address line = first / line_bytes * line_bytes; line < end; line += line_bytes) {
    const Address from = std::max(line, first);
    const Address to = std::min(line + line_bytes, end);
    lines.part[static_cast<std::size_t>(lines.count++)] = {
        line, sector_mask(from - line, static_cast<int>(to - from))};
  }
  return lines;
}

/// Passes over the banks for lanes [first, first + lanes).
int group_passes(const LaneAddresses& a, int first, int lanes, Address banks) {
  // Of each bank; `count` tells how many have been written.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  std::array<std::array<Address, kWarpLanes>, kWarpLanes> words;
  std::array<int, kWarpLanes> count{};
  int worst = 0;
  for (int lane = first; lane < first + lanes; ++lane) {
    if ((a.active >> lane & 1) == 0) continue;
    const Address begin = a.at[static_cast<std::size_t>(lane)] / kWordBytes;
    for (Address word = begin; word < begin + static_cast<Address>(a.bytes / kWordBytes); ++word) {
      auto& seen = words[word % banks];
      int& n = count[word % banks];
      if (std::find(seen.begin(), seen.begin() + n, word) != seen.begin() + n) continue;
      seen[static_cast<std::size_t>(n++)] = word;
      worst = std::max(worst, n);
    }
  }
  return worst;
}

}  // namespace

LaneAddresses lane_addresses(const Instruction& i, const WarpValues& w, LaneMask active,
                             int bytes) {
  LaneAddresses result;
  result.active = active;
  result.bytes = bytes;
  const Address base = (i.has_base ? w.parameters[i.parameter] : 0) +
                       static_cast<Address>(static_cast<std::int64_t>(i.offset));
  if (i.a == kZeroRegister) {
    result.at.fill(base);
    return result;
  }
  const LaneWords& offsets = w.registers[i.a];
  bool consecutive = active == kAllLanes;
  for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
    result.at[lane] = base + offsets[lane];
    consecutive &= offsets[lane] == offsets[0] + static_cast<std::uint32_t>(bytes) * lane;
  }
  result.consecutive = consecutive;
  return result;
}

Lines coalesce(const LaneAddresses& a, std::int64_t line_bytes) {
  const auto size = static_cast<Address>(line_bytes);
  if (a.consecutive) {
    return consecutive_lines(a.at[0], static_cast<Address>(a.bytes) * kWarpLanes, size);
  }
  Lines lines;
  for (LaneMask left = a.active; left != 0; left &= left - 1) {
    const Address address = a.at[static_cast<std::size_t>(std::countr_zero(left))];
    const Address line = address / size * size;
    const std::uint8_t sectors = sector_mask(address - line, a.bytes);
    int at = lines.count;
    while (at > 0 && lines.part[static_cast<std::size_t>(at - 1)].line != line) --at;
    if (at == 0) {
      lines.part[static_cast<std::size_t>(lines.count++)] = {line, sectors};
    } else {
      lines.part[static_cast<std::size_t>(at - 1)].sectors |= sectors;
    }
  }
  return lines;
}

int shared_passes(const LaneAddresses& a, std::int64_t banks, bool conflicts) {
  const int lanes = std::min(kWarpLanes, static_cast<int>(banks) * kWordBytes / a.bytes);
  const int groups = kWarpLanes / lanes;
  if (a.active == 0) return 1;
  if (!conflicts || a.consecutive) return groups;
  const Address only = a.at[static_cast<std::size_t>(std::countr_zero(a.active))];
  bool same = true;
  for (LaneMask left = a.active; left != 0; left &= left - 1) {
    same &= a.at[static_cast<std::size_t>(std::countr_zero(left))] == only;
  }
  if (same) return 1;
  int passes = 0;
  for (int g = 0; g < groups; ++g) {
    passes += group_passes(a, g * lanes, lanes, static_cast<Address>(banks));
  }
  return std::max(passes, 1);
}

}  // namespace metronome::gpu
