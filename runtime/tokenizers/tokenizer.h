// SPDX-License-Identifier: Apache-2.0
// Text to token ids and back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/tokenizers/tokenizer_data.h"
#include "runtime/tokenizers/utf8.h"

namespace metronome::runtime {

/// Whether control tokens written out in a text are taken as such or as plain text.
enum class SpecialText { kPlain, kParsed };

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// Any bytes are legal; ill-formed UTF-8 goes byte by byte. With kParsed, a text that already
  /// starts with the BOS token gets no second one. Nothing is ever inserted past the start.
  /// Errors: UserError if the vocabulary has no token for a byte of the text.
  [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool add_bos,
                                                 SpecialText special = SpecialText::kPlain) const;

  /// True if `text` begins with the BOS token written out: the caller warns, once.
  [[nodiscard]] bool starts_with_bos(std::string_view text) const;

  /// The raw bytes of one token, perhaps part of a UTF-8 sequence; none for control and unused
  /// tokens, U+FFFD for the unknown token and ids out of range.
  [[nodiscard]] virtual std::string decode_piece(std::int32_t id) const = 0;

  /// As decode_piece, less the leading space that encoding put after BOS.
  [[nodiscard]] std::string decode_after(std::int32_t previous, std::int32_t id) const;

  /// The text of a sequence, valid UTF-8 as Utf8Streamer gives it.
  [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const;

  [[nodiscard]] std::optional<std::int32_t> bos_id() const;
  [[nodiscard]] std::optional<std::int32_t> eos_id() const;
  [[nodiscard]] bool is_end(std::int32_t id) const;
  [[nodiscard]] bool adds_bos() const { return data_.add_bos; }
  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(data_.pieces.size()); }
  [[nodiscard]] const TokenizerData& data() const { return data_; }

 protected:
  explicit Tokenizer(TokenizerData data);

  /// Appends the ids of a stretch of text without special tokens; never empty.
  virtual void encode_stretch(std::string_view text, bool first,
                              std::vector<std::int32_t>& ids) const = 0;

  [[nodiscard]] TokenType type_of(std::int32_t id) const;
  [[nodiscard]] const std::string& piece_of(std::int32_t id) const;

 private:
  struct Written {
    std::string_view text;
    std::int32_t id;
  };
  [[nodiscard]] const Written* special_at(std::string_view text, SpecialText special) const;

  TokenizerData data_;
  std::vector<std::vector<Written>> written_;  // [256] by first byte, longest first
};

/// Errors: UserError if `data` is not valid.
std::unique_ptr<Tokenizer> make_tokenizer(TokenizerData data);

}  // namespace metronome::runtime
