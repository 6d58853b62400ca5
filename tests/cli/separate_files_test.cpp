// SPDX-License-Identifier: Apache-2.0
// What a command writes is never what it reads, nor written twice; and a file appears under its
// name only when it is whole, wherever links lead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Words = std::vector<std::string>;

class SeparateFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    TinySpec spec;
    spec.layers = 1;
    spec.context = 64;
    workplace_.write_model(spec);
  }
  static Words run_with(const Words& more) {
    Words all = {"run", "tiny.gguf", "--prompt", "Hi", "--tokens", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void link(const char* to, const char* name) const {
    fs::create_symlink(to, workplace_.path() / name);
  }
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (const std::string& name : workplace_.names()) {
      if (fs::is_regular_file(workplace_.path() / name)) all[name] = workplace_.read(name);
    }
    return all;
  }

  Workplace workplace_;
};

TEST_F(SeparateFiles, AreDemandedBeforeAnythingIsTouched) {
  workplace_.write("chip.json", R"({"base": "groq1", "name": "mine"})");
  workplace_.write("gpu.json", R"({"base": "h100", "name": "mine"})");
  workplace_.write("t.bin", "precious");
  workplace_.write("text.txt", "precious");
  link("tiny.gguf", "link");
  link("nothing.vcd", "dangling.vcd");
  const std::string both = " would both write it";
  const std::string view = "a viewer's set-up beside --trace" + both;
  struct Case {
    Words words;
    std::string says;
  };
  const std::vector<Case> cases = {
      {run_with({"--trace", "x", "--timeline", "./x"}), "./x: file: --trace and --timeline" + both},
      {run_with({"--timeline", "a.json", "--json", "a.json"}), "--json and --timeline" + both},
      {run_with({"--trace", "same", "--json", "same"}), "--json and --trace" + both},
      {run_with({"--trace", "dangling.vcd", "--json", "nothing.vcd"}), "--json and --trace" + both},
      {run_with({"--trace", "x.gtkw"}), "x.gtkw: file: --trace and " + view},
      {run_with({"--trace", "x.sucl"}), "x.sucl: file: --trace and " + view},
      {run_with({"--json", "a.gtkw", "--trace", "a.vcd"}), "a.gtkw: file: --json and " + view},
      {run_with({"--json", "a.opcodes.txt", "--trace", "a.vcd"}), "--json and " + view},
      {run_with({"--trace", "tiny.gguf"}),
       "is the input that the operand names, and --trace would"},
      {run_with({"--trace", "link"}), "link: file: is the input that the operand names, and "},
      {run_with({"--chip", "chip.json", "--trace", "chip.json", "--json", "x"}), "chip.json"},
      {run_with({"--chip", "chip.json", "--json", "chip.json"}),
       "chip.json: file: is the input that --chip names, and --json would overwrite it"},
      {run_with({"--machine", "gpu:gpu.json", "--json", "gpu.json"}),
       "gpu.json: file: is the input that --machine names, and --json would overwrite it"},
      {run_with({"--tokenizer", "t.bin", "--json", "t.bin"}),
       "t.bin: file: is the input that --tokenizer names, and --json would overwrite it"},
      {{"compare", "tiny.gguf", "--machines", "lpu:groq1,gpu:gpu.json", "--json", "gpu.json"},
       "gpu.json: file: is the input that --machines names, and --json would overwrite it"},
      {{"compile", "tiny.gguf", "--chip", "chip.json", "-o", "chip.json"},
       "chip.json: file: is the input that --chip names, and --output would overwrite it"},
      {{"report", "tiny.gguf", "--tokenizer", "t.bin", "-o", "t.bin"},
       "t.bin: file: is the input that --tokenizer names, and --output would overwrite it"},
      {{"asm", "text.txt", "-o", "./text.txt"},
       "text.txt: file: is the input that the operand names, and --output would overwrite it"},
  };
  const auto before = contents();
  for (const Case& row : cases) {
    const Outcome outcome = workplace_.run(row.words);
    EXPECT_EQ(outcome.code, 2) << row.says;
    EXPECT_THAT(outcome.err, HasSubstr(row.says));
    EXPECT_EQ(contents(), before) << row.says;
  }
}

TEST_F(SeparateFiles, ADocumentIsNotReplacedByItsPage) {
  ASSERT_EQ(workplace_.run(run_with({"--json", "run.json", "-q"})).code, 0);
  const std::string before = workplace_.read("run.json");
  const Outcome outcome = workplace_.run({"report", "run.json", "--runs", "0", "-o", "run.json"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("run.json: file: is the input that the operand names"));
  EXPECT_EQ(workplace_.read("run.json"), before);
}

TEST_F(SeparateFiles, LinksAreFollowedAlikeByEveryWriter) {
  link("loop2", "loop1");
  link("loop1", "loop2");
  for (const char* option : {"--json", "--trace", "--timeline"}) {
    const Outcome refused = workplace_.run(run_with({option, "loop1"}));
    EXPECT_EQ(refused.code, 2) << option;
    EXPECT_THAT(refused.err, HasSubstr("loop1: file: cannot be created: Too many levels"));
    EXPECT_TRUE(fs::is_symlink(workplace_.path() / "loop1")) << option;

    const std::string target = std::string("target") + option;
    link(target.c_str(), "link");
    EXPECT_EQ(workplace_.run(run_with({option, "link", "-q"})).code, 0) << option;
    EXPECT_TRUE(fs::is_symlink(workplace_.path() / "link")) << option;
    EXPECT_TRUE(fs::is_regular_file(workplace_.path() / target)) << option;
    fs::remove(workplace_.path() / "link");
  }
}

TEST_F(SeparateFiles, ATraceDoesWithoutAViewWhereNoneCanStand) {
  fs::create_directory(workplace_.path() / "a.gtkw");
  const Outcome outcome = workplace_.run(run_with({"--trace", "a.vcd"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("without a viewer's set-up: "));
  EXPECT_TRUE(workplace_.has("a.vcd"));

  link("/dev/null", "null.vcd");
  EXPECT_EQ(workplace_.run(run_with({"--trace", "null.vcd"})).code, 0);
  EXPECT_FALSE(workplace_.has("null.gtkw"));
}

TEST_F(SeparateFiles, ATraceThatFailsDoesNotBreakTheTimelineOff) {
  const Outcome outcome = workplace_.run(run_with(
      {"--trace", "a.vcd", "--trace-window", "900000000:900000001", "--timeline", "t.json"}));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("a.vcd: trace window: starts in cycle 900000000"));
  EXPECT_THAT(workplace_.names(), ElementsAre("t.json", "tiny.gguf"));
  EXPECT_THAT(workplace_.read("t.json"), Not(HasSubstr("broke off")));
}

TEST_F(SeparateFiles, AWindowMayBeOneCycle) {
  const Outcome outcome =
      workplace_.run(run_with({"--trace", "a.vcd", "--trace-window", "5:5", "--timeline", "a.json",
                               "--timeline-window", "5:5"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("a.vcd, 1 cycle from cycle 5"));
}

TEST_F(SeparateFiles, TheViewersCommandIsForAShell) {
  fs::create_directory(workplace_.path() / "it's here");
  const Outcome outcome = workplace_.run(run_with({"--trace", "it's here/a b.vcd"}));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr(R"(cd 'it'\''s here' && gtkwave 'a b.vcd' 'a b.gtkw' opens the trace)"));
}

}  // namespace
}  // namespace metronome::harness
