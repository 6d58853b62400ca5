// SPDX-License-Identifier: Apache-2.0
// Images as files: compiled, listed, assembled again, judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

class ImageFile : public ::testing::Test {
 protected:
  void SetUp() override {
    model_ = workplace_.write_model();
    const Outcome outcome = workplace_.run({"compile", model_, "-o", "tiny.mtm"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, IsEmpty());
    EXPECT_THAT(outcome.out, HasSubstr("token_64"));
  }

  Workplace workplace_;
  std::string model_;
};

/// The text with the cycle of one instruction moved by one, from line `from` on.
std::string with_one_cycle_moved(std::string text, std::size_t from) {
  std::size_t at = 0;
  for (std::size_t line = 0; line < from; ++line) at = text.find('\n', at) + 1;
  while (text.compare(text.find(' ', at), 6, " Read ") != 0) at = text.find('\n', at) + 1;
  const std::size_t end = text.find(':', at);
  const int cycle = std::stoi(text.substr(at, end - at));
  return text.replace(at, end - at, std::to_string(cycle + 1));
}

TEST_F(ImageFile, HasTheSameBytesFromTheSameModel) {
  EXPECT_EQ(workplace_.run({"compile", model_, "-o", "again.mtm", "--quiet"}).code, 0);
  EXPECT_EQ(workplace_.read("tiny.mtm"), workplace_.read("again.mtm"));
  std::filesystem::create_directory(workplace_.path() / "elsewhere");
  std::filesystem::rename(workplace_.path() / model_, workplace_.path() / "elsewhere" / model_);
  EXPECT_EQ(workplace_.run({"compile", "elsewhere/tiny.gguf", "-o", "again.mtm"}).code, 0);
  EXPECT_EQ(workplace_.read("tiny.mtm"), workplace_.read("again.mtm"));
}

TEST_F(ImageFile, ComesBackFromItsTextByteForByte) {
  EXPECT_EQ(workplace_.run({"disasm", "tiny.mtm", "-o", "tiny.txt"}).code, 0);
  EXPECT_EQ(workplace_.run({"disasm", "tiny.mtm"}).out, workplace_.read("tiny.txt"));
  EXPECT_EQ(workplace_.run({"asm", "tiny.txt", "-o", "again.mtm"}).code, 0);
  EXPECT_EQ(workplace_.read("tiny.mtm"), workplace_.read("again.mtm"));
}

TEST_F(ImageFile, IsJudged) {
  const Outcome outcome = workplace_.run({"check", "tiny.mtm"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, ::testing::MatchesRegex("token_64: holds: [0-9,]+ instructions in "
                                                   "[0-9,]+ cycles, predicted to the cycle\n"));
}

TEST_F(ImageFile, WithOneInstructionMovedIsRejectedByTheJudgeAndByTheChip) {
  const std::string text = workplace_.run({"disasm", "tiny.mtm"}).out;
  workplace_.write("moved.txt", with_one_cycle_moved(text, text.size() / 200));
  ASSERT_EQ(workplace_.run({"asm", "moved.txt", "-o", "moved.mtm"}).code, 0);
  const Outcome judged = workplace_.run({"check", "moved.mtm"});
  EXPECT_EQ(judged.code, 1);
  EXPECT_EQ(judged.out, "token_64: conflict\n");
  EXPECT_THAT(judged.err, ::testing::StartsWith("metronome: moved.mtm: token_64: "));
  // Both culprits, each with its cycle.
  const std::size_t first = judged.err.find("at cycle ");
  ASSERT_NE(first, std::string::npos) << judged.err;
  EXPECT_NE(judged.err.find("cycle ", first + 9), std::string::npos) << judged.err;
  const Outcome run = workplace_.run({"run", "moved.mtm", "--tokens", "2"});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("cycle"));
  EXPECT_EQ(std::ranges::count(run.err, '\n'), 1);
}

TEST_F(ImageFile, WithAnotherPredictionIsNotBelieved) {
  std::string text = workplace_.run({"disasm", "tiny.mtm"}).out;
  const std::size_t at = text.find(" predicted=") + 11;
  text.replace(at, text.find(' ', at) - at, "999999");
  workplace_.write("wrong.txt", text);
  ASSERT_EQ(workplace_.run({"asm", "wrong.txt", "-o", "wrong.mtm"}).code, 0);
  EXPECT_EQ(workplace_.run({"check", "wrong.mtm"}).code, 1);
  const Outcome outcome = workplace_.run({"run", "wrong.mtm", "--tokens", "2"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("Not every token took the cycles predicted"));
  EXPECT_THAT(outcome.err, HasSubstr("position 0 (token_64): predicted 999999 cycles, simulated "));
}

TEST_F(ImageFile, IsExplained) {
  const Outcome outcome = workplace_.run({"inspect", "tiny.mtm"});
  EXPECT_EQ(outcome.code, 0);
  for (const char* part : {"tiny, llama, fp16", "groq1, 900 MHz", "token_64", "tokens/s", "slices",
                           "addresses", "weights and tables", "which --all shows"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
  const Outcome all = workplace_.run({"inspect", "tiny.mtm", "--all"});
  EXPECT_GT(all.out.size(), outcome.out.size());
}

TEST_F(ImageFile, ForAnotherChipIsRefused) {
  const Outcome outcome = workplace_.run({"run", "tiny.mtm", "--chip", "teaching"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err,
            "metronome: tiny.mtm: chip: the image is for groq1, --chip asks for "
            "teaching (superlanes 20 against 1)\n");
  EXPECT_EQ(workplace_.run({"run", "tiny.mtm", "--chip", "groq1", "--tokens", "1"}).code, 0);
}

TEST_F(ImageFile, ThatIsDamagedIsRefused) {
  std::string bytes = workplace_.read("tiny.mtm");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  workplace_.write("damaged.mtm", bytes);
  workplace_.write("cut.mtm", std::string_view(bytes).substr(0, bytes.size() / 2));
  for (const char* command : {"run", "check", "disasm", "inspect"}) {
    for (const char* file : {"damaged.mtm", "cut.mtm"}) {
      const Outcome outcome = workplace_.run({command, file});
      EXPECT_EQ(outcome.code, 2) << command << " " << file;
      EXPECT_THAT(outcome.out, IsEmpty());
      EXPECT_THAT(outcome.err, HasSubstr(file));
      EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    }
  }
}

TEST_F(ImageFile, FromTextWithAMistakeNamesLineAndColumn) {
  workplace_.write("bad.txt", ".chip name=x\nnonsense\n");
  const Outcome outcome = workplace_.run({"asm", "bad.txt", "-o", "bad.mtm"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, ::testing::MatchesRegex("metronome: bad.txt:[0-9]+:[0-9]+: .*\n"));
  EXPECT_FALSE(workplace_.has("bad.mtm"));
}

}  // namespace
}  // namespace metronome::harness
