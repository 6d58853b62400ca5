// SPDX-License-Identifier: Apache-2.0
// `metronome run` end to end on a tiny model: what it prints, its JSON, its promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cstdlib>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Words = std::vector<std::string>;

class Run : public ::testing::Test {
 protected:
  void SetUp() override { model_ = workplace_.write_model(); }

  Words words(const Words& more) const {
    Words all = {"run", model_, "--prompt", "Hi there", "--tokens", "12"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  json::value run_json(const Words& more = {}) const {
    Words all = words(more);
    all.insert(all.end(), {"--json", "-"});
    const Outcome outcome = workplace_.run(all);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  }

  Workplace workplace_;
  std::string model_;
};

TEST_F(Run, PrintsTheTextThenATable) {
  const Outcome outcome = workplace_.run(words({}));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, ::testing::StartsWith("Hi there"));
  for (const char* part :
       {"\n\ntokens ", "10 of prompt, ", "cycles ", "token_64", "predicted", "simulated", "spread",
        "exactly the cycles predicted", "tokens/s at 900 MHz", "(simulated)", "(wall clock)",
        "streams ", "SRAM ", "program text", "next "}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));  // I02
  EXPECT_THAT(outcome.out, Not(HasSubstr("\r")));
}

TEST_F(Run, PrintsNothingButTheTextWhenQuiet) {
  const Outcome outcome = workplace_.run(words({"--quiet"}));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, Not(HasSubstr("tokens ")));
}

TEST_F(Run, WritesAllFieldsOfItsJson) {
  const json::value all = run_json();
  const json::object& fields = all.as_object();
  for (const char* name :
       {"schema", "model", "chip", "precision", "machine", "text", "stopped_by"}) {
    EXPECT_TRUE(fields.at(name).is_string()) << name;
  }
  for (const char* name : {"clock_hz", "context", "instructions_issued", "macs", "seed"}) {
    EXPECT_TRUE(fields.at(name).is_number()) << name;
  }
  EXPECT_EQ(fields.at("schema").as_string(), "metronome.run/1");
  EXPECT_EQ(fields.at("model").as_string(), "tiny");
  EXPECT_EQ(fields.at("chip").as_string(), "groq1");
  EXPECT_EQ(fields.at("clock_hz").as_int64(), 900'000'000);
  EXPECT_EQ(fields.at("precision").as_string(), "fp16");
  EXPECT_GT(fields.at("compile_seconds").as_double(), 0.0);
  EXPECT_GT(fields.at("emulate_seconds").as_double(), 0.0);
  EXPECT_GT(fields.at("peak_rss_bytes").as_int64(), 1 << 20);
  EXPECT_GT(fields.at("instructions_issued").as_int64(), 0);
  EXPECT_GT(fields.at("macs").as_int64(), 0);
  EXPECT_TRUE(fields.at("cycles_match").as_bool());
  EXPECT_EQ(fields.at("prompt_ids").as_array().size(), 10U);
  EXPECT_TRUE(std::string(fields.at("text").as_string()).starts_with("Hi there"));
  for (const json::value& counter : fields.at("counters").as_array()) {
    EXPECT_FALSE(counter.at("name").as_string().empty());
    EXPECT_FALSE(counter.at("unit").as_string().empty());
    EXPECT_FALSE(counter.at("sentence").as_string().empty());
    EXPECT_GE(counter.at("value").as_int64(), 0);
  }
}

TEST_F(Run, PredictsTheCyclesOfEveryToken) {
  const json::value all = run_json();
  const json::array& tokens = all.at("tokens").as_array();
  const std::size_t fed =
      all.at("prompt_ids").as_array().size() + all.at("generated_ids").as_array().size();
  EXPECT_GE(tokens.size() + 1, fed);
  std::int64_t position = 0;
  for (const json::value& token : tokens) {
    EXPECT_EQ(token.at("position").as_int64(), position++);
    EXPECT_EQ(token.at("program").as_string(), "token_64");
    EXPECT_EQ(token.at("predicted_cycles"), token.at("simulated_cycles"));
    EXPECT_EQ(token.at("predicted_cycles"), all.at("programs").at(0).at("predicted_cycles"));
  }
}

TEST_F(Run, TakesTheSameCyclesForEveryPrompt) {  // I07
  const json::value one = run_json();
  const json::value other = json::parse(
      workplace_.run({"run", model_, "--prompt", "zzzzzzzz", "--tokens", "3", "--json", "-"}).out);
  EXPECT_EQ(one.at("tokens").at(0), other.at("tokens").at(0));
}

TEST_F(Run, WritesJsonToAFileBesideTheText) {
  const Outcome outcome = workplace_.run(words({"--json", "result.json"}));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("exactly the cycles predicted"));
  EXPECT_TRUE(json::parse(workplace_.read("result.json")).is_object());
  EXPECT_EQ(workplace_.names(), (Words{"result.json", "tiny.gguf"}));
}

TEST_F(Run, GivesTheSameFromAnImageAsFromTheModel) {
  EXPECT_EQ(workplace_.run({"compile", model_, "-o", "tiny.mtm"}).code, 0);
  const json::value from_model = run_json();
  std::filesystem::remove(workplace_.path() / model_);
  model_ = "tiny.mtm";
  const json::value from_image = run_json();
  for (const char* field : {"prompt_ids", "generated_ids", "text", "tokens", "programs", "counters",
                            "instructions_issued", "macs", "model", "chip"}) {
    EXPECT_EQ(from_model.at(field), from_image.at(field)) << field;
  }
}

TEST_F(Run, IsKnownByItsContentAndNotItsName) {
  EXPECT_EQ(workplace_.run({"compile", model_, "-o", "odd.gguf"}).code, 0);
  EXPECT_EQ(workplace_.run({"run", "odd.gguf", "--tokens", "2"}).code, 0);
}

TEST_F(Run, GivesTheSameTokensOnTheReferenceDevice) {
  const json::value chip = run_json();
  const json::value reference = run_json({"--machine", "reference"});
  EXPECT_EQ(chip.at("generated_ids"), reference.at("generated_ids"));
  EXPECT_EQ(reference.at("machine").as_string(), "reference");
  EXPECT_EQ(reference.at("tokens").at(0).at("simulated_cycles").as_int64(), 0);
}

TEST_F(Run, DrawsTheSameTextFromTheSameSeed) {
  const Words drawn = {"--temperature", "1.5", "--top-p", "0.95", "--seed", "7"};
  const json::value once = run_json(drawn);
  EXPECT_EQ(once.at("generated_ids"), run_json(drawn).at("generated_ids"));
  EXPECT_NE(
      once.at("generated_ids"),
      run_json({"--temperature", "1.5", "--top-p", "0.95", "--seed", "8"}).at("generated_ids"));
}

TEST_F(Run, SaysThatTheContextIsFull) {
  const json::value all = run_json({"--context", "10"});
  if (all.at("stopped_by").as_string() != "end") {
    EXPECT_EQ(all.at("stopped_by").as_string(), "context");
    EXPECT_EQ(all.at("generated_ids").as_array().size(), 1U);
  }
  EXPECT_EQ(all.at("context").as_int64(), 10);
}

TEST_F(Run, RunsTwiceInOneFolder) {  // I04
  const Outcome first = workplace_.run(words({"--quiet"}));
  const Outcome second = workplace_.run(words({"--quiet"}));
  EXPECT_EQ(first.code, 0);
  EXPECT_EQ(first.out, second.out);
  EXPECT_EQ(workplace_.names(), Words{"tiny.gguf"});
}

TEST_F(Run, TakesAChipFile) {
  workplace_.write("half.json", "{\"base\": \"groq1\", \"superlanes\": 10}");
  EXPECT_EQ(run_json({"--chip", "half.json"}).at("chip").as_string(), "half");
}

TEST_F(Run, WarnsOfAStartMarkerInThePrompt) {  // A32
  const Outcome outcome = workplace_.run({"run", model_, "--prompt", "<s>Hi", "--tokens", "2"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("note: the prompt begins with the model's start marker"));
}

TEST_F(Run, TakesAWrittenStartMarkerAsTheStartTokenWhenAskedTo) {  // A32
  const Outcome outcome = workplace_.run({"run", model_, "--prompt", "<s>Hi", "--tokens", "1",
                                          "--special", "--json", "marked.json", "--quiet"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto marked = json::parse(workplace_.read("marked.json")).at("prompt_ids");
  ASSERT_EQ(workplace_
                .run({"run", model_, "--prompt", "Hi", "--tokens", "1", "--json", "plain.json",
                      "--quiet"})
                .code,
            0);
  const auto plain = json::parse(workplace_.read("plain.json")).at("prompt_ids");
  const auto starts = [](const json::value& ids) {
    return std::count(ids.as_array().begin(), ids.as_array().end(), ids.as_array().front());
  };
  EXPECT_EQ(starts(marked), 1);
  EXPECT_EQ(marked.as_array().front(), plain.as_array().front());
}

TEST_F(Run, TakesAPromptThatBeginsWithADash) {
  EXPECT_THAT(workplace_.run({"run", model_, "--prompt", "-x", "--tokens", "1"}).out,
              ::testing::StartsWith("-x"));
  EXPECT_EQ(workplace_.run({"run", model_, "--prompt", "", "--tokens", "1"}).code, 0);
}

TEST_F(Run, RecordsAWindowOfTheRunAsAWaveform) {
  const Outcome outcome = workplace_.run(
      words({"--trace", "a.vcd", "--trace-window", "100:199", "--trace-filter", "mem_w.slice_28"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("a.vcd, 100 cycles from cycle 100, "));
  EXPECT_THAT(outcome.out, HasSubstr("gtkwave a.vcd a.gtkw opens the trace"));
  const std::string vcd = workplace_.read("a.vcd");
  EXPECT_THAT(vcd, HasSubstr("$scope module slice_28 $end"));
  EXPECT_THAT(vcd, Not(HasSubstr("$scope module slice_27 $end")));
  EXPECT_TRUE(workplace_.has("a.gtkw"));
}

TEST_F(Run, IsNotChangedByATrace) {
  const json::value traced = run_json({"--trace", "a.vcd", "--trace-filter", "vxm"});
  const json::value plain = run_json();
  for (const char* field : {"generated_ids", "tokens", "counters"}) {
    EXPECT_EQ(traced.at(field), plain.at(field)) << field;
  }
  const std::string first = workplace_.read("a.vcd");
  run_json({"--trace", "a.vcd", "--trace-filter", "vxm"});
  EXPECT_EQ(first, workplace_.read("a.vcd"));
}

TEST_F(Run, TakesTheShippedModelWhereNoneIsNamed) {
  const Outcome outcome =
      workplace_.run({"run", "--prompt", "Once upon a time", "--tokens", "2", "--context", "16"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::StartsWith("Once upon a time"));
}

}  // namespace
}  // namespace metronome::harness
