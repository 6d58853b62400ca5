// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/byte_reader.h"

#include <fmt/format.h>

#include <bit>
#include <boost/endian/conversion.hpp>
#include <utility>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {

ByteReader::ByteReader(std::span<const std::uint8_t> bytes, std::string source)
    : bytes_(bytes), source_(std::move(source)) {}

std::span<const std::uint8_t> ByteReader::bytes(std::uint64_t count, std::string_view field) {
  if (count > remaining()) {
    refuse(source_, field,
           fmt::format("file is truncated: {} bytes wanted at offset {}, {} left", count, offset_,
                       remaining()));
  }
  const auto view = bytes_.subspan(offset_, count);
  offset_ += count;
  return view;
}

std::string_view ByteReader::text(std::uint64_t count, std::string_view field) {
  const auto view = bytes(count, field);
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

std::uint8_t ByteReader::u8(std::string_view field) { return bytes(1, field)[0]; }

std::uint16_t ByteReader::u16(std::string_view field) {
  return boost::endian::load_little_u16(bytes(2, field).data());
}

std::uint32_t ByteReader::u32(std::string_view field) {
  return boost::endian::load_little_u32(bytes(4, field).data());
}

std::uint64_t ByteReader::u64(std::string_view field) {
  return boost::endian::load_little_u64(bytes(8, field).data());
}

std::int32_t ByteReader::i32(std::string_view field) {
  return static_cast<std::int32_t>(u32(field));
}

float ByteReader::f32(std::string_view field) { return std::bit_cast<float>(u32(field)); }

double ByteReader::f64(std::string_view field) { return std::bit_cast<double>(u64(field)); }

}  // namespace metronome::runtime
