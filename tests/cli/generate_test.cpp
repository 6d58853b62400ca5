// SPDX-License-Identifier: Apache-2.0
// Generation with a device that says what it is told to: what is fed, and where it stops.
#include "runtime/generation/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/isa/error.h"

namespace metronome::runtime {
namespace {

using ::testing::ElementsAre;

constexpr std::int32_t kVocab = 6;  // unknown, start, end, then the letters a, b and c

TokenizerData letters() {
  TokenizerData data;
  data.kind = TokenizerKind::kScores;
  data.pieces = {"<unk>", "<s>", "</s>", "a", "b", "c"};
  data.types = {TokenType::kUnknown, TokenType::kControl, TokenType::kControl,
                TokenType::kNormal,  TokenType::kNormal,  TokenType::kNormal};
  data.scores.assign(6, 0.0F);
  data.add_bos = true;
  data.bos = 1;
  data.unknown = 0;
  data.ends = {2};
  return data;
}

/// After the token at position p it wants script[p].
class ScriptedDevice : public Device {
 public:
  ScriptedDevice(std::vector<std::int32_t> script, std::int64_t context)
      : script_(std::move(script)), context_(context) {}

  std::string name() const override { return "scripted"; }
  std::int64_t context() const override { return context_; }
  std::int64_t vocab() const override { return kVocab; }
  void reset() override { fed.clear(); }
  TokenResult step(std::int32_t token) override {
    const auto position = fed.size();
    fed.push_back(token);
    logits_.assign(kVocab, 0.0F);
    logits_[static_cast<std::size_t>(script_.at(position))] = 1.0F;
    return {static_cast<std::int64_t>(position), 10, 10, logits_};
  }
  std::int64_t instructions_issued() const override { return 0; }
  std::int64_t macs() const override { return 0; }
  hw::Counters counters() const override { return {}; }

  std::vector<std::int32_t> fed;

 private:
  std::vector<std::int32_t> script_;
  std::int64_t context_;
  std::vector<float> logits_;
};

class Generate : public ::testing::Test {
 protected:
  Generation run(ScriptedDevice& device, std::int64_t tokens) {
    Sampler sampler({});
    return generate(device, *tokenizer_, prompt_ids(*tokenizer_, "ab", device.context()), tokens,
                    sampler, [&](std::int32_t id) { told_.push_back(id); });
  }

  std::unique_ptr<Tokenizer> tokenizer_ = make_tokenizer(letters());
  std::vector<std::int32_t> told_;
};

TEST_F(Generate, FeedsThePromptThenEachTokenButTheLast) {
  ScriptedDevice device({5, 5, 4, 5, 3, 3}, 16);
  const Generation result = run(device, 3);
  EXPECT_THAT(result.ids, ElementsAre(4, 5, 3));
  EXPECT_THAT(device.fed, ElementsAre(1, 3, 4, 4, 5));
  EXPECT_THAT(told_, ElementsAre(1, 3, 4, 4, 5, 3));
  EXPECT_EQ(result.stop, StopReason::kTokens);
  ASSERT_EQ(result.fed.size(), 5U);
  EXPECT_EQ(result.fed[4].position, 4);
}

TEST_F(Generate, StopsAtTheEndTokenAndLeavesItOut) {
  ScriptedDevice device({5, 5, 4, 2}, 16);
  const Generation result = run(device, 10);
  EXPECT_THAT(result.ids, ElementsAre(4));
  EXPECT_EQ(result.stop, StopReason::kEnd);
}

TEST_F(Generate, StopsWhereTheModelBeginsANewText) {
  ScriptedDevice device({5, 5, 4, 1}, 16);
  EXPECT_EQ(run(device, 10).stop, StopReason::kEnd);
}

TEST_F(Generate, StopsWhenTheContextIsFull) {
  ScriptedDevice device({5, 5, 4, 5}, 4);
  const Generation result = run(device, 10);
  EXPECT_THAT(result.ids, ElementsAre(4, 5));  // the last comes from the last position
  EXPECT_EQ(device.fed.size(), 4U);
  EXPECT_EQ(result.stop, StopReason::kContext);
}

TEST_F(Generate, TakesAPromptThatJustFitsAndRefusesALongerOne) {
  EXPECT_EQ(prompt_ids(*tokenizer_, "abc", 4).size(), 4U);
  try {
    prompt_ids(*tokenizer_, "abca", 4);
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "--prompt: 5 tokens found, the context has 4 positions");
  }
}

TEST_F(Generate, BeginsWithTheStartTokenWhereThePromptIsEmpty) {
  EXPECT_THAT(prompt_ids(*tokenizer_, "", 4), ElementsAre(1));
  TokenizerData data = letters();
  data.add_bos = false;
  EXPECT_THAT(prompt_ids(*make_tokenizer(data), "", 4), ElementsAre(1));
  data.bos = -1;
  EXPECT_THROW(prompt_ids(*make_tokenizer(data), "", 4), UserError);
}

}  // namespace
}  // namespace metronome::runtime
