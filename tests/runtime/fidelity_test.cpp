// SPDX-License-Identifier: Apache-2.0
// Perplexity and agreement of devices that say what they are told to.
#include "runtime/generation/fidelity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "hw/isa/error.h"

namespace metronome::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int32_t kVocab = 7;  // unknown, start, end, the letters a, b and c, line feed

std::unique_ptr<Tokenizer> letters(bool adds_bos) {
  TokenizerData data;
  data.kind = TokenizerKind::kScores;
  data.prefix = SpacePrefix::kNone;
  data.pieces = {"<unk>", "<s>", "</s>", "a", "b", "c", "\n"};
  data.types = {TokenType::kUnknown, TokenType::kControl, TokenType::kControl, TokenType::kNormal,
                TokenType::kNormal,  TokenType::kNormal,  TokenType::kNormal};
  data.scores.assign(kVocab, 0.0F);
  data.add_bos = adds_bos;
  data.bos = 1;
  data.unknown = 0;
  data.ends = {2};
  return make_tokenizer(std::move(data));
}

/// Gives the token that follows it in `successors` the logit `height`, all others 0.
class Chain : public Device {
 public:
  Chain(std::vector<std::int32_t> successors, float height, std::int64_t context = 100)
      : successors_(std::move(successors)), height_(height), context_(context) {}

  std::string name() const override { return "chain"; }
  std::int64_t context() const override { return context_; }
  std::int64_t vocab() const override { return kVocab; }
  void reset() override { position_ = 0; }
  TokenResult step(std::int32_t token) override {
    check(position_ < context_, "chain", 0, "context is full");
    logits_.assign(kVocab, 0.0F);
    logits_[static_cast<std::size_t>(successors_.at(static_cast<std::size_t>(token)))] = height_;
    TokenResult result;
    result.position = position_++;
    result.logits = logits_;
    return result;
  }
  std::int64_t instructions_issued() const override { return 0; }
  std::int64_t macs() const override { return 0; }
  hw::Counters counters() const override { return {}; }

 private:
  std::vector<std::int32_t> successors_;  // [vocab]
  float height_;
  std::int64_t context_;
  std::int64_t position_ = 0;
  std::vector<float> logits_;
};

// After the start and after c comes a, then b, then c.
const std::vector<std::int32_t> kAbc = {0, 3, 0, 4, 5, 3, 0};
// The same, but after b the text ends.
const std::vector<std::int32_t> kAb = {0, 3, 0, 4, 2, 3, 0};

std::vector<std::unique_ptr<Device>> chains(const std::vector<std::int32_t>& first,
                                            const std::vector<std::int32_t>& second,
                                            float second_height = 2.0F) {
  std::vector<std::unique_ptr<Device>> devices;
  devices.push_back(std::make_unique<Chain>(first, 2.0F));
  devices.push_back(std::make_unique<Chain>(second, second_height));
  return devices;
}

TEST(Windows, BeginWithTheStartTokenAndPredictEveryTokenOnce) {
  EXPECT_THAT(windows_of(*letters(true), "abcab", TextKind::kWhole, 3),
              ElementsAre(Window{1, 3, 4, 5}, Window{1, 3, 4}));
  EXPECT_THAT(windows_of(*letters(true), "abc", TextKind::kWhole, 3),
              ElementsAre(Window{1, 3, 4, 5}));
}

TEST(Windows, OverlapByOneTokenWhereThereIsNoStartToken) {
  EXPECT_THAT(windows_of(*letters(false), "abcab", TextKind::kWhole, 3),
              ElementsAre(Window{3, 4, 5, 3}, Window{3, 4}));
  EXPECT_THAT(windows_of(*letters(false), "a", TextKind::kWhole, 3), IsEmpty());
}

TEST(Windows, AreNoneWithoutText) {
  EXPECT_THAT(windows_of(*letters(true), "", TextKind::kWhole, 3), IsEmpty());
  EXPECT_THAT(windows_of(*letters(true), " \n\n\t\n", TextKind::kParagraphs, 3), IsEmpty());
}

TEST(Windows, OfParagraphsBeginAnewAfterEmptyLines) {
  EXPECT_THAT(windows_of(*letters(true), "\n\nab\r\nc\n \n\na", TextKind::kParagraphs, 9),
              ElementsAre(Window{1, 3, 4, 6, 5}, Window{1, 3}));
}

TEST(Fidelity, IsPerplexityAgreementAndDistance) {
  const auto devices = chains(kAbc, kAb);
  std::int64_t told = 0;
  const auto all = measure_fidelity(devices, {{1, 3, 4, 5}, {1, 4}}, 100,
                                    [&](std::int64_t done) { EXPECT_EQ(done, told++); });
  EXPECT_EQ(told, 4);
  // Right: e^2 in e^2 + 6; wrong: 1 in the same.
  const double right = std::log(std::exp(2.0) + 6) - 2;
  EXPECT_EQ(all[0].predictions, 4);
  EXPECT_NEAR(all[0].perplexity(), std::exp((3 * right + (right + 2)) / 4), 1e-9);
  EXPECT_EQ(all[0].agreement(), 1.0);
  EXPECT_EQ(all[0].largest_difference, 0.0);
  EXPECT_NEAR(all[1].perplexity(), std::exp((2 * right + 2 * (right + 2)) / 4), 1e-9);
  EXPECT_EQ(all[1].agreements, 3);  // all but what follows b
  EXPECT_EQ(all[1].largest_difference, 2.0);
}

TEST(Fidelity, EndsWithThePredictionsAskedFor) {
  const auto all =
      measure_fidelity(chains(kAbc, kAb), {{1, 3, 4, 5}, {1, 4}}, 2, [](std::int64_t) {});
  EXPECT_EQ(all[0].predictions, 2);
  EXPECT_EQ(all[1].agreement(), 1.0);
}

TEST(Fidelity, RefusesALogitThatIsNoNumber) {
  const auto devices = chains(kAbc, kAbc, std::nanf(""));
  EXPECT_THROW(measure_fidelity(devices, {{1, 3}}, 9, [](std::int64_t) {}), InvariantError);
}

TEST(GreedyRun, TellsWhereADeviceDepartsFromTheFirst) {
  const auto tokenizer = letters(true);
  const GreedyRun run = greedy_run(chains(kAbc, kAb), *tokenizer, {1, 3}, 5);
  EXPECT_THAT(run.ids, ElementsAre(4, 5, 3, 4, 5));
  EXPECT_THAT(run.first_differences, ElementsAre(std::nullopt, std::optional<std::int64_t>(1)));
  const GreedyRun same = greedy_run(chains(kAbc, kAbc, 1.0F), *tokenizer, {1, 3}, 5);
  EXPECT_THAT(same.first_differences, ElementsAre(std::nullopt, std::nullopt));
}

TEST(GreedyRun, EndsWithTheTextOrTheContext) {
  const auto tokenizer = letters(true);
  EXPECT_THAT(greedy_run(chains(kAb, kAbc), *tokenizer, {1}, 9).ids, ElementsAre(3, 4, 2));
  std::vector<std::unique_ptr<Device>> small;
  small.push_back(std::make_unique<Chain>(kAbc, 1.0F, 3));
  small.push_back(std::make_unique<Chain>(kAbc, 1.0F, 3));
  EXPECT_THAT(greedy_run(small, *tokenizer, {1, 3}, 9).ids, ElementsAre(4, 5));
}

}  // namespace
}  // namespace metronome::runtime
