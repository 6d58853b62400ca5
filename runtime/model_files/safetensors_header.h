// SPDX-License-Identifier: Apache-2.0
// The JSON header of a safetensors file, read event by event: no document tree is built, so the
// memory used stays a small multiple of the header.
#pragma once

#include <array>
#include <boost/json/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::runtime {

/// A header entry as written, nothing proven yet.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::array<std::uint64_t, 2> data_offsets = {0, 0};
};

/// Errors: UserError on bad JSON (with the byte) or a wrong, missing or repeated field. Repeated
/// tensor names are left to TensorTable.
std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view text,
                                                       const std::string& source);

}  // namespace metronome::runtime
