// SPDX-License-Identifier: Apache-2.0
// Little-endian bytes for the writers of test files.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "tests/harness/model_writer.h"

namespace metronome::harness {

inline void put(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// Length as u64, then the bytes.
inline void put_text(Bytes& out, std::string_view text) {
  put(out, text.size(), 8);
  out.insert(out.end(), text.begin(), text.end());
}

inline void put_float(Bytes& out, float value) { put(out, std::bit_cast<std::uint32_t>(value), 4); }

inline void append(Bytes& out, const Bytes& more) {
  out.insert(out.end(), more.begin(), more.end());
}

}  // namespace metronome::harness
