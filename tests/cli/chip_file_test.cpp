// SPDX-License-Identifier: Apache-2.0
// Chips of one's own: what a chip file may say, and how its mistakes are told.
#include "runtime/chip_file.h"

#include <gtest/gtest.h>

#include "hw/isa/error.h"
#include "tests/harness/model_writer.h"

namespace metronome::runtime {
namespace {

class ChipFile : public ::testing::Test {
 protected:
  lpu::ChipSpec load(std::string_view text) { return load_chip(folder_.write("mine.json", text)); }

  /// The refusal, without the folder of the file.
  std::string refusal(std::string_view text) {
    try {
      load(text);
    } catch (const UserError& error) {
      const std::string what = error.what();
      return what.substr(what.find("mine.json"));
    }
    return "accepted";
  }

  harness::TempFolder folder_;
};

TEST_F(ChipFile, ChangesTheFieldsOfItsBase) {
  lpu::ChipSpec wanted = lpu::groq1();
  wanted.name = "half";
  wanted.superlanes = 10;
  wanted.clock_hz = 1'250'000'000;
  EXPECT_EQ(load("// a comment\n{\"base\": \"groq1\", /* one more */ \"name\": \"half\",\n"
                 "\"superlanes\": 10, \"clock_hz\": 1250000000,}\n"),
            wanted);
}

TEST_F(ChipFile, IsNamedAfterItsFile) {
  lpu::ChipSpec wanted = lpu::teaching();
  wanted.name = "mine";
  EXPECT_EQ(load("{\"base\": \"teaching\"}"), wanted);
}

TEST_F(ChipFile, TellsEachMistakeWithItsLine) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "mine.json: chip: the file is empty"},
      {"{}", "mine.json: base: missing, expected one of groq1, teaching"},
      {"[]", "mine.json:1: chip: found a list, expected an object"},
      {"7", "mine.json:1: chip: found a number, expected an object"},
      {"{\n\"base\": \"groq2\"}",
       "mine.json:2: base: found \"groq2\", expected one of groq1, teaching"},
      {"{\"base\": \"groq1\",\n\n\"superlane\": 3}",
       "mine.json:3: superlane: unknown field, did you mean superlanes?"},
      {"{\"base\": \"groq1\",\n\"flux\": 3}", "mine.json:2: flux: unknown field"},
      {"{\"base\": \"groq1\",\n\"superlanes\": 21}",
       "mine.json:2: superlanes: found 21, allowed 1 to 20"},
      {"{\"base\": \"groq1\",\n\"superlanes\": -1}",
       "mine.json:2: superlanes: found -1, allowed 0 to 1048576"},
      {"{\"base\": \"groq1\",\n\"superlanes\": \"20\"}",
       "mine.json:2: superlanes: found \"20\", expected a whole number"},
      {"{\"base\": \"groq1\",\n\"superlanes\": 1.5}",
       "mine.json:2: superlanes: found 1.5, expected a whole number or a name"},
      {"{\"base\": \"groq1\",\n\"superlanes\": true}",
       "mine.json:2: superlanes: found true, expected a whole number or a name"},
      {"{\"base\": \"groq1\",\n\"superlanes\": [20]}",
       "mine.json:2: superlanes: found a list, expected a whole number or a name"},
      {"{\"base\": \"groq1\", \"name\": 5}",
       "mine.json:1: name: found 5, expected a name in quotes"},
      {"{\"base\": \"groq1\", \"name\": \"a\\nb\"}",
       "mine.json:1: name: must have 1 to 64 printable characters"},
      {"{\"base\": \"groq1\",\n\"banks\": 2,\n\"banks\": 2}", "mine.json:3: banks: appears twice"},
      {"{\"base\": \"groq1\",\n\"banks\" 2}", "mine.json:2: not JSON: syntax error"},
      {"{\"base\": \"groq1\"} {}", "mine.json:1: not JSON: text after the object"},
      {"{\"base\": \"groq1\",\n", "mine.json:1: not JSON: incomplete JSON"},
  };
  for (const auto& [text, message] : rows) EXPECT_EQ(refusal(text), message) << text;
}

}  // namespace
}  // namespace metronome::runtime
