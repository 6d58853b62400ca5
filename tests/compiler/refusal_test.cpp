// SPDX-License-Identifier: Apache-2.0
// What the compiler refuses, and that it says what, how much and what would help.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/compile.h"
#include "hw/isa/error.h"
#include "tests/harness/random_model.h"

namespace metronome::compiler {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// The message of the UserError; "accepted" if there is none.
std::string refusal(const graph::Model& model, const lpu::ChipSpec& spec,
                    const CompileOptions& options = {}) {
  try {
    compile(model, spec, options);
  } catch (const UserError& error) {
    return error.what() + ("\n" + error.table());
  }
  return "accepted";
}

TEST(Compile, RefusesAModelTooBigForTheChipWithBytesNeededAndThere) {  // G16, I05
  harness::RandomShape shape;
  shape.name = "big.gguf";
  shape.width = 256;
  shape.ffn = 512;
  shape.layers = 3;
  EXPECT_THAT(
      refusal(harness::random_model(shape), lpu::teaching()),
      AllOf(HasSubstr("big.gguf: "), HasSubstr("does not fit chip teaching"),
            ContainsRegex("weights +[0-9]+ bytes"), ContainsRegex("cache +[0-9]+ bytes"),
            ContainsRegex("all +[0-9]+ bytes of 2097152 on the chip; 2 such chips would hold it"),
            HasSubstr("would help")));
}

TEST(Compile, RefusesACacheTooBigForTheChip) {
  harness::RandomShape shape;
  shape.name = "long.gguf";
  shape.context = 100'000;
  EXPECT_THAT(refusal(harness::random_model(shape), lpu::teaching()),
              AllOf(HasSubstr("long.gguf: "), HasSubstr("a shorter --context")));
  shape.context = 600;
  shape.layers = 8;
  EXPECT_THAT(refusal(harness::random_model(shape), lpu::teaching()),
              HasSubstr("no slices are left for blk.6.keys.1 (key cache)"));
  CompileOptions options;
  options.context = 64;
  EXPECT_EQ(refusal(harness::random_model(shape), lpu::teaching(), options), "accepted");
}

TEST(Compile, RefusesAHeadWiderThanTheLanes) {
  harness::RandomShape shape;
  shape.name = "wide.gguf";
  shape.head_dim = 18;
  EXPECT_THAT(refusal(harness::random_model(shape), lpu::teaching()),
              AllOf(HasSubstr("wide.gguf: head_dim: found 18"), HasSubstr("16 lanes")));
  EXPECT_EQ(refusal(harness::random_model(shape), lpu::groq1()), "accepted");
}

TEST(Compile, RefusesAnOddHeadSize) {
  harness::RandomShape shape;
  shape.head_dim = 7;
  EXPECT_THAT(refusal(harness::random_model(shape), lpu::teaching()),
              HasSubstr("head_dim: found 7, must be even"));
}

TEST(Compile, RefusesAContextThatTheModelHasNot) {
  CompileOptions options;
  for (const std::int64_t context : {-1, 65}) {
    options.context = context;
    EXPECT_THAT(refusal(harness::random_model({}), lpu::teaching(), options),
                HasSubstr("context: found " + std::to_string(context) +
                          ", the model allows 1 to "
                          "64"));
  }
}

TEST(Compile, RefusesAWeightThatFp16CannotHold) {
  graph::Model model = harness::random_model({});
  model.layers[1].ffn_up.read_row = [](std::int64_t row, std::span<float> out) {
    std::fill(out.begin(), out.end(), row == 3 ? 70000.0F : 0.0F);
  };
  EXPECT_THAT(refusal(model, lpu::teaching()),
              AllOf(HasSubstr("blk.1.ffn_up[3, 0]"), HasSubstr("70000"), HasSubstr("65504")));
}

TEST(Compile, RefusesATensorWhoseShapeContradictsTheConfiguration) {
  graph::Model model = harness::random_model({});
  model.layers[0].key.rows = 24;
  EXPECT_THAT(refusal(model, lpu::teaching()),
              AllOf(HasSubstr("blk.0.attn_k"), HasSubstr("shape 24 x 32"), HasSubstr("16 x 32")));
  model = harness::random_model({});
  model.final_norm.values.pop_back();
  EXPECT_THAT(refusal(model, lpu::teaching()), HasSubstr("output_norm: 31 values"));
}

TEST(Compile, GivesNoTwoTensorsAPlaceInCommon) {  // G01, G03
  harness::RandomShape shape;
  shape.width = 40;
  shape.ffn = 70;
  shape.all_biases = true;
  const lpu::Image image = compile(harness::random_model(shape), lpu::teaching(), {});
  std::set<std::tuple<lpu::Hemisphere, int, int>> taken;
  for (const lpu::MemoryTensor& t : image.tensors) {
    for (std::int64_t r = 0; r < t.rows; ++r) {
      for (int b = 0; b < t.width; ++b) {
        EXPECT_TRUE(taken.emplace(t.hemisphere, t.slice(r, b), t.address_of(r)).second) << t.name;
      }
    }
  }
}

TEST(Compile, KeepsEveryMapOfTheHostWithinItsTensor) {
  // Three blocks of rows over two banks: one bank has fewer.
  harness::RandomShape shape;
  shape.vocab = 33;
  for (const ops::Precision precision : ops::kPrecisions) {
    CompileOptions options;
    options.precision = precision;
    const lpu::Image image = compile(harness::random_model(shape), lpu::teaching(), options);
    const lpu::Program& program = image.programs.front();
    EXPECT_FALSE(check_schedule(image, program));
    lpu::Image more_tokens = image;
    more_tokens.info.vocab = 65;
    const auto beyond = check_schedule(more_tokens, program);
    ASSERT_TRUE(beyond) << ops::to_string(precision);
    EXPECT_THAT(beyond->text, HasSubstr("its map reaches address"));
    lpu::Image more_positions = image;
    lpu::Program longer = program;
    more_positions.info.context = longer.context = 65;
    const auto late = check_schedule(more_positions, longer);
    ASSERT_TRUE(late) << ops::to_string(precision);
    EXPECT_THAT(late->text, HasSubstr("its map reaches address"));
  }
}

}  // namespace
}  // namespace metronome::compiler
