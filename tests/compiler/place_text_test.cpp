// SPDX-License-Identifier: Apache-2.0
// The compiler brings every queue its text in time, without moving what was scheduled.
#include "compiler/lpu/place_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/compile.h"
#include "compiler/lpu/text_share.h"
#include "hw/isa/lpu/text.h"
#include "tests/compiler/judge_bench.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

using lpu::Opcode;

lpu::ChipSpec with_buffer(int vectors) {
  lpu::ChipSpec spec = lpu::teaching();
  spec.text_buffer_vectors = vectors;
  return spec;
}

harness::RandomShape tiny() {
  harness::RandomShape shape;
  shape.layers = 1;
  shape.context = 12;
  return shape;
}

TEST(PlaceText, SmallBuffersCostFetchesAndNoCycles) {
  const graph::Model model = harness::random_model(tiny());
  const lpu::Image large = compile(model, with_buffer(4096), {});
  const lpu::Image small = compile(model, with_buffer(32), {});
  const TextShare whole = text_share(large, large.programs[0]);
  const TextShare fetched = text_share(small, small.programs[0]);
  EXPECT_EQ(whole.fetches, 0);
  EXPECT_EQ(whole.loaded_bytes, whole.bytes);
  EXPECT_GT(fetched.fetches, 0);
  EXPECT_GT(fetched.banks.taken, 0);
  EXPECT_GE(fetched.loaded_bytes + fetched.fetched_bytes, fetched.bytes)
      << "all text is there at some time";
  EXPECT_EQ(small.programs[0].predicted_cycles, large.programs[0].predicted_cycles);
}

TEST(PlaceText, GivesTheSameBytesTwice) {
  const graph::Model model = harness::random_model(tiny());
  EXPECT_EQ(serialise(compile(model, with_buffer(32), {})),
            serialise(compile(model, with_buffer(32), {})));
}

TEST(PlaceText, AnImageOfFetchedTextComesBackFromItsBytes) {
  const graph::Model model = harness::random_model(tiny());
  const lpu::Image image = compile(model, with_buffer(32), {});
  const auto bytes = serialise(image);
  const lpu::Image again = lpu::deserialise(bytes, "test", nullptr);
  ASSERT_EQ(again.programs, image.programs);
  for (std::size_t i = 0; i < image.tensors.size(); ++i) {
    EXPECT_TRUE(std::ranges::equal(again.tensors[i].data, image.tensors[i].data))
        << image.tensors[i].name;
  }
}

/// A slice, and an ALU that issues in every cycle, each time something else: no time to fetch.
lpu::Program dense(const lpu::ChipSpec& spec, int issues) {
  lpu::Program program;
  program.name = "dense";
  lpu::QueueProgram queue{lpu::vxm_queue(spec, 0), {}};
  for (int i = 0; i < issues; ++i) {
    lpu::Issue issue;
    issue.cycle = i;
    issue.instruction.opcode = i % 2 == 0 ? Opcode::kAccRead : Opcode::kPass;
    issue.instruction.set(lpu::Field::kResult, lpu::kNoStream);
    issue.instruction.set(lpu::Field::kSuperlanes, 1);
    queue.issues.push_back(issue);
  }
  lpu::Issue read;
  read.instruction.opcode = Opcode::kRead;
  read.instruction.set(lpu::Field::kOut, lpu::StreamGroup{lpu::Direction::kWest, 31, 1});
  program.queues = {{0, {read}}, queue};
  return program;
}

TEST(PlaceText, AQueueWithoutAPauseIsNamedWithTheTimeInWhichItNeedsOne) {
  const lpu::ChipSpec spec = with_buffer(16);
  const lpu::Program program = dense(spec, 200);
  const auto faults = text_faults(spec, {}, program);
  ASSERT_GT(faults.size(), 1U) << "all that is missing is told, not the first only";
  for (const TextFault& fault : faults) {
    EXPECT_EQ(fault.queue, lpu::vxm_queue(spec, 0));
    EXPECT_LT(fault.from, fault.cycle);
    EXPECT_LT(fault.cycle, 200);
    EXPECT_THAT(fault.text, ::testing::HasSubstr("vxm.alu_0 runs out of text"));
    EXPECT_THAT(fault.text, ::testing::HasSubstr("text_buffer_vectors"));
  }
  EXPECT_TRUE(text_faults(with_buffer(1024), {}, program).empty());
}

TEST(PlaceText, APauseIsEnough) {
  const lpu::ChipSpec spec = with_buffer(64);
  lpu::Program program = dense(spec, 200);
  ASSERT_FALSE(text_faults(spec, {}, program).empty());
  const lpu::Cycle pause = 40;  // the buffer's way to be filled again, and a vector's way
  for (lpu::Issue& issue : program.queues[1].issues) {
    issue.cycle += (issue.cycle / 60) * pause;
  }
  const auto still = text_faults(spec, {}, program);
  EXPECT_TRUE(still.empty()) << still[0].text;
}

}  // namespace
}  // namespace metronome::compiler::testing
