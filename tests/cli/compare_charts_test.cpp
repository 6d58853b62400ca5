// SPDX-License-Identifier: Apache-2.0
// What a comparison and a probe draw, from numbers made up here.
#include "runtime/cli/compare_charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "runtime/cli/numbers.h"
#include "runtime/cli/probe_chart.h"

namespace metronome::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr TextStyle kAscii{false, 80};

/// Two machines with these cycles of one token, by run.
comparison::Comparison found(const std::vector<std::int64_t>& slow_clock,
                             const std::vector<std::int64_t>& fast_clock) {
  comparison::Comparison all;
  all.fed = {1};
  const auto add = [&](const char* name, std::int64_t hz, const std::vector<std::int64_t>& cycles) {
    comparison::MachineResult machine;
    machine.name = name;
    machine.clock_hz = hz;
    for (const std::int64_t c : cycles) {
      machine.runs.push_back({0, {c}});
      machine.accesses.add(c);
    }
    all.machines.push_back(std::move(machine));
  };
  add("lpu:slow", 1'000'000'000, slow_clock);
  add("gpu:fast", 2'000'000'000, fast_clock);
  return all;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(AComparisonsCharts, PutTheSameTimeInTheSameColumnWhateverTheClock) {
  const auto lines = lines_of(access_chart(found({500}, {1000}), kAscii));
  ASSERT_EQ(lines.size(), 11U);
  EXPECT_EQ(lines[0], "How long one access takes; a column is 6.2 ns");
  EXPECT_EQ(lines[1], "lpu:slow: 1, the highest column 1");
  EXPECT_EQ(lines[2], std::string(79, ' ') + "#");
  EXPECT_EQ(lines[2], lines[6]);
  EXPECT_THAT(lines[10], HasSubstr("500 ns"));
}

TEST(AComparisonsCharts, ShowALineBesideAHill) {
  const auto text = token_charts(found({500, 500, 500}, {900, 1000, 1100}), kAscii);
  EXPECT_THAT(text, HasSubstr("lpu:slow: 3 runs, median 0.500 us, the highest column 3"));
  EXPECT_THAT(text, HasSubstr("gpu:fast: 3 runs, median 0.500 us, the highest column 1"));
}

TEST(AComparisonsCharts, AreNoWiderThanAskedWhateverTheNumbers) {
  constexpr std::int64_t kHuge = 1'000'000'000'000'000;
  for (const auto& [one, other] :
       std::vector<std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>>>{
           {{1}, {1}}, {{0, 0}, {0}}, {{4222}, {69'000, 70'000}}, {{kHuge, 1}, {kHuge}}}) {
    for (std::size_t width = 40; width <= 120; width += 8) {
      for (const bool unicode : {false, true}) {
        const TextStyle style{unicode, width};
        const comparison::Comparison all = found(one, other);
        for (const std::string& line :
             lines_of(token_charts(all, style) + access_chart(all, style))) {
          EXPECT_LE(width_of(line), width) << line;
          EXPECT_FALSE(line.ends_with(' ')) << line;
        }
      }
    }
  }
}

TEST(AComparisonsCharts, LeaveOutWhatWasNeverObserved) {
  comparison::Comparison all = found({5}, {7});
  all.machines[0].accesses = {};
  EXPECT_THAT(access_chart(all, kAscii), Not(HasSubstr("lpu:slow")));
  all.machines[1].accesses = {};
  EXPECT_THAT(access_chart(all, kAscii), IsEmpty());
}

TEST(CauseBars, ShareAnAxisAndShowWhereNothingIsAdded) {
  const CauseBars bars = cause_bars(
      {{3, -10, -5, 0, 0, 0, 0}, {3, 0, 0, 0, 0, 0, 10}, {3, 2, 3, 4, 4, 4, 4}}, 21, kAscii);
  EXPECT_EQ(bars.title, "-10               +10");
  EXPECT_THAT(bars.lines, ElementsAre("=====o====|", "          o==========", "          | =o="));
}

TEST(CauseBars, OfCausesThatAddNothingAreMarksAlone) {
  const CauseBars bars = cause_bars({{2, 0, 0, 0, 0, 0, 0}}, 10, kAscii);
  EXPECT_THAT(bars.lines, ElementsAre("o"));
  EXPECT_THAT(cause_bars({}, 10, kAscii).lines, IsEmpty());
}

runtime::ProbeRow probe_row(double model, double least, double most, double published) {
  runtime::ProbeRow row;
  row.id = "V1";
  row.test = "pointer chase";
  row.model = model;
  row.least = least;
  row.most = most;
  row.published_least = row.published_most = published;
  return row;
}

TEST(AProbesChart, ShowsTheModelOnTheLineOfWhatIsAccepted) {
  const auto lines =
      lines_of(probe_chart({probe_row(11.0, 5.0, 15.0, 10.0), probe_row(30.0, 5.0, 15.0, 10.0),
                            probe_row(-30.0, 5.0, 15.0, 10.0)},
                           kAscii));
  ASSERT_GE(lines.size(), 4U);
  EXPECT_EQ(lines[0], "V1  pointer chase  ----------|=========+=o=======|----------");
  EXPECT_EQ(lines[1], "V1  pointer chase  ----------|=========+=========|--------->");
  EXPECT_EQ(lines[2], "V1  pointer chase  <---------|=========+=========|----------");
}

TEST(AProbesChart, LeavesOutExactTests) {
  EXPECT_THAT(probe_chart({probe_row(8.0, 8.0, 8.0, 8.0)}, kAscii), IsEmpty());
  EXPECT_THAT(probe_chart({}, kAscii), IsEmpty());
}

TEST(AProbesChart, IsNoWiderThanAsked) {
  runtime::ProbeRow row = probe_row(1.0, 0.9, 1.1, 1.0);
  row.test = std::string(100, 'x');
  for (std::size_t width = 40; width <= 120; ++width) {
    for (const bool unicode : {false, true}) {
      for (const std::string& line : lines_of(probe_chart({row}, {unicode, width}))) {
        EXPECT_LE(width_of(line), width) << line;
      }
    }
  }
}

}  // namespace
}  // namespace metronome::cli
