// SPDX-License-Identifier: Apache-2.0
// What the program says about itself, and about models and chips.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

const Words kCommands = {"run",    "compare", "compile", "inspect", "check",
                         "disasm", "asm",     "isa",     "kernel",  "perplexity"};

TEST(Help, ListsEveryCommand) {
  const Workplace workplace;
  const Outcome outcome = workplace.run({"--help"});
  EXPECT_EQ(outcome.code, 0);
  for (const std::string& command : kCommands)
    EXPECT_THAT(outcome.out, HasSubstr("\n  " + command));
  EXPECT_EQ(workplace.run({"help"}).out, outcome.out);
}

TEST(Help, TeachesEveryCommandInNarrowLines) {
  const Workplace workplace;
  for (const std::string& command : kCommands) {
    const Outcome outcome = workplace.run({"help", command});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, ::testing::StartsWith("Usage: metronome " + command));
    EXPECT_THAT(outcome.out, HasSubstr("\nFor example:\n  metronome " + command));
    EXPECT_EQ(workplace.run({command, "--help"}).out, outcome.out);
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 84U) << line;
  }
}

TEST(Help, SaysHowChartsAreKeptPlain) {
  EXPECT_THAT(Workplace().run({"--help"}).out, HasSubstr("LC_ALL=C keeps them to ASCII"));
}

TEST(Help, NamesTheVersionsOfTheLibraries) {
  const Workplace workplace;
  EXPECT_THAT(workplace.run({"--version"}).out,
              ::testing::MatchesRegex("metronome [0-9.]+\nSystemC [0-9.]+\nBoost [0-9.]+\n"));
}

TEST(Isa, IsPrintedAsMarkdown) {
  const Workplace workplace;
  const Outcome outcome = workplace.run({"isa"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, ::testing::StartsWith("#"));
  EXPECT_THAT(outcome.out, HasSubstr("Gather"));
}

TEST(Isa, IsPrintedForEitherMachine) {
  const Workplace workplace;
  const Outcome gpu = workplace.run({"isa", "--machine", "gpu"});
  EXPECT_EQ(gpu.code, 0);
  EXPECT_THAT(gpu.out, HasSubstr("HMMA"));
  const Outcome neither = workplace.run({"isa", "--machine", "tpu"});
  EXPECT_EQ(neither.code, 2);
  EXPECT_THAT(neither.err, HasSubstr("--machine: found tpu, expected lpu or gpu"));
}

TEST(Inspect, ExplainsAModelAndWhereItFits) {
  const Workplace workplace;
  TinySpec spec;
  spec.layers = 6;
  spec.context = 1024;
  workplace.write_model(spec);
  const Outcome outcome = workplace.run({"inspect", "tiny.gguf"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const char* part :
       {"tiny.gguf, llama", "6, width 64", "4 heads of 16 values, 2 for keys",
        "97 tokens, the head is the embedding", "F32", "1,024 positions", "groq1     fp16   yes",
        "groq1     int8   yes", "teaching  w8a16  no", "does not fit chip teaching"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
}

TEST(Inspect, ExplainsAChip) {
  const Workplace workplace;
  const Outcome outcome = workplace.run({"inspect", "groq1"});
  EXPECT_EQ(outcome.code, 0);
  for (const char* part :
       {"230,686,720 bytes", "4 planes of 320 x 320", "20,480 bytes a cycle",
        "144: mem 88, vxm 16, mxm 12, sxm 12, c2c 16", "superlanes", "switch and matrix units"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
  workplace.write("mine.json", "// mine\n{\"base\": \"groq1\", \"superlanes\": 4}");
  EXPECT_THAT(workplace.run({"inspect", "mine.json"}).out, HasSubstr("mine, 900 MHz"));
}

}  // namespace
}  // namespace metronome::harness
