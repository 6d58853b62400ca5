// SPDX-License-Identifier: Apache-2.0
// A bounds-checked little-endian cursor over bytes that nobody vouches for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace metronome::runtime {

class ByteReader {
 public:
  /// `source` names the file in messages. The bytes must outlive the reader and its views.
  ByteReader(std::span<const std::uint8_t> bytes, std::string source);

  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint64_t remaining() const { return bytes_.size() - offset_; }
  [[nodiscard]] const std::string& source() const { return source_; }

  /// Each reads what its name says; `field` names it in messages.
  /// Errors: UserError if the bytes end too early, with offset, need and rest.
  std::uint8_t u8(std::string_view field);
  std::uint16_t u16(std::string_view field);
  std::uint32_t u32(std::string_view field);
  std::uint64_t u64(std::string_view field);
  std::int32_t i32(std::string_view field);
  float f32(std::string_view field);
  double f64(std::string_view field);
  std::span<const std::uint8_t> bytes(std::uint64_t count, std::string_view field);
  std::string_view text(std::uint64_t count, std::string_view field);

 private:
  std::span<const std::uint8_t> bytes_;
  std::string source_;
  std::uint64_t offset_ = 0;
};

}  // namespace metronome::runtime
