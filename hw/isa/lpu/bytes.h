// SPDX-License-Identifier: Apache-2.0
// Little-endian byte writer and a bounds-checked reader for the program image.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hw/isa/error.h"

namespace metronome::lpu {

class ByteWriter {
 public:
  void u8(std::uint8_t v) { bytes_.push_back(v); }
  void u32(std::uint32_t v) {
    for (int b = 0; b < 4; ++b) bytes_.push_back(static_cast<std::uint8_t>(v >> (8 * b)));
  }
  void u64(std::uint64_t v) {
    for (int b = 0; b < 8; ++b) bytes_.push_back(static_cast<std::uint8_t>(v >> (8 * b)));
  }
  /// Seven bits a byte; small magnitudes of either sign take one byte.
  void varint(std::int64_t v) {
    auto z = (static_cast<std::uint64_t>(v) << 1U) ^ static_cast<std::uint64_t>(v >> 63);
    while (z >= 128) {
      bytes_.push_back(static_cast<std::uint8_t>(z | 128U));
      z >>= 7U;
    }
    bytes_.push_back(static_cast<std::uint8_t>(z));
  }
  void text(std::string_view s) {
    varint(static_cast<std::int64_t>(s.size()));
    bytes_.insert(bytes_.end(), s.begin(), s.end());
  }
  void blob(std::span<const std::uint8_t> b) {
    varint(static_cast<std::int64_t>(b.size()));
    raw(b);
  }
  void raw(std::span<const std::uint8_t> b) { bytes_.insert(bytes_.end(), b.begin(), b.end()); }
  void align(std::size_t to) {
    while (bytes_.size() % to != 0) bytes_.push_back(0);
  }
  std::vector<std::uint8_t>& bytes() { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::string where)
      : bytes_(bytes), where_(std::move(where)) {}

  std::uint8_t u8() { return take(1)[0]; }
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() { return fixed(8); }
  std::int64_t varint() {
    std::uint64_t z = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t b = u8();
      z |= std::uint64_t{b & 127U} << shift;
      if (b < 128) return static_cast<std::int64_t>(z >> 1U) ^ -static_cast<std::int64_t>(z & 1U);
    }
    fail("a number of more than 64 bits");
  }
  /// A varint that must lie in [low, high].
  std::int64_t number(std::string_view field, std::int64_t low, std::int64_t high) {
    const std::int64_t v = varint();
    if (v < low || v > high)
      fail(fmt::format("{}: found {}, allowed {} to {}", field, v, low, high));
    return v;
  }
  /// A count of things that take at least one byte each.
  std::size_t count(std::string_view field) {
    return static_cast<std::size_t>(
        number(field, 0, static_cast<std::int64_t>(bytes_.size() - at_)));
  }
  std::string text(std::string_view field) {
    const auto b = take(count(field));
    return {b.begin(), b.end()};
  }
  std::span<const std::uint8_t> blob(std::string_view field) { return take(count(field)); }
  std::span<const std::uint8_t> take(std::size_t n) {
    if (n > bytes_.size() - at_) {
      fail(fmt::format("needs {} bytes, {} left", n, bytes_.size() - at_));
    }
    const auto part = bytes_.subspan(at_, n);
    at_ += n;
    return part;
  }
  bool done() const { return at_ == bytes_.size(); }
  std::size_t at() const { return at_; }
  [[noreturn]] void fail(const std::string& what) const {
    throw UserError(fmt::format("{}: byte {}: {}", where_, at_, what));
  }

 private:
  std::uint64_t fixed(std::size_t n) {
    std::uint64_t v = 0;
    const auto b = take(n);
    for (std::size_t i = 0; i < n; ++i) v |= std::uint64_t{b[i]} << (8 * i);
    return v;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::string where_;
};

}  // namespace metronome::lpu
