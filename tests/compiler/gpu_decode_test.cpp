// SPDX-License-Identifier: Apache-2.0
// The decode step of small models on a GPU, in both forms, against the reference's operators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "hw/isa/error.h"
#include "tests/compiler/gpu_decode_bench.h"
#include "tests/compiler/gpu_interpreter.h"
#include "tests/harness/random_model.h"

namespace metronome::gpu {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A program that the interpreter runs.
class Interpreted {
 public:
  Interpreted(const graph::Model& model, const GpuSpec& spec, TokenForm form, std::int64_t context)
      : runner_(
            lower_decode(model, spec, form, context), model.config.vocab, memory_,
            [this](const ProgramBuffer& b) { return memory_.allocate(b.bytes); },
            [this, spec](const std::vector<Launch>& launches) {
              for (const Launch& launch : launches) interpret(launch, spec, memory_);
            }) {}
  std::vector<float> step(std::int32_t token, std::int64_t position) {
    return runner_.step(token, position);
  }

 private:
  FlatMemory memory_;
  DecodeRunner runner_;
};

struct DecodeCase {
  const char* spec;
  harness::RandomShape shape;
  int tokens;
};

std::ostream& operator<<(std::ostream& out, const DecodeCase& c) {
  return out << c.spec << ", " << c.shape.name;
}

harness::RandomShape shape_of(const char* name,
                              const std::function<void(harness::RandomShape&)>& f) {
  harness::RandomShape shape;
  shape.name = name;
  f(shape);
  return shape;
}

std::vector<DecodeCase> decode_cases() {
  using Shape = harness::RandomShape;
  return {
      {"h100", shape_of("plain", [](Shape&) {}), 4},
      {"teaching", shape_of("plain", [](Shape&) {}), 4},
      {"a100",
       shape_of("untied with all biases",
                [](Shape& s) {
                  s.tied = false;
                  s.all_biases = true;
                }),
       3},
      {"h100",
       shape_of("odd sizes, gelu",
                [](Shape& s) {
                  s.width = 37;
                  s.ffn = 51;
                  s.heads = 3;
                  s.kv_heads = 1;
                  s.head_dim = 6;
                  s.vocab = 19;
                  s.activation = graph::Activation::kGeluTanh;
                  s.embedding_scale = 6.0F;
                }),
       3},
      {"v100",
       shape_of("wide",
                [](Shape& s) {
                  s.width = 512;
                  s.ffn = 700;
                  s.heads = 6;
                  s.kv_heads = 2;
                  s.head_dim = 64;
                  s.layers = 1;
                  s.biases = true;
                }),
       2},
      {"teaching",
       shape_of("long, in splits",
                [](Shape& s) {
                  s.layers = 1;
                  s.context = 200;
                }),
       70},
  };
}

class Decode : public ::testing::TestWithParam<DecodeCase> {};

/// Of logits near 1: the reference rounds its sums to fp32 in another order, and its activations
/// to 22 bits.
constexpr double kLogitBound = 1e-4;

TEST_P(Decode, GivesTheLogitsOfTheReferenceInBothForms) {
  const DecodeCase& c = GetParam();
  const graph::Model model = harness::random_model(c.shape);
  GpuSpec spec = gpu_preset(c.spec);
  spec.sm_count = std::min<std::int64_t>(spec.sm_count, 12);  // fewer CTAs that wait for each other
  DecodeReference reference(model);
  Interpreted kernels(model, spec, TokenForm::kKernels, c.shape.context);
  Interpreted persistent(model, spec, TokenForm::kPersistent, c.shape.context);
  const auto tokens = harness::random_tokens(7, static_cast<std::size_t>(c.tokens), c.shape.vocab);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const auto position = static_cast<std::int64_t>(t);
    const ops::Values expected = reference.step(tokens[t], position);
    const std::vector<float> found = kernels.step(tokens[t], position);
    const std::vector<float> other = persistent.step(tokens[t], position);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(found[i], expected[i], kLogitBound) << "position " << t << ", logit " << i;
      ASSERT_NEAR(other[i], expected[i], kLogitBound) << "position " << t << ", logit " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Decode, ::testing::ValuesIn(decode_cases()));

TEST(DecodeProgram, HasSixKernelsALayerAndASeventhWithSplits) {
  harness::RandomShape shape;
  shape.context = 100;
  shape.layers = 3;
  const GpuProgram program = lower_decode(harness::random_model(shape), gpu_preset("h100"),
                                          TokenForm::kKernels, shape.context);
  EXPECT_EQ(program.attention.chunk, 64);
  EXPECT_EQ(program.launches(63).size(), 2U + 3U * 6U);
  EXPECT_EQ(program.launches(64).size(), 2U + 3U * 7U);
  EXPECT_EQ(program.steps[1].name, "blk.0.attn_qkv");
  EXPECT_EQ(program.steps.back().name, "output");
}

TEST(DecodeProgram, GivesTheSameLaunchesFromTokenToTokenApartFromSplits) {
  harness::RandomShape shape;
  const GpuProgram program = lower_decode(harness::random_model(shape), gpu_preset("h100"),
                                          TokenForm::kKernels, shape.context);
  const auto first = program.launches(0);
  const auto later = program.launches(40);
  ASSERT_EQ(first.size(), later.size());
  for (std::size_t l = 0; l < first.size(); ++l) {
    EXPECT_EQ(first[l].step, later[l].step);
    EXPECT_EQ(first[l].ctas, later[l].ctas);
  }
}

TEST(DecodeProgram, IsOneLaunchWithACtaOnEachSmInThePersistentForm) {
  const harness::RandomShape shape;
  const GpuSpec spec = gpu_preset("h100");
  const GpuProgram program =
      lower_decode(harness::random_model(shape), spec, TokenForm::kPersistent, shape.context);
  const auto launches = program.launches(10);
  ASSERT_EQ(launches.size(), 1U);
  EXPECT_EQ(launches[0].ctas, spec.sm_count);
}

std::string refusal(const harness::RandomShape& shape, std::int64_t context) {
  try {
    lower_decode(harness::random_model(shape), gpu_preset("h100"), TokenForm::kKernels, context);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(DecodeProgram, RefusesByNameWhatItsKernelsDoNotCover) {
  harness::RandomShape shape;
  shape.name = "wide.gguf";
  shape.head_dim = 258;
  EXPECT_THAT(refusal(shape, 8),
              AllOf(StartsWith("wide.gguf: head_dim: found 258"), HasSubstr("256")));
  shape.head_dim = 7;
  EXPECT_THAT(refusal(shape, 8), StartsWith("wide.gguf: head_dim: found 7"));
  shape.head_dim = 8;
  shape.kv_heads = 3;
  EXPECT_THAT(refusal(shape, 8), StartsWith("wide.gguf: kv_heads: found 3"));
  shape.kv_heads = 2;
  EXPECT_THAT(refusal(shape, 0), StartsWith("wide.gguf: context: found 0"));
  EXPECT_THAT(refusal(shape, 100'000'000),
              AllOf(StartsWith("wide.gguf: buffer "), HasSubstr("bytes")));
  EXPECT_EQ(refusal(shape, 8), "accepted");
}

}  // namespace
}  // namespace metronome::gpu
