// SPDX-License-Identifier: Apache-2.0
// `metronome score` end to end on a tiny model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

using ::testing::HasSubstr;

class Score : public ::testing::Test {
 protected:
  void SetUp() override { workplace_.write_model(); }

  Workplace workplace_;
};

TEST_F(Score, SetsEachSchedulerBesideTheBoundOfItsProgram) {
  const Outcome outcome = workplace_.run({"score", "tiny.gguf", "--chip", "teaching"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* part :
       {"tiny, fp16 on teaching", "\nscheduler ", "\nin-order ", "\ncritical-first ",
        "\none-by-one ", "\ntoken ", "\nblk.0 ", "\nhead ", "what binds"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
}

TEST_F(Score, WritesNoCyclesBelowABoundAsCsv) {
  const Outcome outcome = workplace_.run({"score", "tiny.gguf", "--chip", "teaching", "--precision",
                                          "int8", "--scheduler", "in-order", "--csv", "-", "-q"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(line, HasSubstr("scheduler,program,part,begin,end,achieved,critical path,matrix "
                              "stages,"));
  int rows = 0;
  while (std::getline(lines, line)) {
    ++rows;
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    ASSERT_GT(cells.size(), 7U) << line;
    const long achieved = std::stol(cells[5]);
    for (std::size_t i = 6; i < cells.size(); ++i) EXPECT_LE(std::stol(cells[i]), achieved) << line;
  }
  EXPECT_GE(rows, 4);
}

TEST_F(Score, RefusesWhatItCannotScore) {
  const Outcome unknown = workplace_.run({"score", "tiny.gguf", "--scheduler", "none"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("scheduler: found none, there are in-order, critical-first, "
                                     "one-by-one"));
  ASSERT_EQ(workplace_.run({"compile", "tiny.gguf", "-o", "tiny.mtm", "-q"}).code, 0);
  const Outcome image = workplace_.run({"score", "tiny.mtm"});
  EXPECT_EQ(image.code, 2);
  EXPECT_THAT(image.err, HasSubstr("is a program image; a model is wanted here"));
}

}  // namespace
}  // namespace metronome::harness
