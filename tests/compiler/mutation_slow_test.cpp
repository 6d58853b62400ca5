// SPDX-License-Identifier: Apache-2.0
// The mutation test at length: more seeds, and shapes that use every kind of instruction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "compiler/lpu/compile.h"
#include "tests/compiler/mutation_campaign.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler::testing {
namespace {

void expect_none_silent(const harness::RandomShape& shape, const lpu::ChipSpec& spec, int count,
                        std::uint64_t seed, ops::Precision precision = ops::Precision::kFp16) {
  const graph::Model model = harness::random_model(shape);
  CompileOptions options;
  options.precision = precision;
  lpu::Image image = compile(model, spec, options);
  const auto tokens = harness::random_tokens(seed, 5, shape.vocab);
  const Outcome outcome = mutate_many(image, count, seed, tokens);
  std::cout << report(outcome, shape.name + " on " + spec.name, seed);
  EXPECT_EQ(outcome.silent, 0);
  EXPECT_THAT(outcome.complaints, ::testing::IsEmpty());
}

TEST(ManyMutations, OfATwoLayerProgramAreCaughtOrHarmless) {
  harness::RandomShape shape;
  shape.name = "two layers";
  shape.context = 16;
  shape.tied = false;
  shape.all_biases = true;
  expect_none_silent(shape, lpu::teaching(), 10'000, 101);
}

TEST(ManyMutations, OfAGemmaProgramAreCaughtOrHarmless) {
  harness::RandomShape shape;
  shape.name = "gemma";
  shape.context = 9;
  shape.layers = 1;
  shape.head_dim = 16;
  shape.kv_heads = 1;
  shape.activation = graph::Activation::kGeluTanh;
  shape.embedding_scale = 5.65625F;
  expect_none_silent(shape, lpu::teaching(), 10'000, 102);
}

TEST(ManyMutations, OfAFullSizeProgramAreCaughtOrHarmless) {
  harness::RandomShape shape;
  shape.name = "wider than the lanes";
  shape.context = 20;
  shape.layers = 1;
  shape.width = 400;
  shape.head_dim = 64;
  shape.heads = 6;
  shape.ffn = 340;
  shape.vocab = 330;
  expect_none_silent(shape, lpu::groq1(), 3'000, 103);
}

TEST(ManyMutations, OfAnInt8ProgramOverAllPlanesAreCaughtOrHarmless) {
  harness::RandomShape shape;
  shape.name = "int8 over all planes";
  shape.context = 12;
  shape.layers = 1;
  shape.width = 40;
  shape.heads = 3;
  shape.kv_heads = 1;
  shape.head_dim = 128;
  shape.ffn = 700;
  shape.biases = true;
  expect_none_silent(shape, lpu::groq1(), 420, 104, ops::Precision::kInt8);
}

TEST(ManyMutations, OfAW8A16ProgramAreCaughtOrHarmless) {
  harness::RandomShape shape;
  shape.name = "w8a16";
  shape.context = 12;
  shape.layers = 1;
  expect_none_silent(shape, lpu::teaching(), 700, 105, ops::Precision::kW8A16);
}

}  // namespace
}  // namespace metronome::compiler::testing
