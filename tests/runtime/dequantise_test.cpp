// SPDX-License-Identifier: Apache-2.0
// Stored number formats against values worked out from the published layouts.
#include "runtime/model_files/dequantise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "hw/isa/error.h"

namespace metronome::runtime {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kOneLow = 0x00;  // fp16 1.0 is 0x3C00
constexpr std::uint8_t kOneHigh = 0x3C;
constexpr std::uint8_t kTwoHigh = 0x40;  // fp16 2.0 is 0x4000

std::vector<float> read(ElementType type, const Bytes& bytes) {
  const BlockLayout layout = block_layout(type);
  std::vector<float> out(bytes.size() / static_cast<std::size_t>(layout.bytes) *
                         static_cast<std::size_t>(layout.values));
  dequantise(type, bytes, out);
  return out;
}

TEST(Dequantise, EveryHalfCodeHasItsValue) {  // C09
  for (unsigned code = 0; code < 65536; ++code) {
    const Bytes stored = {static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(code >> 8U)};
    const float value = read(ElementType::kF16, stored)[0];
    const int exponent = static_cast<int>(code >> 10U) & 31;
    const int fraction = static_cast<int>(code & 1023U);
    if (exponent == 31) {
      EXPECT_TRUE(fraction == 0 ? std::isinf(value) : std::isnan(value)) << code;
      continue;
    }
    const double magnitude =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    EXPECT_EQ(std::abs(static_cast<double>(value)), magnitude) << code;
    EXPECT_EQ(std::signbit(value), code >= 0x8000U) << code;
  }
}

TEST(Dequantise, HalfSubnormalsAreKept) {  // C09
  EXPECT_EQ(read(ElementType::kF16, {0x00, 0x02})[0], 0x1p-15F);
  EXPECT_EQ(read(ElementType::kF16, {0x01, 0x00})[0], 0x1p-24F);
}

TEST(Dequantise, FloatsPassThroughAtAnyAlignment) {
  const Bytes stored = {0xFF, 0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xC0};
  float out[2];
  dequantise(ElementType::kF32, std::span(stored).subspan(1), out);
  EXPECT_EQ(out[0], 1.0F);
  EXPECT_EQ(out[1], -2.0F);
  EXPECT_EQ(read(ElementType::kBf16, {0x80, 0x3F})[0], 1.0F);
}

TEST(Dequantise, Q8IsScaleTimesSignedByte) {
  Bytes block(34);
  block[1] = kTwoHigh;
  block[2] = 0x80;
  block[33] = 127;
  const auto values = read(ElementType::kQ8_0, block);
  EXPECT_EQ(values[0], -256.0F);
  EXPECT_EQ(values[1], 0.0F);
  EXPECT_EQ(values[31], 254.0F);
}

TEST(Dequantise, Q4HalvesLieInLowAndHighNibbles) {
  Bytes block(18, 0x88);
  block[0] = kOneLow;
  block[1] = kOneHigh;
  block[2] = 0xF0;
  const auto values = read(ElementType::kQ4_0, block);
  EXPECT_EQ(values[0], -8.0F);
  EXPECT_EQ(values[16], 7.0F);
  EXPECT_EQ(values[1], 0.0F);
}

// The packing is written here from the layout's description, bit field by bit field.
TEST(Dequantise, Q4KUnpacksSixBitScalesAndMinima) {
  const int scales[8] = {1, 17, 33, 63, 2, 21, 42, 60};
  const int minima[8] = {5, 62, 0, 31, 11, 47, 63, 9};
  Bytes block(144);
  block[1] = kOneHigh;
  block[3] = kTwoHigh;
  for (int i = 0; i < 4; ++i) {
    block[static_cast<std::size_t>(4 + i)] =
        static_cast<std::uint8_t>(scales[i] | (scales[i + 4] >> 4) << 6);
    block[static_cast<std::size_t>(8 + i)] =
        static_cast<std::uint8_t>(minima[i] | (minima[i + 4] >> 4) << 6);
    block[static_cast<std::size_t>(12 + i)] =
        static_cast<std::uint8_t>((scales[i + 4] & 15) | (minima[i + 4] & 15) << 4);
  }
  for (std::size_t i = 0; i < 128; ++i) block[16 + i] = static_cast<std::uint8_t>(i * 7);
  const auto values = read(ElementType::kQ4_K, block);
  for (std::size_t i = 0; i < 256; ++i) {
    const std::size_t group = i / 32;
    const int byte = block[16 + i / 64 * 32 + i % 32];
    const int code = group % 2 == 0 ? byte & 15 : byte >> 4;
    EXPECT_EQ(values[i], static_cast<float>(scales[group] * code - 2 * minima[group])) << i;
  }
}

TEST(Dequantise, Q6KPutsLowNibblesHighPairsAndScalesTogether) {
  Bytes block(210);
  std::vector<int> codes(256);
  for (std::size_t i = 0; i < 256; ++i) codes[i] = static_cast<int>(i * 37 % 64);
  for (std::size_t half = 0; half < 2; ++half) {
    for (std::size_t i = 0; i < 32; ++i) {
      const int* at = &codes[half * 128 + i];
      block[half * 64 + i] = static_cast<std::uint8_t>((at[0] & 15) | (at[64] & 15) << 4);
      block[half * 64 + 32 + i] = static_cast<std::uint8_t>((at[32] & 15) | (at[96] & 15) << 4);
      block[128 + half * 32 + i] = static_cast<std::uint8_t>(
          at[0] >> 4 | (at[32] >> 4) << 2 | (at[64] >> 4) << 4 | (at[96] >> 4) << 6);
    }
  }
  for (std::size_t i = 0; i < 16; ++i) block[192 + i] = static_cast<std::uint8_t>(i * 16 - 120);
  block[209] = kOneHigh;
  const auto values = read(ElementType::kQ6_K, block);
  for (std::size_t i = 0; i < 256; ++i) {
    const int scale = static_cast<int>(i / 16) * 16 - 120;
    EXPECT_EQ(values[i], static_cast<float>(scale * (codes[i] - 32))) << i;
  }
}

TEST(Dequantise, ARowThatIsNotWholeBlocksIsOurOwnMistake) {
  const Bytes stored(33);
  std::vector<float> out(32);
  EXPECT_THROW(dequantise(ElementType::kQ8_0, stored, out), InvariantError);
}

}  // namespace
}  // namespace metronome::runtime
