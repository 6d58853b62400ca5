// SPDX-License-Identifier: Apache-2.0
#include "runtime/tokenizers/tokenizer.h"

#include <algorithm>

#include "runtime/tokenizers/byte_level.h"
#include "runtime/tokenizers/code_points.h"

namespace metronome::runtime {

Tokenizer::Tokenizer(TokenizerData data) : data_(std::move(data)), written_(256) {
  for (std::size_t i = 0; i < data_.pieces.size(); ++i) {
    const TokenType type = data_.types[i];
    const bool special = type == TokenType::kControl || type == TokenType::kUserDefined ||
                         type == TokenType::kUnknown;
    const std::string& piece = data_.pieces[i];
    if (!special || piece.empty()) continue;
    written_[static_cast<unsigned char>(piece[0])].push_back({piece, static_cast<std::int32_t>(i)});
  }
  for (auto& bucket : written_) {
    std::ranges::stable_sort(bucket, std::ranges::greater{},
                             [](const Written& entry) { return entry.text.size(); });
  }
}

const Tokenizer::Written* Tokenizer::special_at(std::string_view text, SpecialText special) const {
  for (const Written& entry : written_[static_cast<unsigned char>(text[0])]) {
    if (special == SpecialText::kPlain && type_of(entry.id) != TokenType::kUserDefined) continue;
    if (text.starts_with(entry.text)) return &entry;
  }
  return nullptr;
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, bool add_bos,
                                            SpecialText special) const {
  std::vector<std::int32_t> ids;
  const bool has_bos = special == SpecialText::kParsed && starts_with_bos(text);
  if (add_bos && data_.bos >= 0 && !has_bos) ids.push_back(data_.bos);
  std::size_t begin = 0;
  bool first = true;
  for (std::size_t at = 0; at < text.size();) {
    const Written* entry = special_at(text.substr(at), special);
    if (entry == nullptr) {
      ++at;
      continue;
    }
    if (at > begin) encode_stretch(text.substr(begin, at - begin), first, ids);
    ids.push_back(entry->id);
    first = false;
    at += entry->text.size();
    begin = at;
  }
  if (text.size() > begin) encode_stretch(text.substr(begin), first, ids);
  return ids;
}

bool Tokenizer::starts_with_bos(std::string_view text) const {
  return data_.bos >= 0 && !piece_of(data_.bos).empty() && text.starts_with(piece_of(data_.bos));
}

std::string Tokenizer::decode_after(std::int32_t previous, std::int32_t id) const {
  std::string piece = decode_piece(id);
  const bool starts = previous == data_.bos && data_.bos >= 0;
  const bool prefixed =
      data_.prefix != SpacePrefix::kNone && data_.kind != TokenizerKind::kByteLevel;
  if (starts && prefixed && piece.starts_with(' ')) piece.erase(0, 1);
  return piece;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  Utf8Streamer streamer;
  std::string text;
  std::int32_t previous = -1;
  for (const std::int32_t id : ids) {
    text.append(streamer.push(decode_after(previous, id)));
    previous = id;
  }
  return text.append(streamer.finish());
}

std::optional<std::int32_t> Tokenizer::bos_id() const {
  return data_.bos < 0 ? std::nullopt : std::optional(data_.bos);
}

std::optional<std::int32_t> Tokenizer::eos_id() const {
  return data_.ends.empty() ? std::nullopt : std::optional(data_.ends.front());
}

bool Tokenizer::is_end(std::int32_t id) const { return std::ranges::count(data_.ends, id) > 0; }

TokenType Tokenizer::type_of(std::int32_t id) const {
  return data_.types[static_cast<std::size_t>(id)];
}

const std::string& Tokenizer::piece_of(std::int32_t id) const {
  return data_.pieces[static_cast<std::size_t>(id)];
}

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerData data) {
  validate(data, "tokenizer");
  switch (data.kind) {
    case TokenizerKind::kScores:
    case TokenizerKind::kMerges:
      return std::make_unique<CodePointTokenizer>(std::move(data));
    case TokenizerKind::kByteLevel:
      return std::make_unique<ByteLevelTokenizer>(std::move(data));
  }
  return nullptr;
}

}  // namespace metronome::runtime
