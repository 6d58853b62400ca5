// SPDX-License-Identifier: Apache-2.0
// Shapes that nobody chose: one chip, many seeded random models one after the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <random>

#include "compiler/lpu/compile.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/devices/reference_device.h"
#include "tests/harness/random_model.h"
#include "tests/programs/equal_results.h"
#include "tests/programs/plain_model.h"

namespace metronome::testing {
namespace {

harness::RandomShape random_shape(std::mt19937_64& random) {
  const auto from_to = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  const auto coin = [&] { return random() % 2 == 0; };
  harness::RandomShape s;
  s.kv_heads = from_to(1, 3);
  s.heads = s.kv_heads * from_to(1, 3);
  s.head_dim = 2 * from_to(1, 8);
  s.width = from_to(1, 50);
  s.layers = from_to(1, 2);
  s.ffn = from_to(1, 60);
  s.vocab = from_to(1, 80);
  s.context = from_to(1, 12);
  s.tied = coin();
  s.biases = coin();
  s.all_biases = random() % 4 == 0;
  s.rms_eps = coin() ? 1e-5F : 1e-6F;
  s.activation = coin() ? graph::Activation::kSilu : graph::Activation::kGeluTanh;
  if (coin()) s.embedding_scale = std::sqrt(static_cast<float>(s.width));
  s.rope.base = coin() ? 1e4 : 5e5;
  if (coin()) {
    s.rope.scaling = coin() ? graph::RopeScaling::kLinear : graph::RopeScaling::kLlama3;
    s.rope.factor = 4.0;
    s.rope.original_context = 8;
  }
  s.seed = random();
  return s;
}

std::string text_of(const harness::RandomShape& s) {
  return "width " + std::to_string(s.width) + ", heads " + std::to_string(s.heads) + "/" +
         std::to_string(s.kv_heads) + " of " + std::to_string(s.head_dim) + ", ffn " +
         std::to_string(s.ffn) + ", vocab " + std::to_string(s.vocab) + ", layers " +
         std::to_string(s.layers) + ", context " + std::to_string(s.context) + ", seed " +
         std::to_string(s.seed);
}

/// Heads of 8 and one layer round the sizes that a test is about.
harness::RandomShape sizes(std::int64_t width, std::int64_t ffn, std::int64_t vocab) {
  harness::RandomShape s;
  s.width = width;
  s.ffn = ffn;
  s.vocab = vocab;
  s.heads = s.kv_heads = s.layers = 1;
  s.context = 2;
  return s;
}

class RandomShapes : public ::testing::Test {
 protected:
  /// Puts the model on the chip, the first time making one.
  void put(const graph::Model& model, ops::Precision precision = ops::Precision::kFp16) {
    image_ = compiler::compile(model, lpu::teaching(), in(precision));
    if (chip_ == nullptr) {
      chip_ = std::make_unique<runtime::LpuDevice>(image_);
    } else {
      chip_->reload();
    }
  }

  /// Returns the largest distance from plain fp32.
  float compare(const graph::Model& model) {
    runtime::ReferenceDevice reference(model, {image_.chip.lanes(), 16}, image_.info.context,
                                       ops::parse_precision(image_.info.precision).value());
    PlainModel plain(model);
    float most = 0.0F;
    const auto tokens = static_cast<std::size_t>(image_.info.context);
    for (std::int32_t token : harness::random_tokens(tokens, tokens, image_.info.vocab)) {
      const runtime::TokenResult on_chip = chip_->step(token);
      const runtime::TokenResult wanted = reference.step(token);
      EXPECT_EQ(on_chip.simulated_cycles, on_chip.predicted_cycles);
      EXPECT_TRUE(std::equal(on_chip.logits.begin(), on_chip.logits.end(), wanted.logits.begin(),
                             wanted.logits.end()));
      most = std::max(most, largest_difference(wanted.logits, plain.step(token)));
    }
    return most;
  }

  lpu::Image image_;
  std::unique_ptr<runtime::LpuDevice> chip_;
};

TEST_F(RandomShapes, GiveTheReferencesBitsAndStayNearPlainFp32) {
  constexpr std::uint64_t kSeed = 2024;
  constexpr int kModels = 60;
  std::cout << "seed " << kSeed << "\n";
  std::mt19937_64 random(kSeed);
  float most = 0.0F;
  for (int i = 0; i < kModels; ++i) {
    const harness::RandomShape shape = random_shape(random);
    SCOPED_TRACE(text_of(shape));
    const graph::Model model = harness::random_model(shape);
    put(model);
    const float distance = compare(model);
    // Weights are rounded to 11 bits.
    EXPECT_LT(distance, 0.02F);
    most = std::max(most, distance);
    const ops::Precision precision = i % 2 == 0 ? ops::Precision::kInt8 : ops::Precision::kW8A16;
    SCOPED_TRACE(ops::to_string(precision));
    put(model, precision);
    compare(model);
    if (HasFailure()) return;
  }
  std::cout << kModels << " models, largest |logit difference| from plain fp32 " << most << "\n";
}

TEST_F(RandomShapes, GiveTheReferencesBitsForAllSizesRoundTheLanes) {  // G13
  constexpr std::int64_t kSizes[] = {1, 2, 15, 16, 17, 31, 33};
  for (const std::int64_t width : kSizes) {
    for (const std::int64_t ffn : kSizes) {
      for (const std::int64_t vocab : kSizes) {
        const harness::RandomShape shape = sizes(width, ffn, vocab);
        SCOPED_TRACE(text_of(shape));
        const graph::Model model = harness::random_model(shape);
        put(model);
        EXPECT_LT(compare(model), 0.02F);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(AwkwardSizes, ChooseTheTokensOfPlainFp32) {  // A26
  harness::RandomShape shape = sizes(80, 172, 97);
  shape.heads = 4;
  shape.head_dim = 20;
  shape.layers = 2;
  shape.context = 32;
  const graph::Model model = harness::random_model(shape);
  runtime::ReferenceDevice reference(model, {320, 16}, shape.context);
  PlainModel plain(model);
  std::int32_t token = 1;
  for (std::int64_t i = 0; i < shape.context; ++i) {
    const std::int32_t wanted = harness::largest(plain.step(token));
    EXPECT_EQ(harness::largest(reference.step(token).logits), wanted) << i;
    token = wanted;
  }
}

}  // namespace
}  // namespace metronome::testing
