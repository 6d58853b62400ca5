// SPDX-License-Identifier: Apache-2.0
// `metronome sweep` end to end on a tiny model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

class Sweep : public ::testing::Test {
 protected:
  void SetUp() override { workplace_.write_model(); }

  Workplace workplace_;
};

TEST_F(Sweep, PrintsARowForEachCombinationWithItsBound) {
  const Outcome outcome =
      workplace_.run({"sweep", "tiny.gguf", "--chip", "teaching", "--vary", "io_hops=4,8", "--vary",
                      "precision=fp16,int8", "--csv", "-", "-q"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "io_hops,precision,program,cycles,bound,ratio,binds,microseconds,reason");
  std::vector<std::string> starts;
  std::vector<long> cycles;
  while (std::getline(lines, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    ASSERT_GE(cells.size(), 8U) << line;
    starts.push_back(cells[0] + " " + cells[1]);
    cycles.push_back(std::stol(cells[3]));
    EXPECT_LE(std::stol(cells[4]), std::stol(cells[3])) << line;
  }
  EXPECT_THAT(starts, ::testing::ElementsAre("4 fp16", "4 int8", "8 fp16", "8 int8"));
  ASSERT_EQ(cycles.size(), 4U);
  EXPECT_LT(cycles[0], cycles[2]) << "a longer way takes longer";
}

TEST_F(Sweep, GivesTheSameBytesTwiceAndAPictureOfItself) {
  std::string csv[2];
  for (std::string& text : csv) {
    const Outcome outcome = workplace_.run(
        {"sweep", "tiny.gguf", "--chip", "teaching", "--vary", "io_hops=4,8,12", "--vary",
         "scheduler=in-order,one-by-one", "--csv", "a.csv", "--plot", "a.svg", "-q"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("io_hops"), HasSubstr("one-by-one")));
    text = workplace_.read("a.csv");
  }
  EXPECT_EQ(csv[0], csv[1]);
  const std::string svg = workplace_.read("a.svg");
  EXPECT_THAT(svg, AllOf(HasSubstr(">scheduler<"), HasSubstr(">one-by-one<"),
                         HasSubstr("cycles a token"), HasSubstr("dashed: the bound")));
  EXPECT_EQ(times(svg, "<circle"), 6U) << "a dot for each point";
  EXPECT_EQ(times(svg, "<polyline"), 4U) << "two lines and their bounds";
}

TEST_F(Sweep, SaysWhyAPointHasNoSchedule) {
  const Outcome outcome = workplace_.run(
      {"sweep", "tiny.gguf", "--chip", "teaching", "--vary", "words_per_bank=16,512", "-q"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("refused"), HasSubstr("16: tiny.gguf: does not fit chip "
                                                                 "teaching")));
}

struct Refusal {
  std::vector<std::string> words;
  std::string error;
};

TEST_F(Sweep, RefusesWhatItCannotVary) {
  const Refusal rows[] = {
      {{}, "--vary: missing, nothing to sweep over"},
      {{"--vary", "superlane=1"}, "found 'superlane', did you mean superlanes?"},
      {{"--vary", "superlanes"}, "found 'superlanes', expected NAME=VALUE"},
      {{"--vary", "superlanes=x"}, "superlanes: found 'x', expected a number"},
      {{"--vary", "precision=fp8"}, "precision: found 'fp8', expected fp16"},
      {{"--vary", "scheduler=none"}, "scheduler: found none, there are in-order"},
      {{"--vary", "io_hops=1", "--vary", "io_hops=2"}, "io_hops is varied twice"},
  };
  for (const Refusal& row : rows) {
    std::vector<std::string> words = {"sweep", "tiny.gguf"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    const Outcome outcome = workplace_.run(words);
    EXPECT_EQ(outcome.code, 2) << row.error;
    EXPECT_THAT(outcome.err, HasSubstr(row.error));
  }
}

}  // namespace
}  // namespace metronome::harness
