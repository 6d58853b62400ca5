// SPDX-License-Identifier: Apache-2.0
// A tokenizer as plain data: what the files of all formats boil down to, and what a program image
// carries. Nothing here refers to a file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::runtime {

enum class TokenizerKind : std::uint8_t {
  kScores = 0,     // SentencePiece-style: the best-scored joinable pair first, byte fallback
  kMerges = 1,     // merges by rank over code points, byte fallback
  kByteLevel = 2,  // merges by rank over bytes in GPT-2's alphabet, words split by a regex
};

/// Numbered as in tokenizer.ggml.token_type.
enum class TokenType : std::uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,      // parsed in text only when asked, decodes to nothing
  kUserDefined = 4,  // always parsed in text
  kUnused = 5,
  kByte = 6,  // "<0xNN>": one raw byte
};

/// When a space is put before a stretch of text.
enum class SpacePrefix : std::uint8_t { kNone = 0, kAlways = 1, kUnlessSpace = 2 };

struct Merge {
  std::int32_t left;
  std::int32_t right;
  std::int32_t joined;
  bool operator==(const Merge&) const = default;
};

struct TokenizerData {
  TokenizerKind kind = TokenizerKind::kScores;
  std::vector<std::string> pieces;  // [size]; a space is U+2581, or byte-level alphabet
  std::vector<TokenType> types;     // [size]
  std::vector<float> scores;        // [size] for kScores, else empty
  std::vector<Merge> merges;        // by rank; empty for kScores
  std::string splitter;             // kByteLevel: "gpt2", "llama3", "qwen2", "smollm"
  SpacePrefix prefix = SpacePrefix::kNone;
  bool prefix_first_only = false;  // only the first stretch of a text, not after special tokens
  bool split_at_spaces = false;    // kMerges: no merge joins two words
  bool whole_words_first = false;  // kByteLevel: a word in the vocabulary is taken unmerged
  bool add_bos = false;            // what the file asks for; the caller decides
  std::int32_t bos = -1;           // -1: none
  std::int32_t unknown = -1;
  std::vector<std::int32_t> ends;  // tokens that end a text, the first is EOS

  std::vector<std::string> notes;  // for the user, one line each; not serialised
};

/// Errors: UserError naming `source` if sizes disagree, ids are out of range, a merge does not
/// join its parts or the splitter is unknown.
void validate(const TokenizerData& data, const std::string& source);

/// Drops special ids outside the vocabulary, with a note each.
void drop_foreign_ids(TokenizerData& data);

/// The form a program image carries; versioned, little-endian.
std::vector<std::uint8_t> serialise(const TokenizerData& data);

/// Errors: UserError on any byte sequence that `serialise` cannot have written.
TokenizerData deserialise(std::span<const std::uint8_t> bytes, const std::string& source);

/// The byte that a piece like "<0x0A>" stands for, or -1.
int byte_of_piece(std::string_view piece);

}  // namespace metronome::runtime
