// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/byte_level.h"

#include <fmt/format.h>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

// Bytes that print in Latin-1 stand for themselves, the others for U+0100 onwards in byte order.
// Source: encoder.py of the GPT-2 release.
std::array<char32_t, 256> byte_letters() {
  std::array<char32_t, 256> letters{};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool prints = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
                        (byte >= 0xAE && byte <= 0xFF);
    letters[byte] = prints ? byte : next++;
  }
  return letters;
}

}  // namespace

ByteLevelTokenizer::ByteLevelTokenizer(TokenizerData data)
    : Tokenizer(std::move(data)), splitter_(this->data().splitter), ranks_(this->data().merges) {
  const auto letters = byte_letters();
  for (std::size_t byte = 0; byte < 256; ++byte) {
    letters_[byte] = utf8_encode(letters[byte]);
    bytes_.emplace(letters[byte], static_cast<char>(byte));
  }
  for (std::int32_t id = 0; id < size(); ++id) {
    if (type_of(id) == TokenType::kNormal && !piece_of(id).empty()) {
      ids_.try_emplace(piece_of(id), id);
    }
  }
}

void ByteLevelTokenizer::encode_stretch(std::string_view text, bool first,
                                        std::vector<std::int32_t>& ids) const {
  const bool stretch_counts = first || !data().prefix_first_only;
  std::string prefixed;
  if (stretch_counts && data().prefix != SpacePrefix::kNone && !text.starts_with(' ')) {
    prefixed = " " + std::string(text);
    text = prefixed;
  }
  for (const std::string_view word : splitter_.split(text)) encode_word(word, ids);
}

void ByteLevelTokenizer::encode_word(std::string_view word, std::vector<std::int32_t>& ids) const {
  std::string spelled;
  for (const char byte : word) spelled.append(letters_[static_cast<unsigned char>(byte)]);
  if (data().whole_words_first) {
    const auto whole = ids_.find(spelled);
    if (whole != ids_.end()) {
      ids.push_back(whole->second);
      return;
    }
  }
  std::vector<Symbol> symbols;
  std::size_t at = 0;
  for (const char byte : word) {
    const std::size_t length = letters_[static_cast<unsigned char>(byte)].size();
    const std::string_view letter = std::string_view(spelled).substr(at, length);
    const auto found = ids_.find(letter);
    symbols.push_back({letter, found == ids_.end() ? data().unknown : found->second});
    if (symbols.back().id < 0) {
      refuse("tokenizer", "text",
             fmt::format("no token for byte 0x{:02X}", static_cast<unsigned char>(byte)));
    }
    at += length;
  }
  const JoinRule rule = [this](const Symbol& left, const Symbol& right) {
    return ranks_(left, right);
  };
  for (const Symbol& symbol : join_symbols(std::move(symbols), rule)) ids.push_back(symbol.id);
}

std::string ByteLevelTokenizer::decode_piece(std::int32_t id) const {
  if (id < 0 || id >= size()) return std::string(kReplacement);
  const std::string& piece = piece_of(id);
  switch (type_of(id)) {
    case TokenType::kControl:
    case TokenType::kUnused:
      return {};
    case TokenType::kUnknown:
      return std::string(kReplacement);
    case TokenType::kUserDefined:
    case TokenType::kByte:
      return piece;
    case TokenType::kNormal:
      break;
  }
  std::string text;
  std::string_view rest = piece;
  while (!rest.empty()) {
    const Utf8Sequence sequence = utf8_sequence(rest);
    const std::string_view letter = rest.substr(0, sequence.length);
    const auto found =
        sequence.status == Utf8Status::kComplete ? bytes_.find(utf8_decode(letter)) : bytes_.end();
    if (found == bytes_.end()) {
      text.append(letter);
    } else {
      text.push_back(found->second);
    }
    rest.remove_prefix(sequence.length);
  }
  return text;
}

}  // namespace metronome::runtime
