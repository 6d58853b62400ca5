// SPDX-License-Identifier: Apache-2.0
// Byte-level tokenizers: how texts are cut into words, and words into tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/tokenizers/merge_list.h"
#include "runtime/tokenizers/splitter.h"
#include "runtime/tokenizers/tokenizer.h"

namespace metronome::runtime {
namespace {

using ::testing::ElementsAre;

struct SplitRow {
  const char* splitter;
  const char* text;
  std::vector<std::string> words;
};

// Words worked out by hand from each family's published regex.
const SplitRow kRows[] = {
    {"gpt2", "Hello world's  end", {"Hello", " world", "'s", " ", " end"}},
    {"gpt2", "x=12345;\n\ny", {"x", "=", "12345", ";", "\n", "\n", "y"}},
    {"gpt2", "a  ", {"a", "  "}},
    {"llama3", "12345 678", {"123", "45", " ", "678"}},
    {"llama3", "don'T stop!\r\n\r\nnow", {"don", "'T", " stop", "!\r\n\r\n", "now"}},
    {"llama3", "été ça", {"été", " ça"}},
    {"llama3", "a   b", {"a", "  ", " b"}},
    {"qwen2", "v12.5", {"v", "1", "2", ".", "5"}},
    {"qwen2", "(call)", {"(call", ")"}},
    {"qwen2", "one\n\n two", {"one", "\n\n", " two"}},
    {"smollm", "a 12 b", {"a", " ", "1", "2", " b"}},
    {"llama3", "ไทย", {"ไทย"}},
    {"llama3", "a\u00A0b", {"a", "\u00A0b"}},
};

TEST(Splitter, CutsTextsAsEachFamilyDoes) {
  for (const SplitRow& row : kRows) {
    const std::string text = row.text;
    const Splitter splitter(row.splitter);
    std::vector<std::string> words;
    for (const std::string_view word : splitter.split(text)) words.emplace_back(word);
    EXPECT_EQ(words, row.words) << row.splitter << ": " << text;
  }
}

TEST(Splitter, CoversEveryByteOfIllFormedText) {
  const std::string text = "ok\xFF\xFE then \xE2\x96 end\xC3";
  for (const char* name : {"gpt2", "llama3", "qwen2", "smollm"}) {
    std::string joined;
    for (const std::string_view word : Splitter(name).split(text)) {
      EXPECT_FALSE(word.empty());
      joined += word;
    }
    EXPECT_EQ(joined, text) << name;
  }
}

TEST(Splitter, TakesLongRunsWithoutRunningOutOfStack) {
  const std::string letters(1 << 20, 'a');
  EXPECT_EQ(Splitter("llama3").split(letters).size(), 1U);
  const std::string blanks(1 << 20, ' ');
  EXPECT_EQ(Splitter("gpt2").split(blanks).size(), 1U);
}

TokenizerData byte_level() {
  TokenizerData data;
  data.kind = TokenizerKind::kByteLevel;
  data.splitter = "llama3";
  for (char32_t code = 0x21; code < 0x144; ++code) {
    const bool prints = code <= 0x7E || (code >= 0xA1 && code <= 0xAC) || code >= 0xAE;
    if (prints) data.pieces.push_back(utf8_encode(code));
  }
  for (const char* piece :
       {"he", "ll", "hell", "\u0120h", "\u0120hello", "hello", "<|begin|>", "<tool>"}) {
    data.pieces.emplace_back(piece);
  }
  data.types.assign(data.pieces.size(), TokenType::kNormal);
  data.types[data.types.size() - 2] = TokenType::kControl;
  data.types.back() = TokenType::kUserDefined;
  data.bos = static_cast<std::int32_t>(data.pieces.size()) - 2;
  MergeList merges(data.pieces, "test");
  for (const char* merge : {"h e", "l l", "he ll", "hell o", "\u0120 h"}) merges.add(merge);
  data.merges = merges.take();
  return data;
}

std::vector<std::string> pieces_of(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> pieces;
  for (const std::int32_t id : tokenizer.encode(text, false)) {
    pieces.push_back(tokenizer.data().pieces[static_cast<std::size_t>(id)]);
  }
  return pieces;
}

TEST(ByteLevelTokenizer, MergesByRankInsideWords) {
  const auto tokenizer = make_tokenizer(byte_level());
  EXPECT_EQ(tokenizer->size(), 264);
  EXPECT_THAT(pieces_of(*tokenizer, "hello"), ElementsAre("hello"));
  EXPECT_THAT(pieces_of(*tokenizer, " hello"), ElementsAre("\u0120", "hello"));
  TokenizerData whole_words = byte_level();
  whole_words.whole_words_first = true;
  EXPECT_THAT(pieces_of(*make_tokenizer(whole_words), " hello"), ElementsAre("\u0120hello"));
}

TEST(ByteLevelTokenizer, DecodeGivesBackAnyText) {
  const auto tokenizer = make_tokenizer(byte_level());
  for (const std::string text :
       {"hello  world\n", "é 日本 🙂", "tab\t\x01", "<|begin|> plain"}) {
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(text, true)), text);
  }
}

TEST(ByteLevelTokenizer, UserTokensAreAlwaysParsedControlTokensWhenAsked) {
  const auto tokenizer = make_tokenizer(byte_level());
  EXPECT_THAT(pieces_of(*tokenizer, "he<tool>ll"), ElementsAre("he", "<tool>", "ll"));
  EXPECT_GT(tokenizer->encode("<|begin|>", false).size(), 1U);
  EXPECT_EQ(tokenizer->encode("<|begin|>", true, SpecialText::kParsed).size(), 1U);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("he<tool>ll", false)), "he<tool>ll");
}

}  // namespace
}  // namespace metronome::runtime
