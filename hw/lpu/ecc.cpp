// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/ecc.h"

#include <algorithm>
#include <bit>

namespace metronome::lpu {
namespace {

constexpr int kDataBits = 128;

/// Code position of each data bit: 1, 2, 3, ... without the powers of two, which are check bits.
constexpr std::array<std::uint8_t, kDataBits> make_positions() {
  std::array<std::uint8_t, kDataBits> positions{};
  unsigned position = 1;
  for (auto& p : positions) {
    while (std::has_single_bit(position)) ++position;
    p = static_cast<std::uint8_t>(position++);
  }
  return positions;
}
constexpr auto kPositions = make_positions();
static_assert(kPositions.back() == 136);

bool bit(const EccWord& word, int i) {
  return ((word[static_cast<std::size_t>(i / 8)] >> (i % 8)) & 1) != 0;
}

}  // namespace

std::uint16_t ecc_check_bits(const EccWord& word) {
  unsigned hamming = 0;
  unsigned ones = 0;
  for (int i = 0; i < kDataBits; ++i) {
    if (bit(word, i)) {
      hamming ^= kPositions[static_cast<std::size_t>(i)];
      ++ones;
    }
  }
  const unsigned parity = (ones + static_cast<unsigned>(std::popcount(hamming))) & 1U;
  return static_cast<std::uint16_t>(hamming | (parity << 8U));
}

EccVerdict ecc_correct(EccWord& word, std::uint16_t check_bits) {
  const unsigned now = ecc_check_bits(word);
  const unsigned syndrome = (now ^ check_bits) & 0xFFU;
  // Parity over data and all check bits: odd exactly when an odd number of bits flipped.
  const bool odd =
      ((static_cast<unsigned>(std::popcount(syndrome)) + ((now ^ check_bits) >> 8U)) & 1U) != 0;
  if (syndrome == 0 && !odd) return EccVerdict::kClean;
  if (!odd) return EccVerdict::kUncorrectable;
  if (syndrome == 0 || std::has_single_bit(syndrome)) return EccVerdict::kCorrected;
  for (int i = 0; i < kDataBits; ++i) {
    if (kPositions[static_cast<std::size_t>(i)] == syndrome) {
      word[static_cast<std::size_t>(i / 8)] ^= static_cast<std::uint8_t>(1 << (i % 8));
      return EccVerdict::kCorrected;
    }
  }
  return EccVerdict::kUncorrectable;
}

EccOutcome ecc_correct(std::span<std::uint8_t> lanes, const EccFault& fault) {
  EccOutcome outcome;
  for (std::size_t tile = 0; tile < fault.check_bits.size(); ++tile) {
    const auto bytes = lanes.subspan(tile * std::tuple_size_v<EccWord>, std::tuple_size_v<EccWord>);
    EccWord word;
    std::copy(bytes.begin(), bytes.end(), word.begin());
    switch (ecc_correct(word, fault.check_bits[tile])) {
      case EccVerdict::kClean:
        break;
      case EccVerdict::kCorrected:
        ++outcome.corrected_words;
        std::copy(word.begin(), word.end(), bytes.begin());
        break;
      case EccVerdict::kUncorrectable:
        if (outcome.uncorrectable_superlane < 0) {
          outcome.uncorrectable_superlane = static_cast<int>(tile);
        }
        break;
    }
  }
  return outcome;
}

}  // namespace metronome::lpu
