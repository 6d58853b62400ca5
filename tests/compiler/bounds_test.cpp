// SPDX-License-Identifier: Apache-2.0
// Bounds bound: nothing is faster than its bound, and a program made by hand has the bound that is
// computed by hand.
#include "compiler/lpu/bounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/lpu/compile.h"
#include "hw/isa/error.h"
#include "tests/harness/lpu_bench.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

const Bound& bound(const LayerBounds& row, const std::string& name) {
  for (const Bound& b : row.bounds) {
    if (b.name == name) return b;
  }
  throw std::out_of_range(name);
}

class Bounds : public ::testing::TestWithParam<ops::Precision> {};

TEST_P(Bounds, OfNoRowIsAboveWhatItAchieved) {
  for (const lpu::ChipSpec& spec : lpu::chip_presets()) {
    harness::RandomShape shape;
    shape.layers = 3;
    shape.context = 70;
    const graph::Model model = harness::random_model(shape);
    CompileOptions options;
    options.precision = GetParam();
    const lpu::Image image = compile(model, spec, options);
    for (const lpu::Program& program : image.programs) {
      const ScheduleGraph graph(image, program);
      const auto rows = layer_bounds(graph);
      std::vector<std::string> names;
      for (const LayerBounds& row : rows) {
        names.push_back(row.name);
        EXPECT_GE(row.achieved(), row.binding().cycles) << program.name << ' ' << row.name;
        EXPECT_GT(row.binding().cycles, 0) << program.name << ' ' << row.name;
        EXPECT_FALSE(row.operators.empty()) << row.name;
      }
      EXPECT_THAT(names,
                  ::testing::ElementsAre("token", "embedding", "blk.0", "blk.1", "blk.2", "head"));
      EXPECT_EQ(rows.front().achieved() + lpu::barrier_cycles(), program.predicted_cycles);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, Bounds,
                         ::testing::Values(ops::Precision::kFp16, ops::Precision::kInt8,
                                           ops::Precision::kW8A16),
                         [](const auto& row) { return std::string(ops::to_string(row.param)); });

/// A vector is read, negated twice and written; ten more reads use one slice.
struct ByHand {
  ByHand() {
    using lpu::Opcode;
    using lpu::Source;
    using lpu::testing::east;
    using lpu::testing::unary;
    const lpu::ChipSpec spec = lpu::teaching();
    image.chip = spec;
    const auto read = [&](int address, int stream) {
      lpu::Instruction i{Opcode::kRead, {}};
      return i.set(lpu::Field::kAddress, static_cast<std::uint32_t>(address))
          .set(lpu::Field::kOut, east(stream, 1));
    };
    const int hops = spec.vxm_position() - spec.slice_position(lpu::Hemisphere::kWest, 0);
    const lpu::Cycle alu = 1 + hops;
    lpu::Instruction write{Opcode::kWrite, {}};
    write.set(lpu::Field::kIn, east(4, 1));
    const lpu::Cycle exit = spec.slice_position(lpu::Hemisphere::kEast, 0) -
                            spec.vxm_result_position(lpu::Direction::kEast);
    last_write = alu + 3 + 3 + exit;
    add(lpu::mem_queue(spec, lpu::Hemisphere::kWest, 0), 0, read(0, 0));
    add(lpu::mem_queue(spec, lpu::Hemisphere::kWest, 4), 0, read(0, 8), 10);
    add(lpu::mem_queue(spec, lpu::Hemisphere::kEast, 0), last_write, write);
    lpu::Instruction first = unary(Opcode::kPass, Source::from(east(0, 1)), east(0, 1), 1);
    first.set(lpu::Field::kResult, lpu::kNoStream);  // chained only
    add(lpu::vxm_queue(spec, 0), alu, first);
    add(lpu::vxm_queue(spec, 1), alu + 3, unary(Opcode::kPass, Source::from_alu(0), east(4, 1), 1));
    program.stream_programs = {{"by_hand", "", -1}};
    program.predicted_cycles = lpu::total_cycles(program, spec);
  }
  void add(lpu::QueueId queue, lpu::Cycle cycle, const lpu::Instruction& instruction,
           int count = 1) {
    lpu::Issue issue;
    issue.cycle = cycle;
    issue.instruction = instruction;
    issue.count = count;
    issue.address_step = count > 1 ? 1 : 0;
    issue.reads.resize(lpu::operands(instruction).size());
    issue.stream_program = 0;
    program.queues.push_back({queue, {issue}});
  }

  lpu::Image image;
  lpu::Program program;
  lpu::Cycle last_write = 0;
};

TEST(BoundsByHand, AreThoseComputedByHand) {
  const ByHand made;
  const ScheduleGraph graph(made.image, made.program);
  const LayerBounds token = layer_bounds(graph).front();
  EXPECT_EQ(bound(token, "critical path").cycles, made.last_write + 1);
  EXPECT_EQ(token.achieved(), made.last_write + 1);
  const int slices = 2 * made.image.chip.mem_slices;
  EXPECT_EQ(bound(token, "memory slices").cycles, (12 + slices - 1) / slices);
  EXPECT_EQ(bound(token, "vector ALUs").cycles, 1);
  EXPECT_EQ(bound(token, "matrix planes").cycles, 0);
  // Two values are read by anybody; each passes the columns between its ends once.
  EXPECT_EQ(bound(token, "streams").cycles, 1);
  EXPECT_EQ(token.binding().name, "critical path");
}

TEST(BoundsByHand, NeedToKnowWhatEachInstructionIsFor) {
  ByHand made;
  made.program.queues.front().issues.front().stream_program = lpu::kNoStreamProgram;
  const ScheduleGraph graph(made.image, made.program);
  EXPECT_THROW(layer_bounds(graph), InvariantError);
}

}  // namespace
}  // namespace metronome::compiler::testing
