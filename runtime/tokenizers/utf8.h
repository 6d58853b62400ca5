// SPDX-License-Identifier: Apache-2.0
// UTF-8 at the byte level: what starts here, and text that arrives in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace metronome::runtime {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

enum class Utf8Status { kComplete, kIncomplete, kInvalid };

/// One code point, or the longest prefix of one, at the start of some text.
struct Utf8Sequence {
  Utf8Status status;
  std::size_t length;  // bytes, at least 1
};

/// `text` must not be empty. Overlong forms, surrogates and codes above U+10FFFF are invalid.
/// Source: Unicode Standard, table 3-7.
Utf8Sequence utf8_sequence(std::string_view text);

/// The UTF-8 form of `code`, which must be a Unicode scalar value.
std::string utf8_encode(char32_t code);

/// The code point of a complete sequence.
char32_t utf8_decode(std::string_view sequence);

/// `text` with each ill-formed run as one U+FFFD.
std::string valid_utf8(std::string_view text);

/// Turns bytes that arrive token by token into valid UTF-8: an unfinished tail is held back until
/// the next bytes; each ill-formed run becomes one U+FFFD.
class Utf8Streamer {
 public:
  /// Returns the text that is certain now.
  std::string push(std::string_view bytes);

  /// Returns one U+FFFD if a tail is still unfinished, else nothing. The streamer starts afresh.
  std::string finish();

 private:
  std::string held_;  // at most 3 bytes
};

}  // namespace metronome::runtime
