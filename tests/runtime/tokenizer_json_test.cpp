// SPDX-License-Identifier: Apache-2.0
// tokenizer.json: which chains of steps are read, and how, and which are refused.
#include "runtime/tokenizers/tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/tokenizers/tokenizer.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kVocab =
    R"("vocab":{"<unk>":0,"<s>":1,"</s>":2,"▁":3,"a":4,"b":5,"▁a":6,"ab":7,"a▁":8})";
const std::string kMerges = R"("merges":["▁ a",["a","b"],"a ▁"])";
const std::string kEscape =
    R"("normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},)"
    R"({"type":"Replace","pattern":{"String":" "},"content":"▁"}]})";

TokenizerData parse(const std::string& rest, const std::string& config = "{}") {
  const std::string text =
      R"({"model":{"type":"BPE","unk_token":"<unk>",)" + kVocab + "," + kMerges + "}," + rest + "}";
  const boost::json::value json = parse_json(text, "tokenizer.json");
  const boost::json::value settings = parse_json(config, "tokenizer_config.json");
  const JsonFields fields(json, "tokenizer.json");
  const JsonFields config_fields(settings, "tokenizer_config.json");
  return parse_tokenizer_json(fields, {&config_fields, nullptr});
}

std::string refused(const std::string& rest) {
  return harness::refusal([&] { parse(rest); });
}

TEST(TokenizerJson, PrependAlwaysAddsASpaceMetaspaceOnlyWhereNoneIs) {
  const auto prepend = make_tokenizer(parse(kEscape));
  EXPECT_THAT(prepend->encode("a", false), ElementsAre(6));
  EXPECT_THAT(prepend->encode(" a", false), ElementsAre(3, 6));
  EXPECT_THAT(prepend->encode("a a", false), ElementsAre(6, 6));
  const auto metaspace = make_tokenizer(
      parse(R"("pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"})",
            R"({"bos_token":"<s>"})"));
  EXPECT_THAT(metaspace->encode(" a", false), ElementsAre(6));
  EXPECT_THAT(metaspace->encode("a", false), ElementsAre(6));
  EXPECT_EQ(metaspace->decode_after(metaspace->bos_id().value(), 6), "a");
}

TEST(TokenizerJson, MergesStopAtWordsOnlyWhereMetaspaceSplits) {
  const std::string scheme = R"("type":"Metaspace","replacement":"▁","prepend_scheme":"never")";
  const auto split = make_tokenizer(parse(R"("pre_tokenizer":{)" + scheme + "}"));
  EXPECT_THAT(split->encode("ba ", false), ElementsAre(5, 4, 3));
  const auto whole = make_tokenizer(parse(R"("pre_tokenizer":{)" + scheme + R"(,"split":false})"));
  EXPECT_THAT(whole->encode("ba ", false), ElementsAre(5, 8));
}

TEST(TokenizerJson, AddedTokensMayRepeatButNotContradict) {  // A35
  const std::string added = R"(,"added_tokens":[{"id":0,"content":"<unk>","special":true},)"
                            R"({"id":1,"content":"<s>","special":true},)"
                            R"({"id":2,"content":"</s>","special":true},)"
                            R"({"id":9,"content":"<x>"},{"id":10,"content":"<y>"}])";
  const TokenizerData data = parse(kEscape + added, R"({"bos_token":"<s>","eos_token":"</s>"})");
  EXPECT_EQ(data.pieces.size(), 11U);
  EXPECT_EQ(data.bos, 1);
  EXPECT_THAT(data.ends, ElementsAre(2));
  EXPECT_EQ(data.types[9], TokenType::kUserDefined);
  EXPECT_THAT(refused(kEscape + R"(,"added_tokens":[{"id":1,"content":"<t>"}])"),
              AllOf(HasSubstr("id 1"), HasSubstr("<s>"), HasSubstr("<t>")));
  EXPECT_THAT(refused(kEscape + R"(,"added_tokens":[{"id":2000000000,"content":"<t>"}])"),
              HasSubstr("2000000000"));
}

TEST(TokenizerJson, WhetherBosIsAddedComesFromTheConfigThenTheTemplate) {
  const std::string processor =
      R"(,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}}]})";
  EXPECT_TRUE(parse(kEscape + processor).add_bos);
  EXPECT_FALSE(parse(kEscape + processor, R"({"add_bos_token":false})").add_bos);
  EXPECT_FALSE(parse(kEscape).add_bos);
}

TEST(TokenizerJson, PublishedSplittersAreKnownByTheirRegex) {
  const std::string qwen2 = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|)"
                            R"( ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";
  const auto chain = [](const std::string& regex) {
    return R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","behavior":)"
           R"("Isolated","invert":false,"pattern":{"Regex":")" +
           regex + R"("}},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]})";
  };
  const TokenizerData data = parse(chain(qwen2));
  EXPECT_EQ(data.kind, TokenizerKind::kByteLevel);
  EXPECT_EQ(data.splitter, "qwen2");
  EXPECT_THAT(refused(chain("(a+)+$")), HasSubstr("splitter '(a+)+$' is not supported"));  // A39
  EXPECT_EQ(parse(R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false})").splitter,
            "gpt2");
}

TEST(TokenizerJson, CuttingAtSpacesThatAreReplacedChangesNothing) {
  const auto tokenizer = make_tokenizer(
      parse(R"("normalizer":{"type":"Replace","pattern":{"String":" "},"content":"▁"},)"
            R"("pre_tokenizer":{"type":"Split","pattern":{"String":" "},)"
            R"("behavior":"MergedWithPrevious","invert":false})"));
  EXPECT_THAT(tokenizer->encode("ba a", false), ElementsAre(5, 4, 6));
}

TEST(TokenizerJson, ForeignStepsAreRefusedByName) {
  EXPECT_THAT(refused(R"("normalizer":{"type":"Lowercase"})"), HasSubstr("'Lowercase'"));
  EXPECT_THAT(refused(R"("pre_tokenizer":{"type":"BertPreTokenizer"})"),
              HasSubstr("'BertPreTokenizer'"));
  EXPECT_THAT(harness::refusal([] {
                const auto json = parse_json(R"({"model":{"type":"Unigram"}})", "t");
                parse_tokenizer_json(JsonFields(json, "t"), {});
              }),
              HasSubstr("'Unigram' is not supported"));
}

}  // namespace
}  // namespace metronome::runtime
