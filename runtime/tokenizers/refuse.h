// SPDX-License-Identifier: Apache-2.0
// The one shape of every refusal of a file: `file: field: what, found, limit`.
#pragma once

#include <string>
#include <string_view>

#include "hw/isa/error.h"

namespace metronome::runtime {

/// Errors: always UserError, one line.
[[noreturn]] inline void refuse(std::string_view source, std::string_view field,
                                std::string_view what) {
  std::string message;
  message.append(source).append(": ").append(field).append(": ").append(what);
  throw UserError(message);
}

/// Text from a file, safe to print on one line: control bytes become '?', long text is cut.
inline std::string printable(std::string_view text, std::size_t limit = 96) {
  std::string shown;
  for (const char byte : text.substr(0, limit)) {
    const auto code = static_cast<unsigned char>(byte);
    shown.push_back(code < 0x20 || code == 0x7F ? '?' : byte);
  }
  if (text.size() > limit) shown.append("...");
  return shown;
}

}  // namespace metronome::runtime
