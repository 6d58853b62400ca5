// SPDX-License-Identifier: Apache-2.0
// Byte-level BPE: words cut by a regex, each byte one letter of GPT-2's alphabet, ranked merges.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/tokenizers/joiner.h"
#include "runtime/tokenizers/splitter.h"
#include "runtime/tokenizers/tokenizer.h"

namespace metronome::runtime {

class ByteLevelTokenizer : public Tokenizer {
 public:
  /// `data` must be valid and of kind kByteLevel.
  explicit ByteLevelTokenizer(TokenizerData data);

  [[nodiscard]] std::string decode_piece(std::int32_t id) const override;

 protected:
  void encode_stretch(std::string_view text, bool first,
                      std::vector<std::int32_t>& ids) const override;

 private:
  void encode_word(std::string_view word, std::vector<std::int32_t>& ids) const;

  Splitter splitter_;
  std::array<std::string, 256> letters_;                    // byte to its letter in UTF-8
  std::unordered_map<char32_t, char> bytes_;                // and back
  std::unordered_map<std::string_view, std::int32_t> ids_;  // pieces that text can spell
  MergeRanks ranks_;
};

}  // namespace metronome::runtime
