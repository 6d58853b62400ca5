// SPDX-License-Identifier: Apache-2.0
// The published stories260K model in all the formats it comes in, and its reference tokens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <fstream>
#include <iterator>

#include "runtime/model_files/load_model.h"
#include "tests/runtime/model_checks.h"

namespace metronome::runtime {
namespace {

using harness::expect_equal_models;

class SharedModels : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto folder = harness::shared_models();
    if (!folder) GTEST_SKIP() << "no shared models: set METRONOME_SHARED to their folder";
    folder_ = *folder;
  }

  [[nodiscard]] std::vector<std::unique_ptr<Tokenizer>> tokenizers() const {
    std::vector<std::unique_ptr<Tokenizer>> all;
    all.push_back(load(folder_ / "stories260K-f32.gguf").tokenizer);
    all.push_back(load(folder_ / "stories260K.bin", folder_ / "tok512.bin").tokenizer);
    all.push_back(load(folder_ / "hf").tokenizer);
    return all;
  }

  std::filesystem::path folder_;
};

TEST_F(SharedModels, HoldTheSameNumbersInGgufSafetensorsAndLlama2c) {
  const graph::Model gguf = load_model(folder_ / "stories260K-f32.gguf");
  EXPECT_EQ(gguf.config.architecture, "llama");
  EXPECT_EQ(gguf.config.head_dim, 8);
  EXPECT_EQ(gguf.config.kv_heads, 4);
  EXPECT_TRUE(gguf.config.tied_head);
  EXPECT_FALSE(gguf.head.has_value());
  expect_equal_models(gguf, load_model(folder_ / "hf"));
  expect_equal_models(gguf, load_model(folder_ / "stories260K.bin"));
}

TEST_F(SharedModels, HoldTheSameNumbersInF16UpToItsRounding) {
  // Half an ulp of an 11-bit significand; the smallest weights are subnormal in fp16, so they get
  // the absolute spacing instead.
  const auto exact = harness::all_parameters(load_model(folder_ / "stories260K-f32.gguf"));
  const auto rounded = harness::all_parameters(load_model(folder_ / "stories260K-f16.gguf"));
  ASSERT_EQ(exact.size(), rounded.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    for (std::size_t j = 0; j < exact[i].values.size(); ++j) {
      const float bound = std::max(std::abs(exact[i].values[j]) * 0x1p-11F, 0x1p-25F);
      ASSERT_NEAR(exact[i].values[j], rounded[i].values[j], bound) << exact[i].name << " " << j;
    }
  }
}

TEST_F(SharedModels, HoldNearlyTheSameNumbersInQ8) {
  const auto exact = harness::all_parameters(load_model(folder_ / "stories260K-f32.gguf"));
  const auto coarse = harness::all_parameters(load_model(folder_ / "stories260K-q8_0.gguf"));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto by_size = [](float a, float b) { return std::abs(a) < std::abs(b); };
    const auto& values = exact[i].values;
    const float largest = std::abs(*std::max_element(values.begin(), values.end(), by_size));
    for (std::size_t j = 0; j < values.size(); ++j) {
      // Half a step of 1/127 of a block's largest value, and the fp16 rounding of the scale.
      ASSERT_NEAR(values[j], coarse[i].values[j], largest * (0.5F / 127 + 0x1p-10F));
    }
  }
}

TEST_F(SharedModels, TokenizersOfAllFormatsAgreeWithTheReferencePrompts) {
  std::ifstream file(folder_ / "reference.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const boost::json::value reference = boost::json::parse(text);
  for (const auto& tokenizer : tokenizers()) {
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_TRUE(tokenizer->adds_bos());
    EXPECT_EQ(tokenizer->bos_id(), 1);
    EXPECT_EQ(tokenizer->eos_id(), 2);
    for (const auto& entry : reference.as_array()) {
      const auto wanted = boost::json::value_to<std::vector<std::int32_t>>(entry.at("prompt_ids"));
      const std::string prompt(entry.at("prompt").as_string());
      EXPECT_EQ(tokenizer->encode(prompt, true), wanted);
      EXPECT_EQ(tokenizer->decode(wanted), prompt);
      const auto generated =
          boost::json::value_to<std::vector<std::int32_t>>(entry.at("generated_ids"));
      EXPECT_EQ(tokenizer->decode(generated), std::string(entry.at("generated_text").as_string()));
    }
  }
}

TEST_F(SharedModels, TokenizersOfAllFormatsAgreeOnAwkwardTexts) {
  const std::vector<std::pair<std::string, std::vector<std::int32_t>>> rows = {
      {"Lily's café", {317, 439, 419, 280, 412, 431, 485}},
      {"  two  spaces", {410, 410, 259, 424, 414, 410, 262, 427, 412, 331, 419}},
      {"日本 \"ok\"\n", {410, 233, 154, 168, 233, 159, 175, 313, 414, 433, 436, 13}},
  };
  for (const auto& tokenizer : tokenizers()) {
    for (const auto& [text, ids] : rows) EXPECT_EQ(tokenizer->encode(text, false), ids) << text;
  }
}

TEST_F(SharedModels, DecodeGivesBackWhatWasEncoded) {
  const std::vector<std::string> texts = {"",
                                          " ",
                                          "a",
                                          "  leading",
                                          "trailing  ",
                                          "tab\tand\nline",
                                          "éèêë",
                                          "🙂 emoji 🙃",
                                          "1234567",
                                          "日本語",
                                          "mixed 日本 and latin",
                                          "\x01\x7F control"};
  const auto all = tokenizers();
  for (const std::string& text : texts) {
    for (const auto& tokenizer : all) {
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(text, true)), text);
      EXPECT_EQ(tokenizer->encode(text, true), all[0]->encode(text, true)) << text;
    }
  }
}

TEST_F(SharedModels, AStartMarkerInTheTextIsTakenOnceWhenAskedFor) {  // A32
  for (const auto& tokenizer : tokenizers()) {
    const std::string text = "<s>Once";
    EXPECT_TRUE(tokenizer->starts_with_bos(text));
    const auto parsed = tokenizer->encode(text, true, SpecialText::kParsed);
    EXPECT_EQ(parsed.front(), 1);
    EXPECT_EQ(std::count(parsed.begin(), parsed.end(), 1), 1);
    const auto plain = tokenizer->encode(text, true);
    EXPECT_EQ(std::count(plain.begin(), plain.end(), 1), 1);
    EXPECT_GT(plain.size(), parsed.size());
    EXPECT_EQ(tokenizer->decode(plain), text);
  }
}

}  // namespace
}  // namespace metronome::runtime
