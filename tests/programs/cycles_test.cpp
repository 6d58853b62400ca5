// SPDX-License-Identifier: Apache-2.0
// Cycles depend on the shape of the model and on nothing else (I07).
#include <gtest/gtest.h>

#include <iostream>

#include "compiler/lpu/compile.h"
#include "runtime/devices/lpu_device.h"
#include "tests/harness/random_model.h"

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

TEST(Cycles, DoNotDependOnWeightsTokensOrPositions) {
  lpu::Image image = compiler::compile(harness::random_model(shape_with(Weights::kRandom, 1)),
                                       lpu::teaching(), {});
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
    image = compiler::compile(harness::random_model(shape_with(weights, 2)), lpu::teaching(), {});
    EXPECT_EQ(image.programs.front().predicted_cycles, wanted);
    chip.chip().load(image);
    run(11);
  }
  std::cout << wanted << " cycles in all 260 tokens\n";
}

TEST(Cycles, OfAPromptEqualThoseOfGeneratedTokens) {
  const lpu::Image image =
      compiler::compile(harness::random_model(shape_with(Weights::kRandom, 3)), lpu::groq1(), {});
  runtime::LpuDevice chip(image);
  std::int32_t token = 1;
  for (int i = 0; i < 12; ++i) {
    const runtime::TokenResult r = chip.step(token);
    EXPECT_EQ(r.simulated_cycles, image.programs.front().predicted_cycles);
    token = i < 4 ? i : harness::largest(r.logits);
  }
}

}  // namespace
}  // namespace metronome::testing
