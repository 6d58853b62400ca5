// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/llama2c_tokenizer.h"

#include <fmt/format.h>

#include "runtime/tokenizers/byte_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

std::string escape_spaces(std::string_view piece) {
  std::string escaped;
  for (const char byte : piece) {
    if (byte == ' ') {
      escaped.append("\xE2\x96\x81");  // U+2581
    } else {
      escaped.push_back(byte);
    }
  }
  return escaped;
}

}  // namespace

TokenizerData parse_llama2c_tokenizer(std::span<const std::uint8_t> bytes,
                                      const std::string& source) {
  ByteReader in(bytes, source);
  TokenizerData data;
  data.kind = TokenizerKind::kScores;
  data.prefix = SpacePrefix::kAlways;
  data.add_bos = true;
  const std::uint32_t longest = in.u32("max_token_length");
  while (in.remaining() > 0) {
    const std::string field = fmt::format("token {}", data.pieces.size());
    data.scores.push_back(in.f32(field));
    const std::uint32_t length = in.u32(field);
    if (length > longest) {
      refuse(source, field,
             fmt::format("{} bytes found, limit {} (max_token_length)", length, longest));
    }
    const std::string_view piece = in.text(length, field);
    const bool byte = byte_of_piece(piece) >= 0;
    data.types.push_back(byte ? TokenType::kByte : TokenType::kNormal);
    data.pieces.push_back(byte ? std::string(piece) : escape_spaces(piece));
  }
  if (data.pieces.size() < 3) {
    refuse(source, "tokens", fmt::format("{} found, at least 3 wanted", data.pieces.size()));
  }
  // The file writes the markers with line feeds around them; in a text they stand bare.
  data.types[0] = TokenType::kUnknown;
  data.types[1] = data.types[2] = TokenType::kControl;
  data.pieces[1] = "<s>";
  data.pieces[2] = "</s>";
  data.unknown = 0;
  data.bos = 1;
  data.ends = {2};
  validate(data, source);
  return data;
}

}  // namespace metronome::runtime
