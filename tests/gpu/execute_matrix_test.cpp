// SPDX-License-Identifier: Apache-2.0
// Matrix instructions against a plain product of the matrices that their fragments stand for.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "hw/isa/numerics/half.h"
#include "tests/gpu/execute_bench.h"

namespace metronome::gpu {
namespace {

constexpr int kA = 8;
constexpr int kB = 16;
constexpr int kC = 24;
constexpr int kD = 32;

std::uint16_t random_half(WarpBench& bench) {
  // Magnitudes from 2^-9 to 2^6, of either sign, now and then a subnormal or a zero.
  const std::uint32_t bits = bench.bits();
  if (bits % 16 == 0) return static_cast<std::uint16_t>(bits >> 8 & 0x83FF);
  return static_cast<std::uint16_t>((bits >> 4 & 0x83FF) + ((6 + bits % 15) << 10));
}

void set_half(std::uint32_t& word, int part, std::uint16_t half) {
  word = (word & ~(0xFFFFU << (16 * part))) | std::uint32_t{half} << (16 * part);
}

/// One rounding after each product, in ascending k, as execute.h and matrix_math.h define.
float dot(const std::vector<float>& a, const std::vector<float>& b, float c) {
  float sum = c;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

/// The fragments of mma.m16n8k16 as PTX draws them, row by row.
struct HalfTiles {
  std::vector<std::vector<float>> a{16, std::vector<float>(16)};  // [row][k]
  std::vector<std::vector<float>> b{8, std::vector<float>(16)};   // [column][k]
};

HalfTiles fill_halves(WarpBench& bench) {
  HalfTiles tiles;
  for (int lane = 0; lane < kWarpLanes; ++lane) {
    const auto l = static_cast<std::size_t>(lane);
    const int g = lane / 4;
    const int t = lane % 4;
    for (int part = 0; part < 2; ++part) {
      const int rows[] = {g, g + 8, g, g + 8};
      const int ks[] = {2 * t, 2 * t, 2 * t + 8, 2 * t + 8};
      for (int r = 0; r < 4; ++r) {
        const std::uint16_t half = random_half(bench);
        set_half(bench[kA + r][l], part, half);
        tiles.a[static_cast<std::size_t>(rows[r])][static_cast<std::size_t>(ks[r] + part)] =
            numerics::half_to_float(half);
      }
      for (int r = 0; r < 2; ++r) {
        const std::uint16_t half = random_half(bench);
        set_half(bench[kB + r][l], part, half);
        tiles.b[static_cast<std::size_t>(g)][static_cast<std::size_t>(2 * t + 8 * r + part)] =
            numerics::half_to_float(half);
      }
    }
    for (int r = 0; r < 4; ++r)
      bench[kC + r][l] = as_bits(numerics::half_to_float(random_half(bench)));
  }
  return tiles;
}

void expect_product(WarpBench& bench, const HalfTiles& tiles, const std::vector<LaneWords>& c,
                    int d) {
  for (std::size_t l = 0; l < kWarpLanes; ++l) {
    for (std::size_t r = 0; r < 4; ++r) {
      const std::size_t row = l / 4 + 8 * (r / 2);
      const std::size_t column = 2 * (l % 4) + r % 2;
      ASSERT_EQ(bench[d + static_cast<int>(r)][l],
                as_bits(dot(tiles.a[row], tiles.b[column], as_float(c[r][l]))))
          << "row " << row << " column " << column;
    }
  }
}

std::vector<LaneWords> group(WarpBench& bench, int first, int count) {
  return {bench.registers.begin() + first, bench.registers.begin() + first + count};
}

TEST(MatrixMultiply, HmmaIsTheProductOfItsFragmentsPlusC) {
  WarpBench bench;
  for (int round = 0; round < 100; ++round) {
    const HalfTiles tiles = fill_halves(bench);
    bench.run(three_operands(Opcode::kHmma, kD, kA, kB, kC));
    expect_product(bench, tiles, group(bench, kC, 4), kD);
  }
}

TEST(MatrixMultiply, HmmaMayWriteOverItsAddendOrItsFactors) {
  for (const int d : {kC, kA, kB}) {
    WarpBench bench;
    const HalfTiles tiles = fill_halves(bench);
    const std::vector<LaneWords> c = group(bench, kC, 4);
    bench.run(three_operands(Opcode::kHmma, d, kA, kB, kC));
    expect_product(bench, tiles, c, d);
  }
}

TEST(MatrixMultiply, HmmaWithoutAnAddendBeginsWithZero) {
  WarpBench bench;
  const HalfTiles tiles = fill_halves(bench);
  bench.run(three_operands(Opcode::kHmma, kD, kA, kB, kZeroRegister));
  expect_product(bench, tiles, std::vector<LaneWords>(4), kD);
}

TEST(MatrixMultiply, AProductForTheZeroRegisterIsLost) {
  for (const Opcode opcode : {Opcode::kHmma, Opcode::kImma}) {
    WarpBench bench;
    const std::vector<LaneWords> before = bench.registers;
    bench.run(three_operands(opcode, kZeroRegister, kA, kB, kC));
    EXPECT_EQ(bench.registers, before) << info(opcode).mnemonic;
  }
}

TEST(MatrixMultiply, LanesThatTakeNoPartKeepWhatTheyHad) {
  for (const Opcode opcode : {Opcode::kHmma, Opcode::kImma}) {
    WarpBench whole;
    WarpBench part;
    whole.run(three_operands(opcode, kD, kA, kB, kC));
    const std::vector<LaneWords> before = group(part, kD, 4);
    part.run(three_operands(opcode, kD, kA, kB, kC), LaneMask{0x0000FF01U});
    for (int r = 0; r < 4; ++r) {
      for (std::size_t l = 0; l < kWarpLanes; ++l) {
        const bool active = l == 0 || (l >= 8 && l < 16);
        EXPECT_EQ(part[kD + r][l],
                  active ? whole[kD + r][l] : before[static_cast<std::size_t>(r)][l]);
      }
    }
  }
}

TEST(MatrixMultiply, ImmaIsExactModulo32Bits) {
  WarpBench bench;
  for (int round = 0; round < 100; ++round) {
    std::vector<std::vector<std::int64_t>> a(16, std::vector<std::int64_t>(32));
    std::vector<std::vector<std::int64_t>> b(8, std::vector<std::int64_t>(32));
    for (std::size_t l = 0; l < kWarpLanes; ++l) {
      for (std::size_t byte = 0; byte < 4; ++byte) {
        const auto at = [&](int r) { return static_cast<std::int8_t>(bench[r][l] >> (8 * byte)); };
        const std::size_t g = l / 4;
        const std::size_t k = 4 * (l % 4) + byte;
        a[g][k] = at(kA);
        a[g + 8][k] = at(kA + 1);
        a[g][k + 16] = at(kA + 2);
        a[g + 8][k + 16] = at(kA + 3);
        b[g][k] = at(kB);
        b[g][k + 16] = at(kB + 1);
      }
    }
    bench.run(three_operands(Opcode::kImma, kD, kA, kB, kC));
    for (std::size_t l = 0; l < kWarpLanes; ++l) {
      for (std::size_t r = 0; r < 4; ++r) {
        std::int64_t sum = std::bit_cast<std::int32_t>(bench[kC + static_cast<int>(r)][l]);
        for (std::size_t k = 0; k < 32; ++k) {
          sum += a[l / 4 + 8 * (r / 2)][k] * b[2 * (l % 4) + r % 2][k];
        }
        ASSERT_EQ(bench[kD + static_cast<int>(r)][l],
                  static_cast<std::uint32_t>(static_cast<std::uint64_t>(sum)));
      }
    }
    for (int r = 0; r < 32; ++r) {
      for (std::uint32_t& word : bench[r]) word = round % 3 == 0 ? 0x80808080U : bench.bits();
    }
  }
}

TEST(MatrixMultiply, HgmmaAddsTheProductOfFourWarpsRowsToWhatIsThere) {
  for (const std::size_t columns : {8U, 24U, 64U, 256U}) {
    std::array<WarpBench, 4> warps{WarpBench(1), WarpBench(2), WarpBench(3), WarpBench(4)};
    std::array<WarpValues*, 4> values{};
    for (std::size_t w = 0; w < 4; ++w) values[w] = &warps[w].values;
    std::vector<std::uint16_t> a(64 * 16);
    std::vector<std::uint16_t> b(columns * 16);
    for (std::uint16_t& half : a) half = random_half(warps[0]);
    for (std::uint16_t& half : b) half = random_half(warps[0]);
    std::array<std::vector<LaneWords>, 4> before;
    for (std::size_t w = 0; w < 4; ++w) {
      for (int r = 0; r < static_cast<int>(columns) / 2; ++r) {
        for (std::uint32_t& word : warps[w][r + 2]) {
          word = as_bits(numerics::half_to_float(random_half(warps[w])));
        }
      }
      before[w] = warps[w].registers;
    }
    Instruction i = three_operands(Opcode::kHgmma, 2, 0, 1, kZeroRegister);
    i.count = static_cast<std::uint16_t>(columns);
    execute_warpgroup(i, std::span<WarpValues* const, 4>(values),
                      reinterpret_cast<const std::uint8_t*>(a.data()),
                      reinterpret_cast<const std::uint8_t*>(b.data()));
    for (std::size_t w = 0; w < 4; ++w) {
      for (std::size_t l = 0; l < kWarpLanes; ++l) {
        for (std::size_t r = 0; r < columns / 2; ++r) {
          const std::size_t row = 16 * w + l / 4 + 8 * (r / 2 % 2);
          const std::size_t column = 8 * (r / 4) + 2 * (l % 4) + r % 2;
          std::vector<float> x;
          std::vector<float> y;
          for (std::size_t k = 0; k < 16; ++k) {
            x.push_back(numerics::half_to_float(a[row * 16 + k]));
            y.push_back(numerics::half_to_float(b[column * 16 + k]));
          }
          const float expected = dot(x, y, as_float(before[w][r + 2][l]));
          ASSERT_EQ(warps[w][static_cast<int>(r) + 2][l], as_bits(expected))
              << "N " << columns << " row " << row << " column " << column;
        }
        ASSERT_EQ(warps[w][0][l], before[w][0][l]);
      }
    }
  }
}

}  // namespace
}  // namespace metronome::gpu
