// SPDX-License-Identifier: Apache-2.0
// What is said of a schedule's why and slack, tried out: the stream program is moved, and the judge
// is asked.
#include "compiler/lpu/explain.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/compile.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

harness::RandomShape small() {
  harness::RandomShape shape;
  shape.name = "explained";
  shape.layers = 2;
  shape.context = 24;
  shape.seed = 5;
  return shape;
}

/// The program with one stream program moved by `shift` cycles.
lpu::Program moved(lpu::Program program, std::uint32_t piece, lpu::Cycle shift) {
  for (lpu::QueueProgram& queue : program.queues) {
    for (lpu::Issue& issue : queue.issues) {
      if (issue.stream_program == piece) issue.cycle += shift;
    }
    std::stable_sort(queue.issues.begin(), queue.issues.end(),
                     [](const lpu::Issue& a, const lpu::Issue& b) { return a.cycle < b.cycle; });
  }
  return program;
}

class Explain : public ::testing::TestWithParam<const char*> {
 protected:
  Explain()
      : model_(harness::random_model(small())),
        image_(compile(model_, spec(), {})),
        graph_(image_, program()),
        pieces_(explain(graph_)) {}

  static lpu::ChipSpec spec() {
    return GetParam() == std::string("teaching") ? lpu::teaching() : lpu::groq1();
  }
  const lpu::Program& program() const { return image_.programs.front(); }
  std::optional<Conflict> judge(std::uint32_t piece, lpu::Cycle shift) const {
    return check_schedule(image_, moved(program(), piece, shift));
  }
  /// The first conflict among the stream programs placed up to this one.
  std::optional<Conflict> judge_in_turn(std::uint32_t piece, lpu::Cycle shift) const {
    lpu::Program part = moved(program(), piece, shift);
    for (lpu::QueueProgram& queue : part.queues) {
      std::erase_if(queue.issues,
                    [&](const lpu::Issue& issue) { return issue.stream_program > piece; });
    }
    return check_schedule(image_, part);
  }
  std::string name(std::size_t piece) const {
    const lpu::StreamProgram& s = program().stream_programs[piece];
    return fmt::format("{} {}.{}: ", piece, s.op, s.step);
  }

  const std::string& queue_of(int issue) const {
    return graph_.queues()[static_cast<std::size_t>(graph_.issue(issue).queue)].path;
  }

  graph::Model model_;
  lpu::Image image_;
  ScheduleGraph graph_;
  std::vector<PieceExplanation> pieces_;
};

// A start or a value that is missing is seen by the judge at once. A queue or a register is judged
// only where the two really meet: then the text must name the culprit.
TEST_P(Explain, OneCycleEarlierIsRefusedByTheJudgeForWhatIsSaidToBeInTheWay) {
  std::map<std::string, int> kinds;
  for (std::size_t p = 0; p < pieces_.size(); ++p) {
    const Obstacle& why = pieces_[p].why;
    ++kinds[std::string(to_string(why.kind))];
    if (why.kind == WhyKind::kStart) {
      EXPECT_EQ(pieces_[p].begin, 0) << name(p);
      continue;
    }
    const auto conflict = judge(static_cast<std::uint32_t>(p), -1);
    if (why.kind == WhyKind::kSearch) {
      EXPECT_FALSE(conflict) << name(p) << conflict->text;
    } else {
      ASSERT_TRUE(conflict) << name(p) << why.text;
    }
    if (why.kind == WhyKind::kQueue || why.kind == WhyKind::kStream) {
      const auto first = judge_in_turn(static_cast<std::uint32_t>(p), -1);
      ASSERT_TRUE(first) << name(p) << why.text;
      EXPECT_THAT(first->text, ::testing::HasSubstr(queue_of(why.culprit))) << why.text;
    }
  }
  for (const auto& [kind, count] : kinds) std::cout << kind << ' ' << count << '\n';
}

TEST_P(Explain, AStreamProgramMayBeAsMuchLaterAsItsSlackAndNoMore) {
  for (std::size_t p = 0; p < pieces_.size(); ++p) {
    const PieceExplanation& piece = pieces_[p];
    const auto at = static_cast<std::uint32_t>(p);
    if (piece.slack > 0) {
      const auto conflict = judge(at, piece.slack);
      EXPECT_FALSE(conflict) << name(p) << piece.slack << ": " << conflict->text;
    }
    const auto beyond = judge(at, piece.slack + 1);
    EXPECT_TRUE(beyond) << name(p) << piece.slack << ": " << piece.limit.text;
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, Explain, ::testing::Values("teaching", "groq1"),
                         [](const auto& row) { return std::string(row.param); });

}  // namespace
}  // namespace metronome::compiler::testing
