// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/matrix_math.h"

#include <bit>
#include <cstring>
#include <vector>

#include "hw/isa/numerics/half.h"

namespace metronome::gpu {
namespace {

constexpr int kRows = 16;
constexpr int kColumns = 8;

std::uint32_t word(const WarpValues& w, Register first, int index, int lane) {
  if (first == kZeroRegister) return 0;
  return w.registers[first + index][static_cast<std::size_t>(lane)];
}

/// Element (row, k) of A and (k, column) of B lie in registers of lanes of four; a register holds
/// `per_word` consecutive k, two registers of a row cover 4 * per_word k each.
struct Place {
  int index;
  int lane;
  int part;
};
Place place_a(int row, int k, int per_word) {
  const int span = 4 * per_word;
  return {row / 8 + k / span * 2, row % 8 * 4 + k % span / per_word, k % per_word};
}
Place place_b(int k, int column, int per_word) {
  const int span = 4 * per_word;
  return {k / span, column * 4 + k % span / per_word, k % per_word};
}
Place place_c(int row, int column) {
  return {row / 8 * 2 + column % 2, row % 8 * 4 + column / 2, 0};
}

template <typename Value, int kDepth, typename Decode>
void multiply(const Instruction& i, WarpValues& w, const Decode& decode) {
  constexpr int kPerWord = kDepth / 8;
  Value a[kRows][kDepth];
  Value b[kDepth][kColumns];
  for (int k = 0; k < kDepth; ++k) {
    for (int row = 0; row < kRows; ++row) {
      const Place p = place_a(row, k, kPerWord);
      a[row][k] = decode(word(w, i.a, p.index, p.lane), p.part);
    }
    for (int column = 0; column < kColumns; ++column) {
      const Place p = place_b(k, column, kPerWord);
      b[k][column] = decode(word(w, i.b, p.index, p.lane), p.part);
    }
  }
  for (int row = 0; row < kRows; ++row) {
    Value sum[kColumns];
    for (int column = 0; column < kColumns; ++column) {
      const Place p = place_c(row, column);
      sum[column] = std::bit_cast<Value>(word(w, i.c, p.index, p.lane));
    }
    for (int k = 0; k < kDepth; ++k) {
      for (int column = 0; column < kColumns; ++column) sum[column] += a[row][k] * b[k][column];
    }
    for (int column = 0; column < kColumns; ++column) {
      const Place p = place_c(row, column);
      w.registers[i.d + p.index][static_cast<std::size_t>(p.lane)] =
          std::bit_cast<std::uint32_t>(sum[column]);
    }
  }
}

float half_at(const std::uint8_t* bytes, std::size_t index) {
  std::uint16_t half = 0;
  std::memcpy(&half, bytes + index * sizeof(half), sizeof(half));
  return numerics::half_to_float(half);
}

}  // namespace

void multiply_tiles(const Instruction& i, WarpValues& w) {
  if (i.opcode == Opcode::kHmma) {
    return multiply<float, 16>(i, w, [](std::uint32_t bits, int part) {
      return numerics::half_to_float(static_cast<std::uint16_t>(bits >> (16 * part)));
    });
  }
  // int8 products and sums fit in 32 bits but for a wrap that only unsigned arithmetic may make.
  multiply<std::uint32_t, 32>(i, w, [](std::uint32_t bits, int part) {
    return static_cast<std::uint32_t>(
        static_cast<std::int32_t>(static_cast<std::int8_t>(bits >> (8 * part))));
  });
}

void execute_warpgroup(const Instruction& i, std::span<WarpValues* const, 4> warps,
                       const std::uint8_t* a_bytes, const std::uint8_t* b_bytes) {
  constexpr std::size_t kDepth = 16;
  const std::size_t columns = i.count;
  std::vector<float> b(kDepth * columns);  // [k][column]
  for (std::size_t column = 0; column < columns; ++column) {
    for (std::size_t k = 0; k < kDepth; ++k) {
      b[k * columns + column] = half_at(b_bytes, column * kDepth + k);
    }
  }
  std::vector<float> sum(columns);
  for (std::size_t row = 0; row < 64; ++row) {
    WarpValues& w = *warps[row / 16];
    const auto at = [&](std::size_t column) -> std::uint32_t& {
      const std::size_t index = column / 8 * 4 + row % 16 / 8 * 2 + column % 2;
      return w.registers[i.d + index][row % 8 * 4 + column % 8 / 2];
    };
    for (std::size_t c = 0; c < columns; ++c) sum[c] = std::bit_cast<float>(at(c));
    for (std::size_t k = 0; k < kDepth; ++k) {
      const float a = half_at(a_bytes, row * kDepth + k);
      for (std::size_t c = 0; c < columns; ++c) sum[c] += a * b[k * columns + c];
    }
    for (std::size_t c = 0; c < columns; ++c) at(c) = std::bit_cast<std::uint32_t>(sum[c]);
  }
}

}  // namespace metronome::gpu
