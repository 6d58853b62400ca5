// SPDX-License-Identifier: Apache-2.0
// Tokenizers from plain data: scores, merges, special tokens, streaming, the serialised form.
#include "runtime/tokenizers/tokenizer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "runtime/model_files/load_model.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using harness::refusal;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// <unk> <s> </s>, the 256 bytes from id 3, then the pieces given.
TokenizerData scored(const std::vector<std::pair<std::string, float>>& pieces) {
  TokenizerData data;
  data.kind = TokenizerKind::kScores;
  data.pieces = {"<unk>", "<s>", "</s>"};
  data.types = {TokenType::kUnknown, TokenType::kControl, TokenType::kControl};
  for (int byte = 0; byte < 256; ++byte) {
    data.pieces.push_back(fmt::format("<0x{:02X}>", byte));
    data.types.push_back(TokenType::kByte);
  }
  data.scores.assign(data.pieces.size(), 0.0F);
  for (const auto& [piece, score] : pieces) {
    data.pieces.push_back(piece);
    data.types.push_back(TokenType::kNormal);
    data.scores.push_back(score);
  }
  data.prefix = SpacePrefix::kAlways;
  data.bos = 1;
  data.unknown = 0;
  data.ends = {2};
  return data;
}

TEST(Utf8, SequencesAreCompleteIncompleteOrInvalid) {
  EXPECT_EQ(utf8_sequence("a").status, Utf8Status::kComplete);
  EXPECT_EQ(utf8_sequence("\xF0\x9F\x99\x82").length, 4U);
  EXPECT_EQ(utf8_sequence("\xF0\x9F").status, Utf8Status::kIncomplete);
  for (const char* bad : {"\xC0\x80", "\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80", "\xFF"}) {
    EXPECT_EQ(utf8_sequence(bad).status, Utf8Status::kInvalid) << bad;
  }
  for (const char32_t code : {U'a', U'é', U'日', U'🙂'})
    EXPECT_EQ(utf8_decode(utf8_encode(code)), code);
}

TEST(Utf8, AStreamOfBytesIsHeldUntilCharactersAreWhole) {  // A33
  Utf8Streamer streamer;
  EXPECT_EQ(streamer.push("a\xF0\x9F"), "a");
  EXPECT_EQ(streamer.push("\x99"), "");
  EXPECT_EQ(streamer.push("\x82z"), "🙂z");
  EXPECT_EQ(streamer.finish(), "");
  EXPECT_EQ(streamer.push("\xF0\x9F"), "");
  EXPECT_EQ(streamer.finish(), "\uFFFD");
  EXPECT_EQ(streamer.finish(), "");
  EXPECT_EQ(streamer.push("\xFFok"), "\uFFFDok");
}

TEST(Tokenizer, StreamedTextEqualsTheWholeDecode) {  // A33
  const auto tokenizer = make_tokenizer(scored({{"\u2581", -1}}));
  const std::vector<std::int32_t> ids = {3 + 0xF0, 3 + 0x9F, 3 + 0x99, 3 + 0x82};
  Utf8Streamer streamer;
  std::string streamed;
  for (const std::int32_t id : ids) streamed += streamer.push(tokenizer->decode_piece(id));
  EXPECT_EQ(streamed + streamer.finish(), "🙂");
  EXPECT_EQ(tokenizer->decode(ids), "🙂");
  EXPECT_EQ(tokenizer->decode(std::span(ids).first(2)), "\uFFFD");
}

TEST(Tokenizer, TheBestScoreJoinsFirstAndTiesGoLeft) {
  const auto tokenizer = make_tokenizer(
      scored({{"a", -9}, {"b", -9}, {"ab", -2}, {"ba", -1}, {"\u2581", -9}, {"aa", -3}}));
  const std::int32_t a = 259;
  EXPECT_THAT(tokenizer->encode("aba", false), ElementsAre(a + 4, a, a + 3));
  EXPECT_THAT(tokenizer->encode("aaa", false), ElementsAre(a + 4, a + 5, a));
}

TEST(Tokenizer, BosIsAddedOnlyWhenAskedAndOnce) {  // A32
  const auto tokenizer = make_tokenizer(scored({{"x", -1}, {"\u2581x", -1}}));
  EXPECT_THAT(tokenizer->encode("x", true), ElementsAre(1, 260));
  EXPECT_THAT(tokenizer->encode("x", false), ElementsAre(260));
  EXPECT_THAT(tokenizer->encode("<s>x", true, SpecialText::kParsed), ElementsAre(1, 260));
  EXPECT_THAT(tokenizer->encode("x<s>x", true, SpecialText::kParsed), ElementsAre(1, 260, 1, 260));
  EXPECT_THAT(tokenizer->encode("", true), ElementsAre(1));
  EXPECT_TRUE(tokenizer->starts_with_bos("<s>x"));
  EXPECT_FALSE(tokenizer->starts_with_bos("x<s>"));
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("x", true)), "x");
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("x", false)), " x");
}

TEST(Tokenizer, AByteWithoutATokenIsUnknownOrRefused) {
  TokenizerData data = scored({});
  data.types[3 + 'q'] = TokenType::kUnused;
  EXPECT_THAT(make_tokenizer(data)->encode("aq", false),
              ElementsAre(3 + 0xE2, 3 + 0x96, 3 + 0x81, 3 + 'a', 0));
  data.unknown = -1;
  EXPECT_THAT(refusal([&] { (void)make_tokenizer(data)->encode("q", false); }),
              HasSubstr("no token for byte 0x71"));
}

TEST(Tokenizer, SpecialIdsOutOfRangeAreDroppedWithANote) {  // A37
  harness::GgufBuilder file = harness::tiny_gguf(harness::make_tiny_model({}));
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", std::vector<std::string>(97, "a"));
  file.f32s("tokenizer.ggml.scores", std::vector<float>(97));
  file.u32("tokenizer.ggml.bos_token_id", 1);
  file.u32("tokenizer.ggml.eos_token_id", 97);
  const harness::TempFolder folder;
  const LoadedModel loaded = load(folder.write("m.gguf", file.bytes()));
  EXPECT_FALSE(loaded.tokenizer->eos_id().has_value());
  EXPECT_EQ(loaded.tokenizer->bos_id(), 1);
  EXPECT_TRUE(harness::has_note(loaded.model, "end id 97 ignored"));
}

TEST(Tokenizer, MoreTokensThanTheModelHasAreRefused) {
  harness::GgufBuilder file = harness::tiny_gguf(harness::make_tiny_model({}));
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", std::vector<std::string>(98, "a"));
  file.f32s("tokenizer.ggml.scores", std::vector<float>(98));
  const harness::TempFolder folder;
  EXPECT_THAT(harness::refusal_of_model(folder.write("m.gguf", file.bytes())),
              AllOf(HasSubstr("98 tokens"), HasSubstr("97")));
  file.text("tokenizer.ggml.model", "gpt2");
  file.text("tokenizer.ggml.pre", "chameleon");
  EXPECT_THAT(harness::refusal_of_model(folder.write("m.gguf", file.bytes())),
              HasSubstr("splitter 'chameleon' is not supported"));
}

TEST(Tokenizer, TheSerialisedFormGivesTheSameTokenizer) {
  TokenizerData data = scored({{"\u2581", -1}, {"h", -2}, {"hi", -3}, {"i", -4}});
  data.add_bos = true;
  const std::vector<std::uint8_t> bytes = serialise(data);
  const TokenizerData back = deserialise(bytes, "image");
  EXPECT_EQ(serialise(back), bytes);
  EXPECT_EQ(make_tokenizer(back)->encode("hi hi", true),
            make_tokenizer(data)->encode("hi hi", true));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(refusal([&] { deserialise(std::span(bytes).first(size), "image"); }), "accepted");
  }
}

TEST(Tokenizer, ADamagedSerialisedFormIsRefusedOrValid) {
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  const std::vector<std::uint8_t> good = serialise(scored({{"\u2581", -1}, {"h", -2}}));
  for (int i = 0; i < 500; ++i) {
    std::vector<std::uint8_t> bytes = good;
    const std::size_t focus = i % 2 == 0 ? 40 : bytes.size();
    for (int j = 0; j < 3; ++j) bytes[random() % focus] = static_cast<std::uint8_t>(random());
    refusal([&] { (void)make_tokenizer(deserialise(bytes, "image"))->encode("hh \xFF", true); });
  }
}

}  // namespace
}  // namespace metronome::runtime
