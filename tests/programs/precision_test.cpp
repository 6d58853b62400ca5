// SPDX-License-Identifier: Apache-2.0
// The precisions over whole models of many shapes: how far the reference executor is from plain
// fp32 in each.
#include <gtest/gtest.h>

#include <cmath>

#include "hw/isa/error.h"
#include "runtime/devices/fp32_device.h"
#include "runtime/devices/reference_device.h"
#include "tests/harness/random_model.h"
#include "tests/programs/plain_model.h"

namespace metronome::testing {
namespace {

using ops::Precision;
using runtime::Fp32Device;
using runtime::ReferenceDevice;

constexpr ops::Geometry kGroq{320, 16};

std::vector<harness::RandomShape> shapes() {
  std::vector<harness::RandomShape> all(6);
  all[1].name = "one kv head, biases, own head";
  all[1].kv_heads = 1;
  all[1].all_biases = true;
  all[1].tied = false;
  all[2].name = "gelu, scaled embedding";
  all[2].activation = graph::Activation::kGeluTanh;
  all[2].embedding_scale = 5.5F;
  all[3].name = "longer than the lanes";
  all[3].width = 330;
  all[3].ffn = 700;
  all[4].name = "scaled rope";
  all[4].rope.scaling = graph::RopeScaling::kLinear;
  all[4].rope.factor = 4.0;
  all[5].name = "all zero";
  all[5].weights = harness::Weights::kZero;
  return all;
}

TEST(Fp32Device, IsTheTextbooksTransformer) {
  for (const harness::RandomShape& shape : shapes()) {
    const graph::Model model = harness::random_model(shape);
    Fp32Device device(model, model.config.context);
    PlainModel plain(model);
    for (const std::int32_t id : harness::random_tokens(3, 12, shape.vocab)) {
      const std::vector<float> wanted = plain.step(id);
      ASSERT_LT(largest_difference(device.step(id).logits, wanted), 2e-5F) << shape.name;
    }
    EXPECT_GT(device.macs(), 0);
  }
}

TEST(Fp32Device, BeginsAnewAndRefusesWhatIsOutside) {
  const graph::Model model = harness::random_model({});
  Fp32Device device(model, 2);
  const auto first = device.step(7).logits;
  const std::vector<float> kept(first.begin(), first.end());
  device.step(8);
  EXPECT_THROW(device.step(9), UserError);
  device.reset();
  const auto again = device.step(7).logits;
  EXPECT_EQ(kept, std::vector<float>(again.begin(), again.end()));
  EXPECT_THROW(device.step(-1), UserError);
  EXPECT_THROW(device.step(50), UserError);
}

/// The largest logit difference from plain fp32 over a few tokens, relative to the largest logit.
float distance(const graph::Model& model, Precision precision, ops::Geometry geometry) {
  ReferenceDevice device(model, geometry, model.config.context, precision);
  Fp32Device plain(model, model.config.context);
  float most = 0.0F;
  float largest_logit = 0.0F;
  for (const std::int32_t id : harness::random_tokens(3, 12, model.config.vocab)) {
    const auto wanted = plain.step(id).logits;
    most = std::max(most, largest_difference(device.step(id).logits, wanted));
    for (const float logit : wanted) largest_logit = std::max(largest_logit, std::abs(logit));
  }
  return largest_logit == 0.0F ? most : most / largest_logit;
}

TEST(Precisions, ComeNearerToFp32TheMoreBitsTheyHave) {
  for (const harness::RandomShape& shape : shapes()) {
    const graph::Model model = harness::random_model(shape);
    const float fp16 = distance(model, Precision::kFp16, kGroq);
    const float w8a16 = distance(model, Precision::kW8A16, kGroq);
    const float int8 = distance(model, Precision::kInt8, kGroq);
    // Weights lose up to 2^-12 of themselves in fp16, about 0.5 % in int8, in two layers of seven
    // matrices; activations in int8 lose as much again.
    EXPECT_LT(fp16, 2e-3F) << shape.name;
    EXPECT_LT(w8a16, 0.03F) << shape.name;
    EXPECT_LT(int8, 0.06F) << shape.name;
    if (shape.weights == harness::Weights::kZero) continue;
    EXPECT_LT(fp16, w8a16 / 4) << shape.name;
    EXPECT_LT(w8a16, int8) << shape.name;
  }
}

TEST(Precisions, WithIntegersHardlyDependOnTheLanes) {
  // Integer sums are exact however they are cut; only the sum of squares has an order.
  harness::RandomShape shape;
  shape.width = 80;
  shape.head_dim = 16;
  const graph::Model model = harness::random_model(shape);
  for (const Precision precision : {Precision::kInt8, Precision::kW8A16}) {
    ReferenceDevice wide(model, kGroq, 64, precision);
    ReferenceDevice narrow(model, {16, 16}, 64, precision);
    EXPECT_EQ(wide.precision(), precision);
    const auto a = wide.step(5).logits;
    const auto b = narrow.step(5).logits;
    EXPECT_LT(largest_difference(a, b), 1e-4F);
  }
}

TEST(Precisions, AreTheSameOnEveryRun) {
  const graph::Model model = harness::random_model({});
  ReferenceDevice device(model, kGroq, 64, Precision::kInt8);
  std::vector<std::vector<float>> runs;
  for (int run = 0; run < 2; ++run) {
    device.reset();
    device.step(3);
    const auto logits = device.step(4).logits;
    runs.emplace_back(logits.begin(), logits.end());
  }
  EXPECT_EQ(runs[0], runs[1]);
}

}  // namespace
}  // namespace metronome::testing
