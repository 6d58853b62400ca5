// SPDX-License-Identifier: Apache-2.0
// Bars, strips, histograms and stacked bars, character by character.
#include "runtime/cli/text_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "runtime/cli/numbers.h"

namespace metronome::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TextStyle kAscii{false, 80};
constexpr TextStyle kUnicode{true, 80};
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kEndless = std::numeric_limits<double>::infinity();

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(
      text, [](char byte) { return byte == '\n' || (byte >= ' ' && byte <= '~'); });
}

TEST(ABar, ShowsItsShareInBothCharacterSets) {
  struct Case {
    double share;
    std::size_t columns;
    const char* ascii;
    const char* unicode;
  };
  for (const Case& c : std::vector<Case>{{0.0, 4, "....", "····"},
                                         {1.0, 4, "####", "████"},
                                         {0.5, 4, "##..", "██··"},
                                         {0.625, 4, "##=.", "██▌·"},
                                         {0.28125, 4, "#...", "█▏··"},
                                         {1e-12, 4, "=...", "▏···"},
                                         {1.0 - 1e-12, 4, "###=", "███▉"},
                                         {-3.0, 2, "..", "··"},
                                         {7.0, 2, "##", "██"},
                                         {kNothing, 2, "..", "··"},
                                         {kEndless, 2, "##", "██"},
                                         {0.5, 1, "=", "▌"},
                                         {0.5, 0, "", ""}}) {
    EXPECT_EQ(bar(c.share, c.columns, kAscii), c.ascii) << c.share;
    EXPECT_EQ(bar(c.share, c.columns, kUnicode), c.unicode) << c.share;
  }
}

TEST(ABar, IsExactlyAsWideAsAsked) {
  for (std::size_t columns = 0; columns <= 120; ++columns) {
    for (double share = 0.0; share <= 1.0; share += 0.01) {
      EXPECT_EQ(width_of(bar(share, columns, kAscii)), columns);
      EXPECT_EQ(width_of(bar(share, columns, kUnicode)), columns);
    }
  }
}

TEST(ADensityStrip, IsBlankForNothingAlone) {
  const std::vector<double> shares = {0.0, 1e-9, 0.5, 1.0, 2.0, kNothing, 0.0};
  EXPECT_EQ(density_strip(shares, kAscii), " .+@@");
  EXPECT_EQ(density_strip(shares, kUnicode), " ▁▄██");
  EXPECT_THAT(density_strip({}, kAscii), IsEmpty());
  EXPECT_THAT(density_strip(std::vector<double>{0.0, 0.0}, kUnicode), IsEmpty());
}

TEST(ADensityStrip, NeverGetsLighterAsSharesGrow) {
  std::vector<double> shares;
  for (int s = 1; s <= 100; ++s) shares.push_back(s / 100.0);
  const std::string ramp = " .:-=+*#%@";
  std::size_t before = 0;
  for (const char mark : density_strip(shares, kAscii)) {
    EXPECT_GE(ramp.find(mark), before);
    before = ramp.find(mark);
  }
  EXPECT_EQ(before, ramp.size() - 1);
}

TEST(AHistogram, IsAsHighAsItsLargestCount) {
  const std::vector<std::int64_t> counts = {0, 1, 8, 16, 1000, 0};
  EXPECT_EQ(histogram(counts, 2, kAscii), "    #\n ...#\n");
  EXPECT_EQ(histogram(counts, 2, kUnicode), "    █\n ▁▁▁█\n");
  EXPECT_EQ(histogram(std::vector<std::int64_t>{1, 2, 3, 4}, 1, kUnicode), "▂▄▆█\n");
  EXPECT_EQ(histogram(std::vector<std::int64_t>{3}, 3, kAscii), "#\n#\n#\n");
}

TEST(AHistogram, OfHugeCountsDoesNotOverflow) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(histogram(std::vector<std::int64_t>{kHuge, kHuge / 2, 1}, 1, kUnicode), "█▄▁\n");
}

TEST(AHistogram, WithoutCountsIsEmpty) {
  EXPECT_THAT(histogram({}, 3, kAscii), IsEmpty());
  EXPECT_THAT(histogram(std::vector<std::int64_t>{0, 0}, 3, kUnicode), IsEmpty());
  EXPECT_THAT(histogram(std::vector<std::int64_t>{1}, 0, kUnicode), IsEmpty());
}

TEST(AHistogram, HasNoBlanksAtItsLinesEnds) {
  const std::vector<std::int64_t> counts = {9, 0, 3, 0, 0, 1, 0};
  for (const TextStyle& style : {kAscii, kUnicode}) {
    std::istringstream lines(histogram(counts, 5, style));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_FALSE(line.ends_with(' ')) << line;
      EXPECT_LE(width_of(line), counts.size());
    }
  }
}

TEST(AStackedBar, GivesEachPartItsShareAndAMarkOfItsOwn) {
  const std::vector<BarPart> parts = {{"issued", 5.0}, {"memory", 3.0}, {"barrier", 2.0}};
  const StackedBar ascii = stacked_bar(parts, 10, kAscii);
  EXPECT_EQ(ascii.bar, "#####===++");
  EXPECT_THAT(ascii.legend, ElementsAre("# issued", "= memory", "+ barrier"));
  EXPECT_EQ(stacked_bar(parts, 10, kUnicode).bar, "█████▓▓▓▒▒");
}

TEST(AStackedBar, PutsWhatIsTooSmallForAMarkTogether) {
  std::vector<BarPart> parts = {{"large", 80.0}};
  for (int p = 0; p < 10; ++p) parts.push_back({"small", 2.0});
  const StackedBar stacked = stacked_bar(parts, 10, kAscii);
  EXPECT_EQ(stacked.bar, "########..");
  EXPECT_THAT(stacked.legend, ElementsAre("# large", ". others"));
}

TEST(AStackedBar, HasAMarkForEveryPartThatFillsOne) {
  const std::vector<BarPart> parts(8, {"part", 1.0});
  EXPECT_EQ(stacked_bar(parts, 8, kAscii).bar, "#=+-ox%~");
}

TEST(AStackedBar, OfMorePartsThanMarksKeepsTheLargest) {
  std::vector<BarPart> parts;
  for (int p = 1; p <= 20; ++p) parts.push_back({std::to_string(p), static_cast<double>(p)});
  for (const TextStyle& style : {kAscii, kUnicode}) {
    const StackedBar stacked = stacked_bar(parts, 60, style);
    EXPECT_EQ(width_of(stacked.bar), 60U);
    EXPECT_EQ(stacked.legend.size(), 9U);
    EXPECT_EQ(stacked.legend.front().substr(stacked.legend.front().find(' ')), " 13");
  }
}

TEST(AStackedBar, OfNothingIsEmpty) {
  EXPECT_THAT(stacked_bar({}, 10, kAscii).bar, IsEmpty());
  EXPECT_THAT(stacked_bar(std::vector<BarPart>{{"none", 0.0}}, 10, kAscii).legend, IsEmpty());
  EXPECT_THAT(stacked_bar(std::vector<BarPart>{{"one", 1.0}}, 0, kAscii).bar, IsEmpty());
  EXPECT_THAT(stacked_bar(std::vector<BarPart>{{"odd", kNothing}}, 10, kAscii).bar, IsEmpty());
}

TEST(AChart, IsAsciiAloneWhereUnicodeIsNotAsked) {
  std::vector<double> shares;
  std::vector<std::int64_t> counts;
  std::vector<BarPart> parts;
  for (int i = 0; i <= 40; ++i) {
    shares.push_back(i / 40.0);
    counts.push_back(i);
    parts.push_back({"part", i * 1.0});
    EXPECT_TRUE(is_ascii(bar(i / 40.0, 7, kAscii)));
  }
  EXPECT_TRUE(is_ascii(density_strip(shares, kAscii)));
  EXPECT_TRUE(is_ascii(histogram(counts, 4, kAscii)));
  EXPECT_TRUE(is_ascii(stacked_bar(parts, 80, kAscii).bar));
}

}  // namespace
}  // namespace metronome::cli
