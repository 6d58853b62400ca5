// SPDX-License-Identifier: Apache-2.0
// `metronome run --machine gpu:...`: the same text as on the chip, and what the GPU's cycles went
// to.
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
using ::testing::Not;
using Words = std::vector<std::string>;

class RunOnAGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    TinySpec spec;
    spec.layers = 1;
    spec.context = 16;
    workplace_.write_model(spec);
  }
  Words words(const Words& more) const {
    Words all = {"run", "tiny.gguf", "--prompt", "Hi", "--tokens", "2"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  json::object run_json(Words more) const {
    more.insert(more.end(), {"--json", "-"});
    const Outcome outcome = workplace_.run(words(more));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out).as_object();
  }

  Workplace workplace_;
};

TEST_F(RunOnAGpu, GivesTheTextOfTheChip) {
  const json::object gpu = run_json({"--machine", "gpu:teaching"});
  const json::object lpu = run_json({"--machine", "lpu:groq1"});
  EXPECT_EQ(gpu.at("text"), lpu.at("text"));
  EXPECT_EQ(gpu.at("generated_ids"), lpu.at("generated_ids"));
  EXPECT_EQ(gpu.at("machine").as_string(), "gpu:teaching");
  EXPECT_EQ(lpu.at("machine").as_string(), "lpu:groq1");
}

TEST_F(RunOnAGpu, RecordsAWindowOfTheRunAsAWaveformAndIsNotChangedByIt) {
  const json::object plain = run_json({"--machine", "gpu:teaching"});
  const json::object traced =
      run_json({"--machine", "gpu:teaching", "--trace", "a.vcd", "--trace-window", "100:4000"});
  for (const char* field : {"generated_ids", "tokens", "counters"}) {
    EXPECT_EQ(traced.at(field), plain.at(field)) << field;
  }
  EXPECT_THAT(workplace_.read("a.vcd"), HasSubstr("$scope module sub_core_0 $end"));
  EXPECT_THAT(workplace_.read("a.gtkw"), HasSubstr(".sub_core_0.stall_code[7:0]"));
  EXPECT_TRUE(workplace_.has("a.sucl"));
  const Outcome refused = workplace_.run(
      words({"--machine", "gpu:teaching", "--trace", "b.vcd", "--trace-filter", "sm_9"}));
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--trace-filter: found 'sm_9', no signal of teaching"));
}

TEST_F(RunOnAGpu, KeepsNothingOfWhatLiesBeforeTheWindow) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer keeps what is freed, which is what is measured here";
#endif
  const json::object plain = run_json({"--machine", "gpu:teaching"});
  std::int64_t cycles = 0;
  for (const json::value& token : plain.at("tokens").as_array()) {
    cycles += token.at("simulated_cycles").as_int64();
  }
  const std::string window = std::to_string(cycles - 1000) + ":" + std::to_string(cycles - 1);
  const json::object traced =
      run_json({"--machine", "gpu:teaching", "--trace", "a.vcd", "--trace-window", window});
  EXPECT_LT(traced.at("peak_rss_bytes").to_number<double>(),
            1.1 * plain.at("peak_rss_bytes").to_number<double>());
}

TEST_F(RunOnAGpu, TellsWhatItsCyclesWentToInNarrowLines) {
  const Outcome outcome = workplace_.run(words({"--machine", "gpu:teaching"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const char* part :
       {"cycles ", "first token", "the others", "median us", "issue slots", "global_memory",
        "launches ", "launched as graph", "gaps are", "L1 ", "L2 ", "DRAM ", "row open",
        "GB/s at most", "(simulated)", "(wall clock)", "published", "assumed numbers"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(cli::width_of(line), 100U) << line;
}

TEST_F(RunOnAGpu, WritesItsFactsAsJson) {
  const json::object all = run_json({"--machine", "gpu:teaching", "--launch", "persistent"});
  const json::object& gpu = all.at("gpu").as_object();
  EXPECT_EQ(gpu.at("launch").as_string(), "persistent");
  const std::size_t tokens = all.at("tokens").as_array().size();
  EXPECT_EQ(gpu.at("launches").as_int64(), static_cast<std::int64_t>(tokens));
  std::int64_t cycles = 0;
  for (const json::value& token : all.at("tokens").as_array()) {
    cycles += token.at("simulated_cycles").as_int64();
  }
  EXPECT_EQ(gpu.at("cycles").as_int64(), cycles);
  EXPECT_GT(gpu.at("dram_bytes").as_int64(), 0);
  EXPECT_LE(gpu.at("dram_bytes_per_second").as_double(),
            gpu.at("dram_peak_bytes_per_second").as_double());
  EXPECT_FALSE(all.contains("chip"));
  EXPECT_FALSE(all.contains("cycles_match"));
}

TEST_F(RunOnAGpu, TakesTheSameCyclesForTheSameMachineSeedOnly) {
  const auto tokens = [&](const char* seed) {
    return run_json({"--machine", "gpu:teaching", "--machine-seed", seed}).at("tokens");
  };
  const json::value once = tokens("3");
  EXPECT_EQ(once, tokens("3"));
  EXPECT_NE(once, tokens("4"));
}

TEST_F(RunOnAGpu, IsFasterWithoutWhatCostsTime) {
  const auto cycles = [&](const Words& more) {
    Words all = {"--machine", "gpu:teaching"};
    all.insert(all.end(), more.begin(), more.end());
    return run_json(all).at("gpu").at("cycles").as_int64();
  };
  const std::int64_t plain = cycles({});
  EXPECT_LT(cycles({"--without", "launch-gaps"}), plain);
  EXPECT_LT(cycles({"--without", "memory", "--without", "launch-gaps"}), plain);
  EXPECT_GT(cycles({"--background", "80"}), plain);
}

TEST_F(RunOnAGpu, TakesAGpuFile) {
  workplace_.write("mine.json", "{\"base\": \"teaching\", \"clock_hz\": 500000000}");
  const json::object all = run_json({"--machine", "gpu:mine.json"});
  EXPECT_EQ(all.at("machine").as_string(), "gpu:mine");
  EXPECT_EQ(all.at("clock_hz").as_int64(), 500'000'000);
}

TEST_F(RunOnAGpu, RefusesAnImage) {
  ASSERT_EQ(workplace_.run({"compile", "tiny.gguf", "-o", "tiny.mtm"}).code, 0);
  const Outcome outcome = workplace_.run({"run", "tiny.mtm", "--machine", "gpu:teaching"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("tiny.mtm: machine: gpu:teaching runs model files"));
}

TEST_F(RunOnAGpu, TakesTheChipThatTheMachineNames) {
  workplace_.write("half.json", "{\"base\": \"groq1\", \"superlanes\": 10}");
  EXPECT_EQ(run_json({"--machine", "lpu:half.json"}).at("chip").as_string(), "half");
}

}  // namespace
}  // namespace metronome::harness
