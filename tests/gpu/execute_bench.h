// SPDX-License-Identifier: Apache-2.0
// One warp with registers to fill and to read, for tests of what instructions compute.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include "hw/gpu/execute.h"

namespace metronome::gpu {

inline constexpr LaneMask kAllLanes = ~LaneMask{0};

struct WarpBench {
  static constexpr int kRegisters = 255;

  explicit WarpBench(std::uint64_t seed = 1) : registers(kRegisters), random(seed) {
    for (LaneWords& words : registers) {
      for (std::uint32_t& word : words) word = bits();
    }
    values.registers = registers.data();
    values.predicates[kTruePredicate] = kAllLanes;
    values.lanes = kAllLanes;
    values.parameters = parameters.data();
  }
  WarpBench(const WarpBench&) = delete;
  WarpBench& operator=(const WarpBench&) = delete;

  std::uint32_t bits() { return static_cast<std::uint32_t>(random()); }
  void run(const Instruction& i, LaneMask active = kAllLanes, Cycle now = 0) {
    execute(i, values, active, now);
  }
  LaneWords& operator[](int r) { return registers[static_cast<std::size_t>(r)]; }

  std::vector<LaneWords> registers;
  std::array<std::uint64_t, 2> parameters{0x1'0000'0003U, 0x3FC0'0000U};
  std::mt19937_64 random;
  WarpValues values;
};

inline Instruction three_operands(Opcode opcode, int d, int a, int b, int c) {
  Instruction i;
  i.opcode = opcode;
  i.d = static_cast<Register>(d);
  i.a = static_cast<Register>(a);
  i.b = static_cast<Register>(b);
  i.c = static_cast<Register>(c);
  return i;
}

inline float as_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline std::uint32_t as_bits(float value) { return std::bit_cast<std::uint32_t>(value); }

}  // namespace metronome::gpu
