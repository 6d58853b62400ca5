// SPDX-License-Identifier: Apache-2.0
// Cycles depend on the shape of the model and on nothing else (I07).
#include <gtest/gtest.h>

#include <iostream>

#include "compiler/lpu/compile.h"
#include "runtime/devices/lpu_device.h"
#include "tests/harness/random_model.h"
#include "tests/programs/equal_results.h"

namespace metronome::testing {
namespace {

using harness::Weights;

harness::RandomShape shape_with(Weights weights, std::uint64_t seed) {
  harness::RandomShape shape;
  shape.context = 20;
  shape.biases = true;
  shape.weights = weights;
  shape.seed = seed;
  return shape;
}

class Cycles : public ::testing::TestWithParam<ops::Precision> {};

TEST_P(Cycles, DoNotDependOnWeightsTokensOrPositions) {
  lpu::Image image = compiler::compile(harness::random_model(shape_with(Weights::kRandom, 1)),
                                       lpu::teaching(), in(GetParam()));
  const std::int64_t wanted = image.programs.front().predicted_cycles;
  runtime::LpuDevice chip(image);
  const auto run = [&](std::uint64_t seed) {
    chip.reset();
    for (const std::int32_t token : harness::random_tokens(seed, 20, image.info.vocab)) {
      const runtime::TokenResult r = chip.step(token);
      EXPECT_EQ(r.predicted_cycles, wanted);
      EXPECT_EQ(r.simulated_cycles, wanted);
    }
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) run(seed);
  for (const Weights weights : {Weights::kZero, Weights::kLargest, Weights::kRandom}) {
    image = compiler::compile(harness::random_model(shape_with(weights, 2)), lpu::teaching(),
                              in(GetParam()));
    EXPECT_EQ(image.programs.front().predicted_cycles, wanted);
    chip.reload();
    run(11);
  }
  std::cout << wanted << " cycles in all 260 tokens\n";
}

TEST_P(Cycles, OfAPromptEqualThoseOfGeneratedTokens) {
  const lpu::Image image = compiler::compile(harness::random_model(shape_with(Weights::kRandom, 3)),
                                             lpu::groq1(), in(GetParam()));
  runtime::LpuDevice chip(image);
  std::int32_t token = 1;
  for (int i = 0; i < 12; ++i) {
    const runtime::TokenResult r = chip.step(token);
    EXPECT_EQ(r.simulated_cycles, image.programs.front().predicted_cycles);
    token = i < 4 ? i : harness::largest(r.logits);
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, Cycles,
                         ::testing::Values(ops::Precision::kFp16, ops::Precision::kInt8,
                                           ops::Precision::kW8A16),
                         [](const auto& row) { return std::string(ops::to_string(row.param)); });

}  // namespace
}  // namespace metronome::testing
