// SPDX-License-Identifier: Apache-2.0
// `metronome compare` as a user runs it, on a tiny model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "runtime/cli/numbers.h"
#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

class Compare : public ::testing::Test {
 protected:
  void SetUp() override {
    TinySpec spec;
    spec.layers = 2;
    spec.ffn = 64;
    spec.context = 16;
    workplace_.write_model(spec);
  }
  Words words(const Words& more, const char* machines = "lpu:groq1,gpu:teaching") const {
    Words all = {"compare", "tiny.gguf",  "--prompt", "H",      "--tokens",
                 "2",       "--machines", machines,   "--runs", "3"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string run_json(Words more = {}, const char* machines = "lpu:groq1,gpu:teaching") const {
    more.insert(more.end(), {"--json", "-"});
    const Outcome outcome = workplace_.run(words(more, machines));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, IsEmpty());
    return outcome.out;
  }
  static json::object machine(const json::value& all, std::string_view name) {
    for (const json::value& m : all.at("machines").as_array()) {
      if (m.at("name").as_string() == name) return m.as_object();
    }
    ADD_FAILURE() << name;
    return {};
  }

  Workplace workplace_;
};

TEST_F(Compare, ShowsTablesInNarrowLines) {
  const Outcome outcome = workplace_.run(words({}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const char* part : {"machines ",
                           "lpu:groq1 at 900 MHz",
                           "gpu:teaching at 1 GHz, launched as graph",
                           "Every machine chooses the same tokens in every run.",
                           "first token",
                           "last token",
                           "all tokens",
                           "p99.9",
                           "spread",
                           "p99/p50",
                           "layer, kernel",
                           "attn_qkv",
                           "one access",
                           "Why runs of lpu:groq1 differ\nThey do not",
                           "no DRAM, so no refresh",
                           "Why runs of gpu:teaching differ\ncause",
                           "all together",
                           "background cannot act",
                           "where time goes",
                           "launch gaps",
                           "tails",
                           "bytes at peak",
                           "the rest",
                           "All times are simulated",
                           "nearest rank",
                           "assumed"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(cli::width_of(line), 100U) << line;
  EXPECT_EQ(workplace_.names(), Words{"tiny.gguf"});
}

TEST_F(Compare, WritesEveryRunAndTokenAsJson) {
  const json::value all = json::parse(run_json());
  EXPECT_EQ(all.at("schema").as_string(), "metronome.compare/1");
  EXPECT_TRUE(all.at("same_tokens").as_bool());
  const std::size_t fed = all.at("fed_ids").as_array().size();
  for (const char* name : {"lpu:groq1", "gpu:teaching"}) {
    const json::object m = machine(all, name);
    EXPECT_GT(m.at("clock_hz").as_int64(), 0);
    ASSERT_EQ(m.at("runs").as_array().size(), 3U);
    std::int64_t seed = 0;
    for (const json::value& run : m.at("runs").as_array()) {
      EXPECT_EQ(run.at("seed").as_int64(), seed++);
      ASSERT_EQ(run.at("tokens").as_array().size(), fed);
      std::int64_t position = 0;
      for (const json::value& token : run.at("tokens").as_array()) {
        EXPECT_EQ(token.at("position").as_int64(), position++);
        EXPECT_GT(token.at("cycles").as_int64(), 0);
      }
    }
    EXPECT_EQ(m.at("token").at("positions").as_array().size(), fed);
    EXPECT_EQ(m.at("token").at("pooled").at("count").as_int64(),
              static_cast<std::int64_t>(3 * fed));
    EXPECT_EQ(m.at("layers").as_array().size(), 2U);
    EXPECT_EQ(m.at("causes").at("each").as_array().size(), 9U);
  }
  EXPECT_EQ(machine(all, "lpu:groq1").at("token").at("positions").at(0).at("spread").as_int64(), 0);
  EXPECT_GT(machine(all, "gpu:teaching").at("kernels").as_array().size(), 10U);
}

/// Every object with bins, wherever it stands in the document.
void collect_binned(const json::value& value, std::vector<json::object>& found) {
  if (value.is_array()) {
    for (const json::value& entry : value.as_array()) collect_binned(entry, found);
  } else if (value.is_object()) {
    if (value.as_object().contains("bins")) found.push_back(value.as_object());
    for (const auto& field : value.as_object()) collect_binned(field.value(), found);
  }
}

TEST_F(Compare, WritesBinsThatHoldEveryObservation) {
  std::vector<json::object> binned;
  collect_binned(json::parse(run_json()), binned);
  EXPECT_GT(binned.size(), 20U);
  for (const json::object& row : binned) {
    const bool cause = row.contains("added_least");
    const json::array& bins = row.at("bins").as_array();
    ASSERT_FALSE(bins.empty());
    EXPECT_LE(bins.size(), 64U);
    EXPECT_EQ(bins.front().at("from"), row.at(cause ? "added_least" : "min"));
    EXPECT_EQ(bins.back().at("to"), row.at(cause ? "added_most" : "max"));
    EXPECT_GT(bins.front().at("count").as_int64(), 0);
    EXPECT_GT(bins.back().at("count").as_int64(), 0);
    std::int64_t count = 0;
    for (const json::value& bin : bins) count += bin.at("count").as_int64();
    EXPECT_EQ(count, row.at(cause ? "runs" : "count").as_int64());
    const bool still = row.at(cause ? "added_spread" : "spread").as_int64() == 0;
    EXPECT_EQ(still, bins.size() == 1);
  }
}

TEST_F(Compare, GivesTheSameBytesForTheSameWords) {
  const std::string once = run_json({"--seed", "3"});
  EXPECT_EQ(once, run_json({"--seed", "3"}));
  EXPECT_NE(once, run_json({"--seed", "4"}));
}

TEST_F(Compare, DoesNotDependOnTheOrderOfMachines) {  // H06
  const json::value one = json::parse(run_json());
  const json::value other = json::parse(run_json({}, "gpu:teaching,lpu:groq1"));
  EXPECT_EQ(one.at("fed_ids"), other.at("fed_ids"));
  for (const char* name : {"lpu:groq1", "gpu:teaching"}) {
    json::object a = machine(one, name);
    json::object b = machine(other, name);
    for (const char* against_the_first : {"largest_logit_difference", "disagreements"}) {
      a.erase(against_the_first);
      b.erase(against_the_first);
    }
    EXPECT_EQ(a, b) << name;
  }
}

TEST_F(Compare, GivesARunWithASeedTheCyclesOfThatRun) {
  const json::value all = json::parse(run_json({"--seed", "2", "--new-process"}));
  const Outcome alone =
      workplace_.run({"run", "tiny.gguf", "--prompt", "H", "--tokens", "2", "--machine",
                      "gpu:teaching", "--machine-seed", "3", "--json", "-"});
  const json::value run = json::parse(alone.out);
  const json::object second = machine(all, "gpu:teaching").at("runs").at(1).as_object();
  ASSERT_EQ(second.at("seed").as_int64(), 3);
  const json::array& tokens = run.at("tokens").as_array();
  ASSERT_EQ(second.at("tokens").as_array().size(), tokens.size());
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    EXPECT_EQ(second.at("tokens").at(t).at("cycles"), tokens[t].at("simulated_cycles"));
  }
}

TEST_F(Compare, TakesTwoGpusAndTwoChipsAtOnce) {
  workplace_.write("slow.json", "{\"base\": \"teaching\", \"name\": \"slow\", \"l2_cycles\": 400}");
  workplace_.write("half.json", "{\"base\": \"groq1\", \"superlanes\": 10}");
  const json::value all = json::parse(
      run_json({"--launch", "persistent"}, "lpu:groq1,lpu:half.json,gpu:teaching,gpu:slow.json"));
  const auto median = [&](std::string_view name) {
    return machine(all, name).at("token").at("positions").at(1).at("p50").as_int64();
  };
  EXPECT_GT(median("gpu:slow"), median("gpu:teaching"));
  EXPECT_GT(median("lpu:half"), 0);
}

TEST_F(Compare, WritesTablesAndAJsonFileTogether) {
  const Outcome outcome = workplace_.run(words({"--json", "all.json", "--quiet"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("where time goes"));
  EXPECT_TRUE(json::parse(workplace_.read("all.json")).is_object());
  EXPECT_EQ(workplace_.names(), (Words{"all.json", "tiny.gguf"}));
}

TEST_F(Compare, RefusesAnImage) {
  ASSERT_EQ(workplace_.run({"compile", "tiny.gguf", "-o", "tiny.mtm"}).code, 0);
  const Outcome outcome = workplace_.run({"compare", "tiny.mtm"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("tiny.mtm: format: an image holds one machine's program"));
}

}  // namespace
}  // namespace metronome::harness
