// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/lane_memory.h"

#include <bit>
#include <cstring>

namespace metronome::gpu {
namespace {

constexpr int kWordBytes = 4;

std::size_t first_lane(LaneMask lanes) { return static_cast<std::size_t>(std::countr_zero(lanes)); }

std::uint32_t operand_b(const Instruction& i, const WarpValues& w, std::size_t lane) {
  switch (i.b_source) {
    case Source::kRegister:
      return i.b == kZeroRegister ? 0 : w.registers[i.b][lane];
    case Source::kImmediate:
      return i.immediate;
    case Source::kParameter:
      return static_cast<std::uint32_t>(w.parameters[i.parameter]);
  }
  return 0;
}

/// All lanes, one behind the other: one copy, turned from words of lanes to lanes of words.
void load_consecutive(LaneWords* d, int width, const std::uint8_t* from) {
  if (width == 1) {
    std::memcpy(d->data(), from, sizeof(LaneWords));
    return;
  }
  for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
    for (int r = 0; r < width; ++r) {
      std::memcpy(&d[r][lane], from, kWordBytes);
      from += kWordBytes;
    }
  }
}

}  // namespace

void load_lanes(const Instruction& i, WarpValues& w, const LaneAddresses& from, LaneMask lanes,
                ByteMemory& memory) {
  if (i.d == kZeroRegister) return;
  LaneWords* d = w.registers + i.d;
  if (from.consecutive && lanes == from.active) {
    return load_consecutive(d, i.width, memory.bytes(from.at[0], kWarpLanes * from.bytes));
  }
  for (LaneMask left = lanes; left != 0; left &= left - 1) {
    const std::size_t lane = first_lane(left);
    const std::uint8_t* bytes = memory.bytes(from.at[lane], from.bytes);
    for (int r = 0; r < i.width; ++r) std::memcpy(&d[r][lane], bytes + r * kWordBytes, kWordBytes);
  }
}

void store_lanes(const Instruction& i, const WarpValues& w, const LaneAddresses& to,
                 ByteMemory& memory) {
  for (LaneMask left = to.active; left != 0; left &= left - 1) {
    const std::size_t lane = first_lane(left);
    std::uint8_t* bytes = memory.bytes(to.at[lane], to.bytes);
    for (int r = 0; r < i.width; ++r) {
      const std::uint32_t word = i.b == kZeroRegister ? 0 : w.registers[i.b + r][lane];
      std::memcpy(bytes + r * kWordBytes, &word, kWordBytes);
    }
  }
}

void load_matrices(const Instruction& i, WarpValues& w, const LaneAddresses& from,
                   ByteMemory& memory) {
  constexpr std::size_t kRows = 8;
  constexpr int kRowBytes = 16;
  for (std::size_t matrix = 0; matrix < 4; ++matrix) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::uint8_t* bytes = memory.bytes(from.at[matrix * kRows + row], kRowBytes);
      for (std::size_t pair = 0; pair < 4; ++pair) {
        std::memcpy(&w.registers[i.d + matrix][row * 4 + pair], bytes + pair * kWordBytes,
                    kWordBytes);
      }
    }
  }
}

LaneWords addends(const Instruction& i, const WarpValues& w) {
  LaneWords words;
  for (std::size_t lane = 0; lane < words.size(); ++lane) words[lane] = operand_b(i, w, lane);
  return words;
}

void add_lanes(const Instruction& i, WarpValues& w, const LaneWords& addends,
               const LaneAddresses& at, LaneMask lanes, ByteMemory& memory) {
  for (LaneMask left = lanes; left != 0; left &= left - 1) {
    const std::size_t lane = first_lane(left);
    std::uint8_t* bytes = memory.bytes(at.at[lane], kWordBytes);
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, kWordBytes);
    const std::uint32_t sum = word + addends[lane];
    std::memcpy(bytes, &sum, kWordBytes);
    if (i.d != kZeroRegister) w.registers[i.d][lane] = word;
  }
}

void copy_lanes(const LaneAddresses& from, ByteMemory& source, const LaneAddresses& to,
                ByteMemory& target) {
  for (LaneMask left = from.active; left != 0; left &= left - 1) {
    const std::size_t lane = first_lane(left);
    std::memcpy(target.bytes(to.at[lane], from.bytes), source.bytes(from.at[lane], from.bytes),
                static_cast<std::size_t>(from.bytes));
  }
}

}  // namespace metronome::gpu
