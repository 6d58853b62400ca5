// SPDX-License-Identifier: Apache-2.0
// Axes, rulers and lines of marks: what stands where.
#include "runtime/cli/text_axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <sstream>

#include "runtime/cli/numbers.h"

namespace metronome::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr TextStyle kAscii{false, 80};
constexpr TextStyle kUnicode{true, 80};

TEST(AnAxis, EndsAtRoundNumbersAroundItsValues) {
  struct Case {
    double low, high, from, to;
  };
  for (const Case& c : std::vector<Case>{{0.0, 46.099, 0.0, 50.0},
                                         {0.0, 50.0, 0.0, 50.0},
                                         {-61.0, 257.0, -100.0, 300.0},
                                         {0.0, 0.0004, 0.0, 0.0004},
                                         {1e12, 2e12, 1e12, 2e12}}) {
    const Axis axis = rounded_axis(c.low, c.high);
    EXPECT_NEAR(axis.from, c.from, 1e-9 * (1.0 + c.high));
    EXPECT_NEAR(axis.to, c.to, 1e-9 * (1.0 + c.high));
  }
}

TEST(AnAxis, HasALengthEvenAroundOneValue) {
  const Axis axis = rounded_axis(7.0, 7.0);
  EXPECT_LT(axis.from, 7.0);
  EXPECT_GT(axis.to, 7.0);
}

TEST(AColumn, IsFoundForEveryValue) {
  const Axis axis{0.0, 10.0};
  EXPECT_EQ(column_of(0.0, axis, 10), 0U);
  EXPECT_EQ(column_of(0.999, axis, 10), 0U);
  EXPECT_EQ(column_of(1.0, axis, 10), 1U);
  EXPECT_EQ(column_of(10.0, axis, 10), 9U);
  EXPECT_EQ(column_of(-5.0, axis, 10), 0U);
  EXPECT_EQ(column_of(500.0, axis, 10), 9U);
  EXPECT_EQ(column_of(3.0, axis, 0), 0U);
  EXPECT_EQ(column_of(3.0, {3.0, 3.0}, 10), 0U);
  EXPECT_EQ(column_of(std::numeric_limits<double>::quiet_NaN(), axis, 10), 0U);
}

TEST(ColumnCounts, CountEveryObservationOnce) {
  const std::map<std::int64_t, std::int64_t> times = {{-5, 2}, {0, 1}, {4, 7}, {99, 1'000'000'000}};
  for (const std::size_t columns : {1U, 2U, 40U, 120U}) {
    const auto counts = column_counts(times, 0.5, 1.0, {0.0, 10.0}, columns);
    EXPECT_EQ(counts.size(), columns);
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), 1'000'000'010);
  }
  EXPECT_THAT(column_counts(times, 1.0, 0.0, {0.0, 1.0}, 0), IsEmpty());
  EXPECT_THAT(column_counts({{3, 5}}, 2.0, 1.0, {0.0, 8.0}, 8),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 5));
}

TEST(ARuler, HasItsNumbersBelowItsMarksAndTheUnitLast) {
  EXPECT_EQ(ruler({0.0, 50.0}, 31, "us", kAscii),
            "+-----------+-----------+------\n"
            "0          20          40 us\n");
  EXPECT_EQ(ruler({-100.0, 100.0}, 21, "ns", kUnicode),
            "┬─────────┬─────────┬\n"
            "-100      0    100 ns\n");
  EXPECT_THAT(ruler({0.0, 0.5}, 60, "ms", kAscii), HasSubstr("0.4"));
}

TEST(ARuler, IsNeverWiderThanAsked) {
  for (std::size_t columns = 0; columns <= 120; ++columns) {
    for (const Axis& axis : {Axis{0.0, 1.0}, Axis{-1e9, 1e9}, Axis{0.0, 4275.0}, Axis{2.0, 2.0},
                             Axis{0.0, 1e-6}, Axis{1e15, 2e15}}) {
      for (const TextStyle& style : {kAscii, kUnicode}) {
        std::istringstream lines(ruler(axis, columns, "cycles", style));
        for (std::string line; std::getline(lines, line);) {
          EXPECT_LE(width_of(line), columns);
          EXPECT_FALSE(line.ends_with(' '));
        }
      }
    }
  }
}

TEST(AMarkLine, ShowsWhereValuesStandAndWhichLieOutside) {
  MarkLine line({0.0, 10.0}, 10, "-");
  line.fill(2.0, 6.0, "=");
  line.put(4.0, "o");
  EXPECT_EQ(line.text(), "--==o==---");
  line.put(-1.0, "x");
  line.put(11.0, "x");
  EXPECT_EQ(line.text(), "<-==o==-->");
}

TEST(AMarkLine, LeavesOutWhatHasNoPlace) {
  MarkLine line({0.0, 10.0}, 5, " ");
  line.fill(6.0, 2.0, "=");
  line.fill(20.0, 30.0, "=");
  line.put(std::numeric_limits<double>::quiet_NaN(), "o");
  EXPECT_THAT(line.text(), IsEmpty());
  MarkLine none({0.0, 10.0}, 0, "-");
  none.fill(0.0, 10.0, "=");
  none.put(5.0, "o");
  EXPECT_THAT(none.text(), IsEmpty());
}

}  // namespace
}  // namespace metronome::cli
