// SPDX-License-Identifier: Apache-2.0
// What `run`, `compare` and `probe` draw, as a user sees it under different locales and widths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <sstream>

#include "runtime/cli/numbers.h"
#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;

struct Drawing {
  const char* name;
  Words words;
  Words parts;        // to be found in both character sets
  const char* block;  // to be found in Unicode alone
  bool ruler;         // there is one
};

void PrintTo(const Drawing& drawing, std::ostream* out) { *out << drawing.name; }

const Drawing kDrawings[] = {
    {"Run",
     {"run", "tiny.gguf", "--prompt", "Hi", "--tokens", "2"},
     {"busy ", "MXM weights", "streams ", "one token ", "A mark is ", "MEM west", "SXM"},
     "█",
     true},
    {"RunOnAGpu",
     {"run", "tiny.gguf", "--prompt", "Hi", "--tokens", "2", "--machine", "gpu:teaching"},
     {"with a warp", "launch gaps", "of its peak bandwidth", "a mark is ", " issued"},
     "▓",
     false},
    {"Compare",
     {"compare", "tiny.gguf", "--prompt", "H", "--tokens", "2", "--machines",
      "lpu:groq1,gpu:teaching", "--runs", "3"},
     {"How long a token takes", "a column is ", "the highest column ", "from its machine's median",
      "How long one access takes", " ns\n", "A bar goes from the least"},
     "█",
     true},
    {"Probe",
     {"probe", "gpu:v100"},
     {"is the model", "what was published", "Exact tests are not drawn"},
     "━",
     false},
};

class ADrawing : public ::testing::TestWithParam<Drawing> {
 protected:
  /// Standard output from the first line of the report, which follows the text of a run.
  std::string drawn(const Words& settings) const {
    TinySpec spec;
    spec.layers = 1;
    spec.context = 16;
    workplace_.write_model(spec);
    Words all = settings;
    all.insert(all.end(), {"TERM=xterm"});
    if (std::ranges::none_of(settings, [](const auto& s) { return s.starts_with("COLUMNS="); })) {
      all.emplace_back("COLUMNS=");
    }
    const Outcome outcome = workplace_.run(GetParam().words, all);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    const std::size_t report = outcome.out.find("\ntokens ");
    return report == std::string::npos ? outcome.out : outcome.out.substr(report);
  }

  Workplace workplace_;
};

bool all_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char byte) {
    return byte == '\n' || (static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
  });
}

bool all_ascii(const std::string& text) {
  return std::ranges::all_of(text,
                             [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

bool ends_in_a_blank(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with(' ')) return true;
  }
  return false;
}

TEST_P(ADrawing, IsPureAsciiWhereTheLocaleIsPlain) {
  const std::string text = drawn({"LC_ALL=C"});
  EXPECT_TRUE(all_ascii(text)) << text;
  EXPECT_TRUE(all_printable(text)) << text;
  EXPECT_FALSE(ends_in_a_blank(text)) << text;
  for (const std::string& part : GetParam().parts) EXPECT_THAT(text, HasSubstr(part));
}

TEST_P(ADrawing, HasBlocksWhereTheLocaleIsUtf8) {
  const std::string text = drawn({"LC_ALL=C.UTF-8"});
  EXPECT_THAT(text, HasSubstr(GetParam().block));
  EXPECT_TRUE(all_printable(text)) << text;
  EXPECT_FALSE(ends_in_a_blank(text)) << text;
  for (const std::string& part : GetParam().parts) EXPECT_THAT(text, HasSubstr(part));
}

TEST_P(ADrawing, HasAsManyLinesInBothCharacterSets) {
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  EXPECT_EQ(lines(drawn({"LC_ALL=C"})), lines(drawn({"LC_ALL=C.UTF-8"})));
}

/// Columns up to the end of the widest ruler; 0 without one.
std::size_t widest_ruler(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool ruler = line.find("+---") != std::string::npos &&
                       line.find_first_not_of(" +-") == std::string::npos;
    if (ruler) widest = std::max(widest, line.size());
  }
  return widest;
}

TEST_P(ADrawing, FollowsTheWidthAskedFor) {
  const std::size_t narrow = widest_ruler(drawn({"LC_ALL=C", "COLUMNS=60"}));
  const std::size_t wide = widest_ruler(drawn({"LC_ALL=C", "COLUMNS=200"}));
  EXPECT_LE(narrow, 60U);
  EXPECT_LE(wide, 120U);
  EXPECT_EQ(wide > narrow, GetParam().ruler);
}

INSTANTIATE_TEST_SUITE_P(Of, ADrawing, ::testing::ValuesIn(kDrawings),
                         [](const auto& drawing) { return std::string(drawing.param.name); });

}  // namespace
}  // namespace metronome::harness
