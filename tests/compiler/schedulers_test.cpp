// SPDX-License-Identifier: Apache-2.0
// Every scheduler of the list makes a schedule that the judge accepts; they differ in cycles alone.
#include "compiler/lpu/schedulers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "compiler/lpu/compile.h"
#include "compiler/lpu/layout.h"
#include "compiler/lpu/lower.h"
#include "compiler/lpu/work_graph.h"
#include "hw/isa/error.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

harness::RandomShape small() {
  harness::RandomShape shape;
  shape.width = 48;
  shape.ffn = 80;
  shape.context = 16;
  return shape;
}

TEST(Schedulers, AllMakeSchedulesThatTheJudgeAccepts) {
  const graph::Model model = harness::random_model(small());
  for (const ops::Precision precision : ops::kPrecisions) {
    std::map<std::string, lpu::Cycle> cycles;
    for (const Scheduler& scheduler : schedulers()) {
      CompileOptions options;
      options.precision = precision;
      options.scheduler = &scheduler;
      const lpu::Image image = compile(model, lpu::teaching(), options);
      cycles[std::string(scheduler.name)] = image.programs.front().predicted_cycles;
    }
    // Where nothing overlaps a token takes far longer.
    EXPECT_GT(cycles.at("one-by-one"), 2 * cycles.at("in-order"));
    EXPECT_GT(cycles.at("one-by-one"), 2 * cycles.at("critical-first"));
  }
}

TEST(Schedulers, AreNamedAndOthersRefused) {
  EXPECT_EQ(&scheduler_named("in-order"), &default_scheduler());
  try {
    scheduler_named("in-disorder");
    ADD_FAILURE() << "accepted";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "scheduler: found in-disorder, there are in-order, critical-first, one-by-one");
  }
}

/// A work that reads row `from` and writes row `to` of a scratch tensor.
Work copy(const lpu::ChipSpec& spec, std::int64_t from, std::int64_t to) {
  const TensorPlace place{lpu::Hemisphere::kEast, 0, 4, 1};
  const TensorPlace target{lpu::Hemisphere::kEast, 4, 4, 1};
  Cluster c(spec, "copy", "");
  const NodeId x = c.read(0, place, from);
  c.write(1, target, to, c.unary(lpu::Opcode::kPass, x, 1));
  return {"copy", -1, {{{}, std::move(c)}}};
}

TEST(WorkGraph, LinksWhatReadsWritesAndOverwrites) {
  const lpu::ChipSpec spec = lpu::teaching();
  lpu::MemoryTensor t;
  t.rows = 4;
  // The second tensor is read by no copy, so the links are those of overwriting alone.
  const WorkGraph overwrites =
      work_graph({copy(spec, 0, 1), copy(spec, 0, 2), copy(spec, 0, 1)}, {t, t});
  EXPECT_THAT(overwrites.after[0], ::testing::ElementsAre(2));
  EXPECT_THAT(overwrites.after[1], ::testing::IsEmpty());
  EXPECT_THAT(overwrites.waits_for, ::testing::ElementsAre(0, 0, 1));
}

TEST(WorkGraph, OfAModelIsInProgramOrderAndReachesAllWorks) {
  const graph::Model model = harness::random_model(small());
  const graph::Graph graph = graph::build_decode_graph(model);
  Layout layout(graph, lpu::teaching(), ops::Precision::kInt8, 16);
  const std::vector<Work> works = Lowering(graph, layout, 16).run();
  const WorkGraph links = work_graph(works, layout.plan().tensors());
  std::size_t linked = 0;
  for (std::size_t w = 0; w < works.size(); ++w) {
    for (const int next : links.after[w]) EXPECT_GT(next, static_cast<int>(w)) << works[w].op;
    linked += links.waits_for[w] > 0 || !links.after[w].empty() ? 1 : 0;
    EXPECT_GT(least_duration(works[w]), 0) << works[w].op;
  }
  EXPECT_EQ(linked, works.size());
}

}  // namespace
}  // namespace metronome::compiler::testing
