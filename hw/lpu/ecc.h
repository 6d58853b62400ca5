// SPDX-License-Identifier: Apache-2.0
// SECDED over 128-bit words: 9 check bits made by the producer, carried with the value, checked by
// the consumer (CARD p.5). Check bits are a function of the data until a fault is injected, so only
// faulty vectors carry them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace metronome::lpu {

using EccWord = std::array<std::uint8_t, 16>;  // one superlane's 16 lanes

/// The 9 check bits of a word: 8 of a Hamming code over positions 1..136, and overall parity.
std::uint16_t ecc_check_bits(const EccWord& word);

enum class EccVerdict : std::uint8_t { kClean, kCorrected, kUncorrectable };

/// Checks `word` against the producer's check bits and mends a single flipped bit in place.
EccVerdict ecc_correct(EccWord& word, std::uint16_t check_bits);

/// Check bits as the producer made them, one a superlane.
struct EccFault {
  std::vector<std::uint16_t> check_bits;  // [superlanes]
};

struct EccOutcome {
  int corrected_words = 0;
  int uncorrectable_superlane = -1;  // the first one, -1 if none
};

/// Checks and mends all superlanes of a vector, [superlanes * 16] bytes, in place.
EccOutcome ecc_correct(std::span<std::uint8_t> lanes, const EccFault& fault);

}  // namespace metronome::lpu
