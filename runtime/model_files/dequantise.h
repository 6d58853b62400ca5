// SPDX-License-Identifier: Apache-2.0
// Stored number formats of model files and their exact fp32 values.
// Source of the block layouts: the GGUF specification and the layout structs of ggml.
#pragma once

#include <cstdint>
#include <span>

namespace metronome::runtime {

enum class ElementType { kF32, kF16, kBf16, kQ8_0, kQ4_0, kQ4_K, kQ6_K };

inline constexpr const char* kReadableTypes = "F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q6_K";

/// A block is the smallest part of a row that can be read alone.
struct BlockLayout {
  std::int64_t values;
  std::int64_t bytes;
};

BlockLayout block_layout(ElementType type);

/// Shapes: `out` [n], n a multiple of the block's values; `stored` holds exactly n values.
/// The bytes may lie at any alignment. Broken preconditions throw InvariantError.
void dequantise(ElementType type, std::span<const std::uint8_t> stored, std::span<float> out);

}  // namespace metronome::runtime
