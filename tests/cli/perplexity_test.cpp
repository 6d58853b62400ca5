// SPDX-License-Identifier: Apache-2.0
// `metronome perplexity` end to end on a tiny model, and the reference machine in each precision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Words = std::vector<std::string>;

class Perplexity : public ::testing::Test {
 protected:
  void SetUp() override {
    workplace_.write_model();
    workplace_.write("text.txt", "Hi there, said the cat.\n\nAnd the dog said Hi.\n");
  }
  Outcome run(const Words& more) const {
    Words all = {"perplexity", "tiny.gguf", "--text", "text.txt"};
    all.insert(all.end(), more.begin(), more.end());
    return workplace_.run(all);
  }
  json::object run_json(Words more) const {
    more.insert(more.end(), {"--json", "-"});
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out).as_object();
  }

  Workplace workplace_;
};

TEST_F(Perplexity, PrintsATableOfPrecisionsAndOneOfLosses) {
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const char* part :
       {"tiny.gguf", "text.txt, ", "tokens predicted in 1 window of at most 64 positions",
        "\nprecision", "\nfp32 ", "\nfp16 ", "\nint8 ", "\nw8a16 ", "same choice", "greedy run",
        "Weights against the file's values", "token_embd", "attn_q", "ffn_down"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
}

TEST_F(Perplexity, WritesTheSameAsJson) {
  const json::object all = run_json({});
  EXPECT_EQ(all.at("schema").as_string(), "metronome.perplexity/1");
  EXPECT_EQ(all.at("model").as_string(), "tiny");
  const json::array& rows = all.at("precisions").as_array();
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].at("name").as_string(), "fp32");
  EXPECT_EQ(rows[0].at("greedy_agreement").as_double(), 1.0);
  EXPECT_TRUE(rows[0].at("weight_losses").as_array().empty());
  for (const json::value& row : rows) EXPECT_GT(row.at("perplexity").as_double(), 1.0);
  EXPECT_GT(rows[2].at("largest_logit_difference").as_double(),
            rows[1].at("largest_logit_difference").as_double());
  EXPECT_EQ(rows[2].at("weight_losses").as_array().size(), 8U);
  run({"--json", "all.json"});
  EXPECT_THAT(workplace_.read("all.json"), HasSubstr("metronome.perplexity/1"));
}

TEST_F(Perplexity, TakesOnePrecisionFewerTokensAndParagraphs) {
  const json::object all = run_json({"--precision", "int8", "--tokens", "5", "--paragraphs"});
  EXPECT_EQ(all.at("precisions").as_array().size(), 2U);
  EXPECT_EQ(all.at("predictions").as_int64(), 5);
  EXPECT_EQ(all.at("windows").as_int64(), 2);
  EXPECT_TRUE(all.at("paragraphs").as_bool());
  EXPECT_EQ(run_json({"--context", "8"}).at("context").as_int64(), 8);
}

TEST_F(Perplexity, RefusesWhatItCannotMeasure) {
  workplace_.write("empty.txt", "");
  const std::vector<std::pair<Words, const char*>> rows = {
      {{"perplexity", "tiny.gguf"}, "perplexity: --text is missing"},
      {{"perplexity", "tiny.gguf", "--text", "none.txt"}, "none.txt: "},
      {{"perplexity", "tiny.gguf", "--text", "empty.txt"}, "empty.txt: text: too short"},
      {{"perplexity", "tiny.gguf", "--text", "text.txt", "--precision", "int4"},
       "--precision: found int4, expected one of fp16, int8, w8a16, all"},
      {{"perplexity", "tiny.gguf", "--text", "text.txt", "--context", "65"},
       "context: found 65, the model allows 1 to 64"},
      {{"perplexity", "tiny.gguf", "--text", "text.txt", "--json", "text.txt"}, "would overwrite"},
  };
  for (const auto& [words, reason] : rows) {
    const Outcome outcome = workplace_.run(words);
    EXPECT_EQ(outcome.code, 2) << reason;
    EXPECT_THAT(outcome.err, HasSubstr(reason));
  }
}

TEST_F(Perplexity, HasAReferenceThatRunsInEachPrecision) {
  for (const char* precision : {"fp16", "int8", "w8a16"}) {
    const Outcome outcome =
        workplace_.run({"run", "tiny.gguf", "--prompt", "Hi", "--tokens", "3", "--machine",
                        "reference", "--precision", precision, "--json", "-"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(json::parse(outcome.out).at("precision").as_string(), precision);
    const std::string lossy = "note: weights in " + std::string(precision);
    if (std::string(precision) == "fp16") {
      EXPECT_THAT(outcome.err, Not(HasSubstr(lossy)));
    } else {
      EXPECT_THAT(outcome.err, HasSubstr(lossy));
    }
  }
}

}  // namespace
}  // namespace metronome::harness
