// SPDX-License-Identifier: Apache-2.0
// What sets GPT-2 apart, one at a time and all together: the reference executor stays near plain
// fp32. And encoders, whose values hardly depend on how vectors are cut.
#include <gtest/gtest.h>

#include <iostream>

#include "runtime/devices/reference_device.h"
#include "tests/harness/random_model.h"
#include "tests/programs/plain_model.h"

namespace metronome::testing {
namespace {

using harness::RandomShape;

RandomShape base(const char* name) {
  RandomShape s;
  s.name = name;
  s.width = 48;
  s.heads = 6;
  s.kv_heads = 3;
  return s;
}

std::vector<RandomShape> shapes() {
  std::vector<RandomShape> all;
  const auto add = [&](const char* name, auto change) {
    all.push_back(base(name));
    change(all.back());
  };
  add("layer_norm", [](RandomShape& s) { s.norm = graph::NormKind::kLayer; });
  add("learned_positions", [](RandomShape& s) { s.position = graph::PositionKind::kLearned; });
  add("plain_silu", [](RandomShape& s) { s.feed_forward = graph::FeedForward::kPlain; });
  add("plain_gelu_erf", [](RandomShape& s) {
    s.feed_forward = graph::FeedForward::kPlain;
    s.activation = graph::Activation::kGeluErf;
  });
  add("gated_gelu_erf", [](RandomShape& s) { s.activation = graph::Activation::kGeluErf; });
  add("gpt2", [](RandomShape& s) { s = harness::as_gpt2(s); });
  add("gpt2_wider_than_the_lanes", [](RandomShape& s) {
    s.width = 400;
    s.head_dim = 50;
    s.heads = 8;
    s.ffn = 700;
    s = harness::as_gpt2(s);
  });
  return all;
}

class OtherParts : public ::testing::TestWithParam<RandomShape> {};

TEST_P(OtherParts, StayNearPlainFp32) {
  const graph::Model model = harness::random_model(GetParam());
  for (const ops::Geometry geometry : {ops::Geometry{320, 16}, ops::Geometry{64, 16}}) {
    PlainModel plain(model);
    runtime::ReferenceDevice reference(model, geometry, model.config.context);
    float worst = 0.0F;
    for (const std::int32_t token : harness::random_tokens(3, 12, model.config.vocab)) {
      const std::vector<float> wanted = plain.step(token);
      worst = std::max(worst, largest_difference(reference.step(token).logits, wanted));
    }
    std::cout << GetParam().name << ": largest difference " << worst << "\n";
    // Logits reach a few units; weights rounded to fp16 make up nearly all of this.
    EXPECT_LT(worst, 1e-2F);
    EXPECT_GT(worst, 0.0F);
  }
}

INSTANTIATE_TEST_SUITE_P(All, OtherParts, ::testing::ValuesIn(shapes()),
                         [](const auto& row) { return row.param.name; });

TEST(Encoder, HardlyDependsOnHowVectorsAreCut) {
  const graph::Model model = harness::random_model(harness::as_bert(base("bert")));
  const std::vector<std::int32_t> tokens = harness::random_tokens(3, 12, model.config.vocab);
  runtime::ReferenceDevice whole(model, {320, 16}, model.config.context);
  runtime::ReferenceDevice cut(model, {16, 16}, model.config.context);
  const runtime::Encoding a = whole.encode(tokens);
  const runtime::Encoding b = cut.encode(tokens);
  EXPECT_LT(largest_difference(a.embedding, b.embedding), 1e-5F);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    EXPECT_LT(largest_difference(a.hidden[t], b.hidden[t]), 1e-4F);
  }
}

}  // namespace
}  // namespace metronome::testing
