// SPDX-License-Identifier: Apache-2.0
// Columns of numbers, packed one after the other: little-endian, each with its type and place.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::report {

class Columns {
 public:
  /// `Number`: std::uint8_t, std::uint16_t, std::uint32_t or std::int32_t.
  template <typename Number>
  void add(const std::string& name, const std::vector<Number>& values) {
    pad();
    places_[name] = boost::json::object{
        {"type", type_name(Number{})}, {"offset", bytes_.size()}, {"count", values.size()}};
    for (const Number value : values) {
      for (std::size_t b = 0; b < sizeof(Number); ++b) {
        bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> (8 * b)));
      }
    }
  }

  const boost::json::object& places() const { return places_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  static std::string_view type_name(std::uint8_t) { return "u8"; }
  static std::string_view type_name(std::uint16_t) { return "u16"; }
  static std::string_view type_name(std::uint32_t) { return "u32"; }
  static std::string_view type_name(std::int32_t) { return "i32"; }
  /// Readers view numbers in place, which needs them aligned.
  void pad() {
    while (bytes_.size() % sizeof(std::uint32_t) != 0) bytes_.push_back(0);
  }

  boost::json::object places_;
  std::vector<std::uint8_t> bytes_;
};

/// gzip at the strongest level, without a date: equal bytes give equal bytes.
std::vector<std::uint8_t> gzip(const std::vector<std::uint8_t>& bytes);
std::string base64(const std::vector<std::uint8_t>& bytes);

}  // namespace metronome::report
