// SPDX-License-Identifier: Apache-2.0
// The order in which SystemC runs processes of one cycle is not defined: nothing may depend on it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>

#include "hw/isa/error.h"
#include "tests/lpu/mixed_program.h"
#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

struct Outcome {
  Cycle cycles = 0;
  std::vector<Bytes> memory;
  std::vector<std::string> counters;

  bool operator==(const Outcome&) const = default;
};

Outcome run(Bench& bench) {
  Outcome outcome;
  outcome.cycles = bench.run(mixed_program(bench));
  outcome.memory = memory_of(bench);
  for (const hw::Counter& counter : bench.chip().counters()) {
    outcome.counters.push_back(counter.name + " " + std::to_string(counter.value));
  }
  return outcome;
}

TEST(Determinism, TheMixedProgramKeepsItsCycleCountAndComputesWhatItShould) {
  Bench bench(mixed_spec());
  put_mixed_operands(bench);
  const ProgramBuilder program = mixed_program(bench);
  EXPECT_EQ(bench.run(program), total_cycles(program.build(), bench.spec()));
  for (int v = 0; v < 4; ++v) {
    Bytes sum(4 * 48);
    for (Hemisphere h : {Hemisphere::kWest, Hemisphere::kEast}) {
      std::vector<Bytes> weights;
      for (int r = 0; r < 48; ++r) weights.push_back(bench.get(h, 28 + r % 16, r / 16, 1));
      const Bytes part = multiplied_i8(weights, bench.get(h, 24, v, 1), 48, 48);
      sum = alu_result(*alu_definition(Opcode::kAddSatI32), sum, part, 48);
    }
    const Bytes got = bench.get(Hemisphere::kEast, 0, 100 + v, 1);
    for (int l = 0; l < 48; ++l) {
      const float scaled = static_cast<float>(as_i32(lane_of(sum, l, 4))) / 512.0F;
      EXPECT_EQ(std::bit_cast<std::int8_t>(got[static_cast<std::size_t>(l)]),
                numerics::float_to_int8_saturating(std::max(scaled, 0.0F)))
          << v << " " << l;
    }
  }
}

TEST(Determinism, CyclesMemoryAndCountersDoNotDependOnTheOrderOfCreation) {
  constexpr unsigned kSeeds = 20;
  std::printf("seeds 1 to %u\n", kSeeds);
  const ChipSpec spec = mixed_spec();
  std::vector<int> order(static_cast<std::size_t>(spec.queue_count()));
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::unique_ptr<Bench>> benches;
  benches.push_back(std::make_unique<Bench>(spec));
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    std::shuffle(order.begin(), order.end(), std::mt19937(seed));
    benches.push_back(
        std::make_unique<Bench>(spec, order, ("lpu_" + std::to_string(seed)).c_str()));
  }
  put_mixed_operands(*benches[0]);
  const Outcome expected = run(*benches[0]);
  EXPECT_GT(expected.counters.size(), 100U);
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    put_mixed_operands(*benches[seed]);
    const Outcome outcome = run(*benches[seed]);
    EXPECT_EQ(outcome.cycles, expected.cycles) << "seed " << seed;
    EXPECT_EQ(outcome.memory, expected.memory) << "seed " << seed;
    EXPECT_EQ(outcome.counters, expected.counters) << "seed " << seed;
  }
}

TEST(Determinism, TheErrorReportedDoesNotDependOnTheOrderOfCreation) {
  const ChipSpec spec = mixed_spec();
  std::vector<int> order(static_cast<std::size_t>(spec.queue_count()));
  std::iota(order.rbegin(), order.rend(), 0);
  Bench forward(spec);
  Bench backward(spec, order, "backward");
  std::vector<std::string> errors;
  for (Bench* bench : {&forward, &backward}) {
    put_mixed_operands(*bench);
    ProgramBuilder missing;
    ProgramBuilder twice;
    for (int slice : {13, 12, 14}) {
      missing.at(9).on(bench->mem(Hemisphere::kEast, slice)).issue(write(0, east(1)));
    }
    for (int slice : {13, 12}) {
      twice.at(9).on(bench->mem(Hemisphere::kEast, slice)).issue(read(0, east(1)));
    }
    for (const ProgramBuilder& program : {missing, twice}) {
      errors.push_back(bench->error_of(program));
    }
  }
  EXPECT_EQ(errors[0].substr(0, 14), "mem_e.slice_12");
  EXPECT_EQ(errors[2].substr(0, 14), "mem_e.slice_12");
  EXPECT_EQ(errors[1].substr(0, 14), "mem_e.slice_13");
  EXPECT_EQ(errors[3].substr(0, 14), "mem_e.slice_13");
}

TEST(Determinism, ACreationOrderThatLeavesOutOrRepeatsAQueueIsRefused) {
  const ChipSpec spec = teaching();
  std::vector<int> order(static_cast<std::size_t>(spec.queue_count()));
  std::iota(order.begin(), order.end(), 0);
  order.back() = 0;
  EXPECT_THROW(Bench(spec, order, "repeats"), InvariantError);
  order.pop_back();
  EXPECT_THROW(Bench(spec, order, "leaves_out"), InvariantError);
  order.push_back(spec.queue_count());
  EXPECT_THROW(Bench(spec, order, "beyond"), InvariantError);
}

TEST(Determinism, OneProgramRunThreeTimesOnOneChipGivesTheSameCyclesAndValues) {
  Bench bench(mixed_spec());
  put_mixed_operands(bench);
  const Outcome first = run(bench);
  for (int repetition = 0; repetition < 2; ++repetition) {
    const Outcome again = run(bench);
    EXPECT_EQ(again.cycles, first.cycles);
    EXPECT_EQ(again.memory, first.memory);
  }
}

}  // namespace
}  // namespace metronome::lpu::testing
