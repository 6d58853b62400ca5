// SPDX-License-Identifier: Apache-2.0
// Bad input and bad command lines: one line, exit code 2, nothing left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;

struct Case {
  Words words;
  std::string message;  // after "metronome: "
};

class Refusal : public ::testing::Test {
 protected:
  void SetUp() override { workplace_.write_model(); }

  void expect_refused(const Case& row, std::ptrdiff_t lines) const {
    const Words before = workplace_.names();
    const Outcome outcome = workplace_.run(row.words);
    EXPECT_EQ(outcome.code, 2) << row.message;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr("metronome: " + row.message));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), lines) << outcome.err;
    EXPECT_EQ(workplace_.names(), before) << row.message;
  }

  Workplace workplace_;
};

TEST_F(Refusal, OfACommandLineSaysWhatIsAllowedAndWhereHelpIs) {
  const std::vector<Case> rows = {
      {{}, "a command is missing\n`metronome --help`"},
      {{"rum"}, "rum: unknown command, did you mean run?"},
      {{"help", "rum"}, "rum: unknown command, did you mean run?"},
      {{"run", "--promt", "x"},
       "run: --promt: unknown option, did you mean --prompt?\n"
       "`metronome help run` explains."},
      {{"run", "--token", "3"}, "run: --token: unknown option"},
      {{"run", "--tokens"}, "run: the required argument for option '--tokens' is missing"},
      {{"run", "--tokens", "1", "--tokens", "2"}, "run: option '--tokens' cannot be specified"},
      {{"run", "--tokens", "x"}, "run: --tokens: found x, expected a whole number from 1 to"},
      {{"run", "--tokens", "0"}, "run: --tokens: found 0, expected"},
      {{"run", "--tokens", "5x"}, "run: --tokens: found 5x, expected"},
      {{"run", "--temperature", "-1"}, "run: --temperature: found -1, expected a number from 0"},
      {{"run", "--temperature", "nan"}, "run: --temperature: found nan, expected"},
      {{"run", "--temperature", "1", "--top-p", "0"}, "run: --top-p: found 0, expected"},
      {{"run", "--seed", "7"}, "run: --top-p and --seed: have no effect without --temperature"},
      {{"run", "--device", "gpu"}, "run: --device: unknown option"},
      {{"run", "--precision", "w8a16", "--machine", "gpu:teaching"},
       "run: --precision: found w8a16, a GPU computes in fp16"},
      {{"run", "--precision", "fp4"}, "run: --precision: found fp4, supported are fp16, int8"},
      {{"run", "--trace-window", "0:9"}, "run: --trace-window: needs --trace FILE"},
      {{"run", "--trace-limit", "9"}, "run: --trace-limit: needs --trace FILE"},
      {{"run", "--trace", "a.vcd", "--trace-limit", "0"},
       "run: --trace-limit: found 0, expected a whole number from 1"},
      {{"run", "--trace", "a.vcd", "--trace-window", "9:8"},
       "run: --trace-window: found 9:8, expected A:B"},
      {{"run", "--trace", "a.vcd", "--trace-window", "9"},
       "run: --trace-window: found 9, expected A:B"},
      {{"run", "--trace", "-"}, "run: --trace: found -, but standard output is for the text"},
      {{"run", "--trace", "a.pftrace"}, "run: --trace: found a.pftrace, a timeline's name; "},
      {{"run", "--trace", "a.kanata"}, "run: --trace: found a.kanata, a timeline's name; "},
      {{"run", "--trace", "a.json.gz"}, "run: --trace: found a.json.gz, a timeline's name; "},
      {{"run", "--timeline", "-"}, "run: --timeline: found -, but standard output is for the text"},
      {{"run", "--timeline", "a.vcd"}, "run: --timeline: found a.vcd, a waveform's name; --trace "},
      {{"run", "--timeline", "a.fst"}, "run: --timeline: found a.fst, a waveform's name; --trace "},
      {{"run", "--trace", "a.vcd", "--machine", "reference"},
       "run: --trace: the reference has no cycles"},
      {{"run", "a", "b"}, "run: b: one word too many"},
      {{"compile", "tiny.gguf"}, "compile: --output is missing"},
      {{"compile", "-o", "a.mtm"}, "compile: MODEL is missing"},
      {{"isa", "x"}, "isa: x: one word too many"},
  };
  for (const Case& row : rows) expect_refused(row, 2);
}

TEST_F(Refusal, OfAMachineNamesThoseThereAre) {
  const std::vector<Case> rows = {
      {{"run", "--machine", "gpu"},
       "run: --machine: found gpu, there are lpu:groq1, lpu:teaching, "},
      {{"run", "--machine", "gpu:h1000"}, "run: --machine: found gpu:h1000, there are "},
      {{"run", "--machine", "lpu:teaching", "--chip", "groq1"},
       "run: --chip: groq1 contradicts --machine lpu:teaching"},
      {{"run", "--machine", "gpu:h100", "--chip", "groq1"},
       "run: --chip: a chip has no part in --machine gpu:h100"},
      {{"run", "--launch", "graph"}, "run: --launch: needs --machine gpu:NAME, found lpu"},
      {{"run", "--machine", "reference", "--machine-seed", "1"},
       "run: --machine-seed: needs --machine gpu:NAME, found reference"},
      {{"run", "--machine", "gpu:h100", "--launch", "later"},
       "run: --launch: found later, expected stream, graph or persistent"},
      {{"run", "--machine", "gpu:h100", "--background", "101"},
       "run: --background: found 101, expected a number from 0 to 100"},
      {{"run", "--machine", "gpu:h100", "--without", "row"},
       "run: --without: found row, there are "},
      {{"compare", "--runs", "0"},
       "compare: --runs: found 0, expected a whole number from 1 to 10000"},
      {{"compare", "--runs", "10001"},
       "compare: --runs: found 10001, expected a whole number from 1"},
      {{"compare", "--machines", "gpu:h1000"}, "compare: --machines: found gpu:h1000, there are "},
      {{"compare", "--machines", "lpu:groq1,"}, "compare: --machines: found nothing, there are "},
      {{"compare", "--machines", "reference"}, "compare: --machines: reference has no clock"},
      {{"compare", "--machines", "gpu:h100,gpu:h100"},
       "compare: --machines: gpu:h100 stands there twice"},
  };
  for (const Case& row : rows) expect_refused(row, 2);
}

TEST_F(Refusal, OfAFileNamesItAndWhatIsWrong) {
  workplace_.write("empty.gguf", "");
  workplace_.write("text.txt", "hello");
  const std::string model = workplace_.read("tiny.gguf");
  workplace_.write("cut.gguf", std::string_view(model).substr(0, model.size() / 2));
  std::filesystem::create_directory(workplace_.path() / "folder");
  const std::vector<Case> rows = {
      {{"run", "absent.gguf"}, "absent.gguf: file: not found"},
      {{"run", "empty.gguf"}, "empty.gguf: "},
      {{"run", "text.txt"}, "text.txt: format: neither a GGUF file"},
      {{"run", "cut.gguf"}, "cut.gguf: "},
      {{"run", "folder"}, "folder"},
      {{"compare", "absent.gguf"}, "absent.gguf: file: not found"},
      {{"compare", "tiny.gguf", "--tokens", "66"},
       "--tokens: found 66, at most 64: the prompt has 1 token and the context 64 positions"},
      {{"compare", "tiny.gguf", "--context", "65"},
       "tiny.gguf: context: found 65, the model allows 1"},
      {{"compare", "tiny.gguf", "--json", "no/a.json"}, "no/a.json: file: cannot be created"},
      {{"inspect", "absent"}, "absent: file: not found"},
      {{"check", "tiny.gguf"}, "tiny.gguf: magic: not a program image"},
      {{"disasm", "tiny.gguf", "-o", "a.txt"}, "tiny.gguf: magic: not a program image"},
      {{"compile", "cut.gguf", "-o", "a.mtm"}, "cut.gguf: "},
      {{"compile", "tiny.gguf", "-o", "folder"}, "folder: file: is a folder"},
      {{"compile", "tiny.gguf", "-o", "no/a.mtm"}, "no/a.mtm: file: cannot be created"},
      {{"compile", "tiny.gguf", "-o", "tiny.gguf"}, "tiny.gguf: file: is the input"},
      {{"run", "tiny.gguf", "--json", "no/a.json"}, "no/a.json: file: cannot be created"},
      {{"run", "tiny.gguf", "--tokenizer", "text.txt"}, "text.txt: "},
      {{"run", "tiny.gguf", "--chip", "grok1"},
       "--chip: found grok1, expected groq1, teaching or a chip file, did you mean groq1?"},
      {{"run", "tiny.gguf", "--chip", "text.txt"}, "text.txt:1: not JSON"},
      {{"run", "tiny.gguf", "--trace", "tiny.gguf"}, "tiny.gguf: file: is the input"},
      {{"run", "tiny.gguf", "--trace", "a.vcd", "--trace-filter", "bogus"},
       "--trace-filter: found 'bogus', no signal of groq1 has it in its path; nearest: "},
      {{"run", "tiny.gguf", "--trace", "a.vcd", "--trace-filter", ""},
       "--trace-filter: is empty, expected a part of a path such as lpu."},
      {{"run", "tiny.gguf", "--context", "65"},
       "tiny.gguf: context: found 65, the model allows 1 to 64"},
  };
  for (const Case& row : rows) expect_refused(row, 1);
}

TEST_F(Refusal, OfAModelNamesTheFieldOrTensor) {
  const auto write = [&](const std::string& name, const std::function<void(GgufBuilder&)>& spoil) {
    GgufBuilder file = tiny_gguf_with_tokenizer({});
    spoil(file);
    workplace_.write(name, file.bytes());
  };
  const std::string query = "blk.0.attn_q.weight";
  write("mamba.gguf", [](GgufBuilder& f) { f.text("general.architecture", "mamba"); });
  write("missing.gguf", [](GgufBuilder& f) {
    std::erase_if(f.tensors, [](const auto& t) { return t.name == "blk.1.ffn_up.weight"; });
  });
  write("twice.gguf", [&](GgufBuilder& f) { f.tensors.push_back(f.tensor(query)); });
  write("type.gguf", [&](GgufBuilder& f) { f.tensor(query).type = 16; });
  write("huge.gguf", [&](GgufBuilder& f) { f.tensor(query).dims[1] = std::uint64_t{1} << 62U; });
  write("crooked.gguf", [&](GgufBuilder& f) { f.tensor(query).forced_offset = 7; });
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"mamba.gguf", "mamba"}, {"missing.gguf", "blk.1.ffn_up.weight"},
      {"twice.gguf", query},   {"type.gguf", query},
      {"huge.gguf", query},    {"crooked.gguf", query},
  };
  for (const auto& [name, part] : rows) {
    expect_refused({{"compile", name, "-o", "a.mtm"}, name + ": "}, 1);
    EXPECT_THAT(workplace_.run({"run", name}).err, HasSubstr(part)) << name;
  }
}

TEST_F(Refusal, OfALongPromptNamesBothNumbers) {
  expect_refused({{"run", "tiny.gguf", "--context", "4", "--prompt", "abcdefg", "--json", "a.json"},
                  "--prompt: 9 tokens found, the context has 4 positions"},
                 1);
}

TEST_F(Refusal, OfAModelTooBigNamesBytesAndWhatWouldHelp) {
  TinySpec big;
  big.context = 1024;
  big.layers = 6;
  workplace_.write_model(big);
  const Outcome outcome =
      workplace_.run({"compile", "tiny.gguf", "--chip", "teaching", "-o", "a.mtm"});
  EXPECT_EQ(outcome.code, 2);
  for (const char* part : {"metronome: tiny.gguf: does not fit chip teaching: needs ",
                           " would help\n  weights ", "\n  cache ", " on the chip; "}) {
    EXPECT_THAT(outcome.err, HasSubstr(part));
  }
  EXPECT_FALSE(workplace_.has("a.mtm"));
}

TEST_F(Refusal, OfAModelWithoutTokenizerSaysHowToNameOne) {
  const GgufBuilder file = tiny_gguf(make_tiny_model({}));
  workplace_.write("mute.gguf", file.bytes());
  const Outcome outcome = workplace_.run({"run", "mute.gguf"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("mute.gguf: tokenizer: none found, name one with --tokenizer"));
  EXPECT_EQ(workplace_.run({"run", "mute.gguf", "--tokenizer", "tiny.gguf", "--tokens", "1"}).code,
            0);
}

TEST_F(Refusal, KeepsWhatStoodUnderTheName) {
  workplace_.write("a.mtm", "precious");
  workplace_.write("cut.gguf", "GGUF");
  EXPECT_EQ(workplace_.run({"compile", "cut.gguf", "-o", "a.mtm"}).code, 2);
  EXPECT_EQ(workplace_.read("a.mtm"), "precious");
}

TEST_F(Refusal, IsOneLineOnAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const Outcome outcome = workplace_.run({"disasm", "tiny.mtm"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(workplace_.run({"compile", "tiny.gguf", "-o", "/dev/full", "-q"}).code, 2);
}

TEST_F(Refusal, LeavesNothingWhenInterrupted) {
  TinySpec patient;
  patient.context = 2048;
  GgufBuilder file = tiny_gguf_with_tokenizer(patient);
  file.remove("tokenizer.ggml.bos_token_id");
  file.remove("tokenizer.ggml.eos_token_id");
  file.u32("tokenizer.ggml.bos_token_id", 97);  // beyond the vocabulary: no token ends the text
  file.u32("tokenizer.ggml.eos_token_id", 97);
  workplace_.write("tiny.gguf", file.bytes());
  const pid_t process =
      workplace_.start({"run", "tiny.gguf", "--prompt", "a", "--tokens", "100000", "--json", "j"});
  workplace_.wait_for_output();
  kill(process, SIGTERM);
  const Outcome outcome = workplace_.finish(process);
  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_THAT(outcome.err, ::testing::EndsWith("metronome: interrupted\n"));
  EXPECT_EQ(workplace_.names(), Words{"tiny.gguf"});
}

}  // namespace
}  // namespace metronome::harness
