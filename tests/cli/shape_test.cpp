// SPDX-License-Identifier: Apache-2.0
// shape:NAME on the command line, wherever a model file may stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ShapeOnTheCommandLine, RunsOnTheReferenceAndSaysHowItsWeightsAreMade) {
  const Workplace workplace;
  const Outcome outcome = workplace.run({"run", "shape:gpt2-small/1", "--machine", "reference",
                                         "--prompt", "Hi", "--tokens", "2", "--context", "8"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, StartsWith("Hi"));
  EXPECT_THAT(outcome.err, HasSubstr("?weights=seed:1 makes the same"));
}

TEST(ShapeOnTheCommandLine, SaysTheSameOnTheChipAndOnTheReference) {
  const Workplace workplace;
  std::string texts[2];
  for (const int chip : {0, 1}) {
    const Outcome outcome = workplace.run({"run", "shape:llama-15m/1?weights=seed:7", "--machine",
                                           chip != 0 ? "lpu" : "reference", "--prompt", "Hi",
                                           "--tokens", "3", "--context", "8", "-q"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    texts[chip] = outcome.out;
  }
  EXPECT_EQ(texts[0], texts[1]);
}

TEST(ShapeOnTheCommandLine, IsInspectedWithoutAFile) {
  const Outcome outcome = Workplace().run({"inspect", "shape:minilm-l6"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("22,564,608"), HasSubstr("LayerNorm after each part"),
                                 HasSubstr("512, learned"), HasSubstr("GELU (erf)"),
                                 HasSubstr("no head, an encoder")));
}

TEST(ShapeOnTheCommandLine, AnUnknownOneIsAUserError) {
  const Outcome outcome = Workplace().run({"run", "shape:llama-7b", "--tokens", "1"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("found 'llama-7b', there are llama-260k"));
}

}  // namespace
}  // namespace metronome::harness
