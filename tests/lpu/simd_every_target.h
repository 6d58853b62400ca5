// SPDX-License-Identifier: Apache-2.0
// Runs a test body on every vector instruction set of the host, and makes the awkward inputs that
// kernel tests share.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "hw/lpu/simd/target.h"

namespace metronome::lpu::simd {

template <class Body>
void on_every_target(Body body) {
  for (const std::string& target : supported_targets()) {
    SCOPED_TRACE("target " + target);
    force_target(target);
    body();
    reset_target();
  }
}

// Every length with a tail of its own, and the length of the real chip.
inline std::vector<size_t> lengths() {
  std::vector<size_t> all;
  for (size_t n = 0; n <= 67; ++n) all.push_back(n);
  all.push_back(320);
  return all;
}

// n random bit patterns, a third of them special: zeros, infinities, NaN, limits, ties.
inline std::vector<uint32_t> awkward_words(size_t n, std::mt19937& random) {
  constexpr uint32_t kSpecial[] = {
      0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001,
      0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7fffffff,
      0x3f800000, 0xbf800000, 0x3f000000, 0x3fc00000, 0xc0200000, 0x4b000000, 0x4affffff,
      0x4f000000, 0xcf000000, 0x4effffff, 0x42fe8000, 0xc3008000, 0x477fefff, 0x477ff000,
      0x33000000, 0x33000001, 0x387fe000, 0x7f7f8000, 0x42b17217, 0xc2aeac4f, 0x3f200000,
      0xffffffff, 0x00010000, 0x0000ffff, 0x7f7f7fff, 0xc2aeac50, 0x42b17218, 0x3effffff};
  std::vector<uint32_t> words(n);
  for (auto& word : words) {
    const uint32_t choice = random() % 3;
    if (choice == 0) word = kSpecial[random() % std::size(kSpecial)];
    if (choice == 1) word = static_cast<uint32_t>(random());
    if (choice == 2)
      word = std::bit_cast<uint32_t>(static_cast<float>(random() % 40000) / 256 - 78);
  }
  return words;
}

template <class T>
std::vector<T> reinterpret(const std::vector<uint32_t>& words) {
  std::vector<T> values(words.size());
  if (!words.empty()) {
    for (size_t i = 0; i < words.size(); ++i) std::memcpy(&values[i], &words[i], sizeof(T));
  }
  return values;
}

template <class T>
bool same_bits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

}  // namespace metronome::lpu::simd
