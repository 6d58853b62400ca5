// SPDX-License-Identifier: Apache-2.0
// Tokenizers that start from code points and fall back to byte tokens: SentencePiece-style with
// scores, and its conversion to ranked merges. A space is U+2581 inside.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/tokenizers/joiner.h"
#include "runtime/tokenizers/tokenizer.h"

namespace metronome::runtime {

class CodePointTokenizer : public Tokenizer {
 public:
  /// `data` must be valid and of kind kScores or kMerges.
  explicit CodePointTokenizer(TokenizerData data);

  [[nodiscard]] std::string decode_piece(std::int32_t id) const override;

 protected:
  void encode_stretch(std::string_view text, bool first,
                      std::vector<std::int32_t>& ids) const override;

 private:
  [[nodiscard]] std::string escape(std::string_view text, bool first) const;
  void encode_word(std::string_view word, std::vector<std::int32_t>& ids) const;
  void push_bytes(std::string_view text, std::vector<std::int32_t>& ids) const;
  [[nodiscard]] std::int32_t find(std::string_view piece) const;

  std::unordered_map<std::string_view, std::int32_t> ids_;  // pieces that text can spell
  std::array<std::int32_t, 256> byte_ids_;                  // -1: no such token
  MergeRanks ranks_;
};

}  // namespace metronome::runtime
