// SPDX-License-Identifier: Apache-2.0
// The judge's account of program text: what breaks its rules is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/compile.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

using lpu::Issue;
using lpu::Opcode;
using ::testing::HasSubstr;

class JudgeText : public ::testing::Test {
 protected:
  JudgeText() {
    harness::RandomShape shape;
    shape.layers = 1;
    shape.context = 12;
    lpu::ChipSpec spec = lpu::teaching();
    spec.text_buffer_vectors = 32;
    model_ = harness::random_model(shape);
    image_ = compile(model_, spec, {});
  }

  /// The Ifetches, by queue and time.
  std::vector<std::pair<std::size_t, std::size_t>> fetches() {
    std::vector<std::pair<std::size_t, std::size_t>> all;
    for (std::size_t q = 0; q < program().queues.size(); ++q) {
      for (std::size_t i = 0; i < program().queues[q].issues.size(); ++i) {
        if (program().queues[q].issues[i].instruction.opcode == Opcode::kIfetch) {
          all.emplace_back(q, i);
        }
      }
    }
    return all;
  }
  Issue& at(std::pair<std::size_t, std::size_t> place) {
    return program().queues[place.first].issues[place.second];
  }
  std::string path(std::pair<std::size_t, std::size_t> place) {
    const auto queue = static_cast<std::size_t>(program().queues[place.first].queue);
    return lpu::queues(image_.chip)[queue].path;
  }
  lpu::Program& program() { return image_.programs[0]; }
  std::string verdict() {
    const auto conflict = check_schedule(image_, program());
    return conflict ? conflict->text : "";
  }

  graph::Model model_;
  lpu::Image image_;
};

TEST_F(JudgeText, AcceptsWhatTheCompilerPlaced) {
  ASSERT_FALSE(fetches().empty());
  EXPECT_EQ(verdict(), "");
}

TEST_F(JudgeText, AFetchThatIsMissingLeavesAnInstructionWithoutText) {
  const auto place = fetches().front();
  const std::string queue = path(place);
  auto& issues = program().queues[place.first].issues;
  issues.erase(issues.begin() + static_cast<std::ptrdiff_t>(place.second));
  EXPECT_THAT(verdict(), HasSubstr(queue));
  EXPECT_THAT(verdict(), HasSubstr("bytes have arrived"));
}

TEST_F(JudgeText, ASmallerBufferOverflows) {
  image_.chip.text_buffer_vectors = 4;
  EXPECT_THAT(verdict(), ::testing::AnyOf(HasSubstr("has room for"), HasSubstr("have arrived")));
}

TEST_F(JudgeText, TheLineOfAnotherQueueIsNotTaken) {
  const auto all = fetches();
  ASSERT_GE(all.size(), 2U);
  at(all[0]).reads = at(all[1]).reads;
  EXPECT_THAT(verdict(), HasSubstr(path(all[0])));
}

TEST_F(JudgeText, AFetchTakesRowsOfTextOnly) {
  for (lpu::MemoryTensor& t : image_.tensors) {
    if (t.kind == lpu::TensorKind::kText) t.kind = lpu::TensorKind::kConstant;
  }
  EXPECT_THAT(verdict(), HasSubstr("which is no row of text"));
}

}  // namespace
}  // namespace metronome::compiler::testing
