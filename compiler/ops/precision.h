// SPDX-License-Identifier: Apache-2.0
// In which form weights and activations meet in the matrix unit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace metronome::ops {

enum class Precision : std::uint8_t {
  kFp16,   // fp16 weights, activations as two fp16 halves
  kInt8,   // int8 weights and activations (W8A8)
  kW8A16,  // int8 weights, activations as two int8 halves
};

inline constexpr std::string_view kPrecisionNames[] = {"fp16", "int8", "w8a16"};

constexpr std::string_view to_string(Precision precision) {
  return kPrecisionNames[static_cast<std::size_t>(precision)];
}

inline constexpr std::array<Precision, 3> kPrecisions = {Precision::kFp16, Precision::kInt8,
                                                         Precision::kW8A16};

/// None for a word that names no precision.
constexpr std::optional<Precision> parse_precision(std::string_view name) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (kPrecisionNames[i] == name) return static_cast<Precision>(i);
  }
  return std::nullopt;
}

/// "fp16, int8, w8a16", for messages.
inline std::string precision_names() {
  std::string names;
  for (const std::string_view name : kPrecisionNames) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  return names;
}

}  // namespace metronome::ops
