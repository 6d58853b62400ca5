// SPDX-License-Identifier: Apache-2.0
// Both sides of every edge: for each row of opcodes.def the result is absent one cycle before its
// time and right at its time. A new row is tested as soon as it is there.
#include <gtest/gtest.h>

#include "tests/lpu/references.h"
#include "tests/lpu/timing_probes.h"

namespace metronome::lpu::testing {
namespace {

/// Three superlanes, so that a crossing shows, on the full-size floor plan.
ChipSpec three_superlanes() {
  ChipSpec spec = groq1();
  spec.superlanes = 3;
  spec.words_per_bank = 512;
  return spec;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Timing, EveryResultIsThereAndRightInTheCycleTheTableGives) {
  Bench bench(three_superlanes());
  for (const OpcodeInfo& op : opcodes()) {
    SCOPED_TRACE(op.mnemonic);
    const auto probe = probe_of(bench, op, 0);
    if (!probe) continue;
    EXPECT_EQ(bench.error_of(probe->program), "");
    ASSERT_TRUE(bench.holds(Hemisphere::kEast, probe->slice, probe->address));
    EXPECT_EQ(bench.get(Hemisphere::kEast, probe->slice, probe->address, probe->width),
              probe->expected);
  }
}

TEST(Timing, EveryResultIsAbsentOneCycleEarlier) {
  Bench bench(three_superlanes());
  for (const OpcodeInfo& op : opcodes()) {
    SCOPED_TRACE(op.mnemonic);
    const auto probe = probe_of(bench, op, -1);
    if (!probe) continue;
    const std::string error = bench.error_of(probe->program);
    EXPECT_TRUE(contains(error, probe->refusal)) << error;
    EXPECT_FALSE(bench.holds(Hemisphere::kEast, probe->slice, probe->address));
  }
}

TEST(Timing, EveryStreamResultHasMovedOnOneCycleLater) {
  Bench bench(three_superlanes());
  for (const OpcodeInfo& op : opcodes()) {
    SCOPED_TRACE(op.mnemonic);
    const auto probe = probe_of(bench, op, 1);
    if (!probe) continue;
    const std::string error = bench.error_of(probe->program);
    EXPECT_EQ(contains(error, "operand missing"), probe->moves_on) << error;
  }
}

TEST(Timing, EveryInstructionHoldsItsQueueForExactlyItsBusyCycles) {
  Bench bench(three_superlanes());
  for (const OpcodeInfo& op : opcodes()) {
    SCOPED_TRACE(op.mnemonic);
    for (const int beside : {-1, 0}) {
      auto probe = probe_of(bench, op, 2);  // the observer stays out of the way
      if (!probe) continue;
      probe->program.at(probe->dispatch + op.busy_cycles + beside)
          .on(probe->queue)
          .issue(probe->instruction);
      const std::string error = bench.error_of(probe->program);
      const bool held = contains(error, "is due before its queue is free") ||
                        contains(error, "beside another access");
      EXPECT_EQ(held, beside < 0) << error;
    }
  }
}

TEST(Timing, EveryAluInstructionHasADefinitionInTheTests) {
  for (const OpcodeInfo& op : opcodes()) {
    EXPECT_EQ(op.unit == Unit::kVxm, alu_definition(op.opcode) != nullptr) << op.mnemonic;
  }
}

}  // namespace
}  // namespace metronome::lpu::testing
