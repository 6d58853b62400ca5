// SPDX-License-Identifier: Apache-2.0
// No single fault in a schedule gets past the judge unless it changes nothing at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "compiler/lpu/compile.h"
#include "tests/compiler/mutation_campaign.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

harness::RandomShape tiny() {
  harness::RandomShape shape;
  shape.name = "tiny";
  shape.layers = 1;
  shape.context = 12;
  shape.seed = 11;
  return shape;
}

void expect_none_silent(const harness::RandomShape& shape, const lpu::ChipSpec& spec, int count,
                        std::uint64_t seed, ops::Precision precision = ops::Precision::kFp16) {
  const graph::Model model = harness::random_model(shape);
  CompileOptions options;
  options.precision = precision;
  lpu::Image image = compile(model, spec, options);
  const auto tokens = harness::random_tokens(seed, 4, shape.vocab);
  const Outcome outcome = mutate_many(image, count, seed, tokens);
  std::cout << report(outcome, shape.name + " on " + spec.name, seed);
  EXPECT_EQ(outcome.silent, 0);
  EXPECT_THAT(outcome.complaints, ::testing::IsEmpty());
  EXPECT_GE(outcome.total(), count * 9 / 10);
}

TEST(Mutation, OfATeachingProgramIsCaughtOrHarmless) {
  expect_none_silent(tiny(), lpu::teaching(), 1400, 1);
}

TEST(Mutation, OfAFullSizeProgramIsCaughtOrHarmless) {
  harness::RandomShape shape = tiny();
  shape.name = "two blocks of heads";
  shape.width = 40;
  shape.heads = 3;
  shape.kv_heads = 1;
  shape.head_dim = 128;
  shape.biases = true;
  expect_none_silent(shape, lpu::groq1(), 420, 2);
}

TEST(Mutation, OfAnInt8ProgramIsCaughtOrHarmless) {
  expect_none_silent(tiny(), lpu::teaching(), 300, 3, ops::Precision::kInt8);
}

}  // namespace
}  // namespace metronome::compiler::testing
