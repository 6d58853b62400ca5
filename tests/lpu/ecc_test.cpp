// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/ecc.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdio>
#include <set>

#include "tests/harness/lpu_bench.h"

namespace metronome::lpu {
namespace {

constexpr int kDataBits = 128;
constexpr int kCheckBits = 9;
constexpr std::uint32_t kSeed = 20201;

EccWord random_word(std::uint32_t seed) {
  EccWord word{};
  const auto bytes = testing::random_bytes(seed, word.size());
  std::copy(bytes.begin(), bytes.end(), word.begin());
  return word;
}

void flip(EccWord& word, int bit) {
  word[static_cast<std::size_t>(bit / 8)] ^= static_cast<std::uint8_t>(1 << (bit % 8));
}

TEST(Ecc, NineCheckBitsCoverAWordAndAreZeroForZero) {
  EXPECT_EQ(ecc_check_bits(EccWord{}), 0);
  for (std::uint32_t n = 0; n < 100; ++n) {
    EXPECT_LT(ecc_check_bits(random_word(kSeed + n)), 1U << kCheckBits);
  }
}

// Minimum distance 4: any two data bits have different columns, and no column is a check bit's.
TEST(Ecc, EveryDataBitHasACodeColumnOfItsOwnOfOddWeightInAll) {
  std::set<std::uint16_t> columns;
  for (int bit = 0; bit < kDataBits; ++bit) {
    EccWord word{};
    flip(word, bit);
    const std::uint16_t column = ecc_check_bits(word);
    EXPECT_TRUE(columns.insert(column).second) << "bit " << bit;
    EXPECT_GE(std::popcount(column), 3) << "bit " << bit;
    EXPECT_EQ(std::popcount(column) % 2, 1) << "bit " << bit;
  }
}

TEST(Ecc, CheckBitsAreLinearInTheData) {
  const EccWord a = random_word(kSeed);
  const EccWord b = random_word(kSeed + 1);
  EccWord sum{};
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = a[i] ^ b[i];
  EXPECT_EQ(ecc_check_bits(sum), ecc_check_bits(a) ^ ecc_check_bits(b));
}

TEST(Ecc, ACleanWordStaysAsItIs) {
  EccWord word = random_word(kSeed);
  const EccWord before = word;
  EXPECT_EQ(ecc_correct(word, ecc_check_bits(before)), EccVerdict::kClean);
  EXPECT_EQ(word, before);
}

TEST(Ecc, EverySingleFlippedDataBitIsMended) {
  const EccWord before = random_word(kSeed);
  const std::uint16_t check_bits = ecc_check_bits(before);
  for (int bit = 0; bit < kDataBits; ++bit) {
    EccWord word = before;
    flip(word, bit);
    EXPECT_EQ(ecc_correct(word, check_bits), EccVerdict::kCorrected) << "bit " << bit;
    EXPECT_EQ(word, before) << "bit " << bit;
  }
}

TEST(Ecc, EverySingleFlippedCheckBitIsSeenAndLeavesTheDataAlone) {
  const EccWord before = random_word(kSeed);
  for (int bit = 0; bit < kCheckBits; ++bit) {
    EccWord word = before;
    const auto check_bits = static_cast<std::uint16_t>(ecc_check_bits(before) ^ (1U << bit));
    EXPECT_EQ(ecc_correct(word, check_bits), EccVerdict::kCorrected) << "check bit " << bit;
    EXPECT_EQ(word, before) << "check bit " << bit;
  }
}

TEST(Ecc, EveryPairOfFlippedBitsIsFlaggedAndNotMended) {
  const EccWord before = random_word(kSeed);
  const std::uint16_t check_bits = ecc_check_bits(before);
  const auto flip_any = [](EccWord& word, std::uint16_t& bits, int bit) {
    if (bit < kDataBits) return flip(word, bit);
    bits = static_cast<std::uint16_t>(bits ^ (1U << (bit - kDataBits)));
  };
  for (int a = 0; a < kDataBits + kCheckBits; ++a) {
    for (int b = 0; b < a; ++b) {
      EccWord word = before;
      std::uint16_t bits = check_bits;
      flip_any(word, bits, a);
      flip_any(word, bits, b);
      const EccWord received = word;
      ASSERT_EQ(ecc_correct(word, bits), EccVerdict::kUncorrectable) << a << " and " << b;
      ASSERT_EQ(word, received) << a << " and " << b;
    }
  }
}

TEST(Ecc, AVectorIsMendedSuperlaneBySuperlane) {
  testing::Bytes vector = testing::random_bytes(kSeed, 3 * 16);
  const testing::Bytes before = vector;
  EccFault fault;
  for (std::size_t s = 0; s < 3; ++s) {
    EccWord word;
    std::copy_n(vector.begin() + static_cast<std::ptrdiff_t>(16 * s), 16, word.begin());
    fault.check_bits.push_back(ecc_check_bits(word));
  }
  vector[3] ^= 0x10;
  vector[40] ^= 0x01;
  EccOutcome outcome = ecc_correct(vector, fault);
  EXPECT_EQ(outcome.corrected_words, 2);
  EXPECT_EQ(outcome.uncorrectable_superlane, -1);
  EXPECT_EQ(vector, before);

  vector[20] ^= 0x03;
  outcome = ecc_correct(vector, fault);
  EXPECT_EQ(outcome.uncorrectable_superlane, 1);
}

}  // namespace
}  // namespace metronome::lpu
