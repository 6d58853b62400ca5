// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/code_points.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

}  // namespace

CodePointTokenizer::CodePointTokenizer(TokenizerData data)
    : Tokenizer(std::move(data)), byte_ids_{}, ranks_(this->data().merges) {
  byte_ids_.fill(-1);
  for (std::int32_t id = 0; id < size(); ++id) {
    const std::string& piece = piece_of(id);
    switch (type_of(id)) {
      case TokenType::kNormal:
      case TokenType::kUserDefined:
        if (!piece.empty()) ids_.try_emplace(piece, id);
        break;
      case TokenType::kByte:
        byte_ids_[static_cast<std::size_t>(byte_of_piece(piece))] = id;
        break;
      case TokenType::kUnknown:
      case TokenType::kControl:
      case TokenType::kUnused:
        break;
    }
  }
}

std::int32_t CodePointTokenizer::find(std::string_view piece) const {
  const auto found = ids_.find(piece);
  return found == ids_.end() ? -1 : found->second;
}

std::string CodePointTokenizer::escape(std::string_view text, bool first) const {
  const bool stretch_counts = first || !data().prefix_first_only;
  const bool starts_blank = text.starts_with(' ') || text.starts_with(kSpace);
  std::string escaped;
  if (stretch_counts && (data().prefix == SpacePrefix::kAlways ||
                         (data().prefix == SpacePrefix::kUnlessSpace && !starts_blank))) {
    escaped.append(kSpace);
  }
  for (const char byte : text) {
    if (byte == ' ') {
      escaped.append(kSpace);
    } else {
      escaped.push_back(byte);
    }
  }
  return escaped;
}

void CodePointTokenizer::encode_stretch(std::string_view text, bool first,
                                        std::vector<std::int32_t>& ids) const {
  const std::string escaped = escape(text, first);
  std::string_view rest = escaped;
  while (data().split_at_spaces) {
    const std::size_t next = rest.find(kSpace, rest.starts_with(kSpace) ? kSpace.size() : 0);
    if (next == std::string_view::npos) break;
    encode_word(rest.substr(0, next), ids);
    rest.remove_prefix(next);
  }
  encode_word(rest, ids);
}

void CodePointTokenizer::encode_word(std::string_view word, std::vector<std::int32_t>& ids) const {
  std::vector<Symbol> symbols;
  while (!word.empty()) {
    const Utf8Sequence sequence = utf8_sequence(word);
    const std::size_t length = sequence.status == Utf8Status::kComplete ? sequence.length : 1;
    symbols.push_back({word.substr(0, length), find(word.substr(0, length))});
    word.remove_prefix(length);
  }
  const bool by_score = data().kind == TokenizerKind::kScores;
  const JoinRule join_by_score = [this](const Symbol& left,
                                        const Symbol& right) -> std::optional<Join> {
    const std::int32_t id = find({left.text.data(), left.text.size() + right.text.size()});
    if (id < 0) return std::nullopt;
    return Join{-static_cast<double>(data().scores[static_cast<std::size_t>(id)]), id};
  };
  const JoinRule join_by_rank = [this](const Symbol& left, const Symbol& right) {
    return ranks_(left, right);
  };
  symbols = join_symbols(std::move(symbols), by_score ? join_by_score : join_by_rank);
  for (const Symbol& symbol : symbols) {
    if (symbol.id >= 0) {
      ids.push_back(symbol.id);
    } else {
      push_bytes(symbol.text, ids);
    }
  }
}

void CodePointTokenizer::push_bytes(std::string_view text, std::vector<std::int32_t>& ids) const {
  const auto byte_id = [this](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  const auto absent = std::ranges::find_if(text, [&](char byte) { return byte_id(byte) < 0; });
  if (absent == text.end()) {
    for (const char byte : text) ids.push_back(byte_id(byte));
  } else if (data().unknown >= 0) {
    ids.push_back(data().unknown);
  } else {
    refuse("tokenizer", "text",
           fmt::format("no token for byte 0x{:02X}", static_cast<unsigned char>(*absent)));
  }
}

std::string CodePointTokenizer::decode_piece(std::int32_t id) const {
  if (id < 0 || id >= size()) return std::string(kReplacement);
  const std::string& piece = piece_of(id);
  switch (type_of(id)) {
    case TokenType::kControl:
    case TokenType::kUnused:
      return {};
    case TokenType::kUnknown:
      return std::string(kReplacement);
    case TokenType::kByte:
      return {static_cast<char>(byte_of_piece(piece))};
    case TokenType::kNormal:
    case TokenType::kUserDefined:
      break;
  }
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    const bool space = std::string_view(piece).substr(at).starts_with(kSpace);
    text.push_back(space ? ' ' : piece[at]);
    at += space ? kSpace.size() : 1;
  }
  return text;
}

}  // namespace metronome::runtime
