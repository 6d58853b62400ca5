// SPDX-License-Identifier: Apache-2.0
// `metronome run --timeline`: what a user meets. What the files hold is checked by other readers
// (waveforms/timeline_readers.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

class TimelineOption : public ::testing::Test {
 protected:
  void SetUp() override {
    TinySpec spec;
    spec.layers = 1;
    spec.context = 64;
    workplace_.write_model(spec);
  }
  static Words words(const Words& more, const std::string& tokens = "2") {
    Words all = {"run", "tiny.gguf", "--prompt", "Hi", "--tokens", tokens};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Peak host memory of a run with a timeline.
  double peak(const std::string& machine, const std::string& tokens) const {
    const Outcome outcome = workplace_.run(
        words({"--machine", machine, "--timeline", "a.json", "--json", "-"}, tokens));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out).at("peak_rss_bytes").to_number<double>();
  }

  Workplace workplace_;
};

TEST_F(TimelineOption, WritesAFileAndSaysWhatOpensIt) {
  for (const char* machine : {"lpu:groq1", "gpu:teaching"}) {
    const Outcome outcome =
        workplace_.run(words({"--machine", machine, "--timeline", "a.pftrace"}));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("timeline      a.pftrace, "));
    EXPECT_THAT(outcome.out, HasSubstr("ui.perfetto.dev opens it"));
    EXPECT_THAT(workplace_.names(), ElementsAre("a.pftrace", "tiny.gguf"));
  }
}

TEST_F(TimelineOption, GivesTheSameFileForTheSameRun) {
  for (const char* machine : {"lpu:groq1", "gpu:teaching"}) {
    workplace_.run(words({"--machine", machine, "--timeline", "a.pftrace"}));
    workplace_.run(words({"--machine", machine, "--timeline", "b.pftrace"}));
    EXPECT_EQ(workplace_.read("a.pftrace"), workplace_.read("b.pftrace")) << machine;
  }
}

TEST_F(TimelineOption, TakesNoMoreMemoryForARunTenTimesAsLong) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer keeps what is freed, which is what is measured here";
#endif
  for (const char* machine : {"lpu:groq1", "gpu:teaching"}) {
    EXPECT_LT(peak(machine, "50"), 1.1 * peak(machine, "4")) << machine;
  }
}

TEST_F(TimelineOption, LeavesAWholeFileWhenTheRunIsStopped) {
  const pid_t process = workplace_.start(
      words({"--machine", "gpu:teaching", "--timeline", "a.json", "--quiet"}, "60"));
  workplace_.wait_for_output();
  kill(process, SIGTERM);
  EXPECT_EQ(workplace_.finish(process).code, 130);
  EXPECT_THAT(workplace_.names(), ElementsAre("a.json", "tiny.gguf"));
  const json::value trace = json::parse(workplace_.read("a.json"));
  const json::array& events = trace.at("traceEvents").as_array();
  EXPECT_GT(events.size(), 1000U);
  EXPECT_THAT(std::string(events.back().at("name").as_string()),
              HasSubstr("The run broke off in cycle "));
}

TEST_F(TimelineOption, RefusesWhatItCannotDoAndLeavesNoFile) {
  struct Case {
    Words words;
    std::string says;
  };
  const std::vector<Case> cases = {
      {{"--timeline-window", "0:9"}, "run: --timeline-window: needs --timeline FILE"},
      {{"--timeline-flows", "all"}, "run: --timeline-flows: needs --timeline FILE"},
      {{"--timeline", "a.json", "--timeline-window", "9:8"},
       "run: --timeline-window: found 9:8, expected A:B"},
      {{"--timeline", "a.json", "--timeline-flows", "some"},
       "run: --timeline-flows: found some, expected all or none"},
      {{"--timeline", "a.json", "--machine", "reference"},
       "run: --timeline: the reference has no cycles to show"},
      {{"--timeline", "a", "--trace", "a"}, "a: file: --trace and --timeline would both write it"},
      {{"--timeline", "a.kanata"}, "run: --timeline: a .kanata file shows the warps of a GPU"},
      {{"--timeline", "tiny.gguf"}, "tiny.gguf: file: is the input"},
      {{"--timeline", "no/a.json"}, "no/a.json: file: cannot be created"},
      {{"--timeline", "a.json", "--timeline-filter", "bogus"},
       "--timeline-filter: found 'bogus', no track of lpu:groq1 has it in its path; nearest: "},
      {{"--timeline", "a.json", "--timeline-filter", ""},
       "--timeline-filter: is empty, expected a part of a path such as lpu."},
      {{"--timeline", "a.json", "--timeline-filter", "bogus", "--machine", "gpu:teaching"},
       "--timeline-filter: found 'bogus', no track of gpu:teaching has it in its path; nearest: "},
      {{"--timeline", "a.kanata", "--timeline-filter", "gpu.l2", "--machine", "gpu:teaching"},
       "a.kanata: timeline filter: found 'gpu.l2', but a .kanata file shows warps"},
      {{"--timeline", "a.json", "--timeline-window", "900000000:900000001"},
       "a.json: timeline window: starts in cycle 900000000, the run ended in cycle "},
  };
  for (const Case& row : cases) {
    const Outcome outcome = workplace_.run(words(row.words));
    EXPECT_EQ(outcome.code, 2) << row.says;
    EXPECT_THAT(outcome.err, HasSubstr(row.says));
    EXPECT_THAT(workplace_.names(), ElementsAre("tiny.gguf"));
  }
}

}  // namespace
}  // namespace metronome::harness
