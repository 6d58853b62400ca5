// SPDX-License-Identifier: Apache-2.0
// The operators with int8 weights: small cases worked out by hand, the edges, and the distance from
// double precision.
#include "compiler/ops/int8_ops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "hw/isa/error.h"
#include "hw/isa/numerics/functions.h"
#include "tests/compiler/ops_values.h"

namespace metronome::ops::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

graph::Matrix matrix_of(std::int64_t rows, std::int64_t cols, const Values& values) {
  return {"blk.7.w", rows, cols, [cols, values](std::int64_t row, std::span<float> out) {
            for (std::size_t c = 0; c < out.size(); ++c) {
              out[c] = values[static_cast<std::size_t>(row * cols) + c];
            }
          }};
}

TEST(Precision, NamesAreReadBack) {
  for (const Precision precision : kPrecisions) {
    EXPECT_EQ(parse_precision(to_string(precision)), precision);
  }
  for (const char* name : {"", "fp8", "INT8", "int8 "})
    EXPECT_EQ(parse_precision(name), std::nullopt);
  EXPECT_EQ(precision_names(), "fp16, int8, w8a16");
}

struct WeightRow {
  Values weights;
  float scale;
  std::vector<std::int8_t> values;
};

TEST(Int8Row, RoundsByItsOwnLargestMagnitude) {
  const std::vector<WeightRow> rows = {
      {{127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F}, 1.0F, {127, 0, 2, 2, 0, -2}},  // ties to even
      {{-254.0F, 254.0F, 63.0F}, 2.0F, {-127, 127, 32}},
      {{0.0F, -0.0F, 0.0F}, 0.0F, {0, 0, 0}},
      {{0.0F, -3e38F}, 3e38F / 127.0F, {0, -127}},
      // A scale of one subnormal unit is too small by half: what does not fit is clamped.
      {{190 * 0x1p-149F, -190 * 0x1p-149F, 3 * 0x1p-149F}, 0x1p-149F, {127, -127, 3}},
      {{50 * 0x1p-149F, -7 * 0x1p-149F}, 0.0F, {0, 0}},  // the scale underflows
  };
  for (const WeightRow& row : rows) {
    std::vector<std::int8_t> out(row.weights.size(), 99);
    EXPECT_EQ(quantise_row(row.weights, out), row.scale);
    EXPECT_EQ(out, row.values) << row.weights[0];
  }
}

TEST(Int8Matrix, HasAScaleForEachRow) {
  const Int8Matrix m = to_int8(matrix_of(2, 2, {127.0F, -64.0F, 0.25F, -0.5F}), "m.gguf");
  EXPECT_THAT(m.scales, ElementsAre(1.0F, 0.5F / 127.0F));
  EXPECT_THAT(m.row(0), ElementsAre(127, -64));
  EXPECT_THAT(m.row(1)[1], -127);
  EXPECT_EQ(m.scale(1), m.scales[1]);
}

TEST(Int8Matrix, RefusesAWeightThatIsNotFiniteByItsPlace) {
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    try {
      to_int8(matrix_of(2, 3, {1, 2, 3, 4, 5, bad}), "m.gguf");
      FAIL() << bad;
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), HasSubstr("m.gguf: blk.7.w[1, 2]: found "));
      EXPECT_THAT(error.what(), HasSubstr("must be finite"));
    }
  }
}

TEST(Quantise, GivesIntegersByTheLargestMagnitude) {
  const QuantisedVector q =
      quantise(Values{4.0F, -4.0F, 2.0F, -2.0F, 1.0F, 0.0F}, Precision::kInt8);
  EXPECT_THAT(q.high, ElementsAre(127, -127, 64, -64, 32, 0));  // 63.5 to even, 31.75
  EXPECT_TRUE(q.low.empty());
  EXPECT_EQ(q.scale, 4.0F * (1.0F / 127.0F));
}

TEST(Quantise, TakesTheReciprocalAsTheSquareOfARoot) {
  // rsqrt(2)^2 is just below a half, so 1 is not the tie 63.5 that division would give.
  const float root = numerics::vxm_rsqrt(2.0F);
  ASSERT_LT(root * root, 0.5F);
  EXPECT_THAT(quantise(Values{2.0F, 1.0F}, Precision::kInt8).high, ElementsAre(127, 63));
}

TEST(Quantise, SplitsIntoAHighAndALowPart) {
  const Values x = {1.0F, -1.0F, 0.5F, -0.5F, 0x1p-9F, -3 * 0x1p-10F, 0.0F};
  const QuantisedVector q = quantise(x, Precision::kW8A16);
  EXPECT_THAT(q.high, ElementsAre(127, -127, 64, -64, 0, 0, 0));
  // 32512 / 2 = 64 * 256 - 128; its negative leaves +128, which saturates; 63.5 goes to even.
  EXPECT_THAT(q.low, ElementsAre(0, 0, -128, 127, 64, -95, 0));
  EXPECT_EQ(q.scale, 1.0F / 32512.0F);
}

TEST(Quantise, KeepsAVectorOfZeros) {
  for (const Precision p : {Precision::kInt8, Precision::kW8A16}) {
    const QuantisedVector q = quantise(Values{0.0F, -0.0F, 0.0F}, p);
    EXPECT_THAT(q.high, Each(0));
    EXPECT_THAT(q.low, Each(0));
    EXPECT_GT(q.scale, 0.0F);
    EXPECT_TRUE(std::isfinite(q.scale));
  }
}

TEST(Quantise, TakesTinyVectorsForZeros) {
  const QuantisedVector q = quantise(Values{1e-33F, -1e-38F}, Precision::kInt8);
  EXPECT_THAT(q.high, Each(0));
  EXPECT_EQ(q.scale, 1e-30F * (1.0F / 127.0F));
}

TEST(Quantise, HandsANanToTheScaleAndItCannotBeLost) {
  for (const Precision p : {Precision::kInt8, Precision::kW8A16}) {
    for (const Values& x : {Values{1.0F, kNan}, Values{kNan, 1.0F}}) {
      EXPECT_TRUE(std::isnan(quantise(x, p).scale));
    }
    const Int8Matrix one = to_int8(matrix_of(1, 2, {1.0F, 1.0F}), "m");
    EXPECT_TRUE(std::isnan(matmul_int8(one, quantise(Values{kInfinity, 1.0F}, p), {})[0]));
  }
}

TEST(Quantise, HasNoIntegersForFp16) {
  EXPECT_THROW(quantise(Values{1.0F}, Precision::kFp16), InvariantError);
}

TEST(Quantise, IsNearItsVector) {
  for (const float size : {1e-25F, 1e-3F, 1.0F, 1e4F, 1e30F, 3e38F}) {
    const Values x = random_values(3, 1000, size);
    for (const Precision p : {Precision::kInt8, Precision::kW8A16}) {
      const QuantisedVector q = quantise(x, p);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double whole = q.low.empty() ? q.high[i] : 256.0 * q.high[i] + q.low[i];
        // Half a step, a whole one where the low part saturates; the reciprocal carries six
        // roundings, and is subnormal where it is below 2^-126.
        const double step = q.low.empty() ? 0.5 : 1.0;
        const double reciprocal = size > 1e37F ? 1e-5 : 6 * kHalfUlp;
        ASSERT_NEAR(whole * q.scale, x[i], step * q.scale + reciprocal * std::abs(x[i]))
            << size << " " << i;
      }
    }
  }
}

TEST(MatMulInt8, ScalesAnExactSum) {
  Int8Matrix w{2, 4, {127, -127, 64, 0, 1, 1, 1, -1}, {0.5F, 3.0F}};
  const QuantisedVector x{{1, 2, 3, 4}, {}, 2.0F};
  EXPECT_THAT(matmul_int8(w, x, {}), ElementsAre(65.0F, 12.0F));
  EXPECT_THAT(matmul_int8(w, x, Values{0.25F, -12.0F}), ElementsAre(65.25F, 0.0F));
  const QuantisedVector both{{1, 2, 3, 4}, {-1, 0, 0, 7}, 2.0F};
  // 65 * 256 - 127 and 2 * 256 - 8.
  EXPECT_THAT(matmul_int8(w, both, {}), ElementsAre(16513.0F, 504.0F * 6.0F));
  w.scales[0] = 0.0F;  // a row of zeros
  EXPECT_EQ(matmul_int8(w, x, {})[0], 0.0F);
}

TEST(MatMulInt8, RoundsTheSumOnceHalfToEven) {
  constexpr std::size_t kLength = 1041;
  const Int8Matrix w{1, kLength, std::vector<std::int8_t>(kLength, 127), {1.0F}};
  const QuantisedVector x{std::vector<std::int8_t>(kLength, 127), {}, 1.0F};
  EXPECT_EQ(matmul_int8(w, x, {})[0], 16'790'288.0F);  // of 16,790,289
}

TEST(MatMulInt8, SumsTheLongestProductInInt32) {
  const auto length = static_cast<std::size_t>(kLongestInt8Dot);
  Int8Matrix w{1, kLongestInt8Dot, std::vector<std::int8_t>(length, 127), {1.0F}};
  QuantisedVector x{std::vector<std::int8_t>(length, -128), {}, 1.0F};
  EXPECT_EQ(matmul_int8(w, x, {})[0], -127.0F * 128.0F * 131072.0F);
  ++w.cols;
  w.values.push_back(0);
  EXPECT_THROW(matmul_int8(w, x, {}), InvariantError);  // lengths differ
  x.high.push_back(0);
  EXPECT_THROW(matmul_int8(w, x, {}), InvariantError);  // too long
}

TEST(MatMulInt8, IsNearItsDefinition) {
  constexpr std::int64_t kRows = 24;
  for (const std::int64_t cols : {1, 15, 16, 17, 172, 320, 321, 4864}) {
    const Values weights = random_values(5, static_cast<std::size_t>(kRows * cols), 1.0F);
    const Int8Matrix w = to_int8(matrix_of(kRows, cols, weights), "m");
    const Values x = random_values(6, static_cast<std::size_t>(cols), 8.0F);
    const Values bias = random_values(7, kRows, 1.0F);
    for (const Precision p : {Precision::kInt8, Precision::kW8A16}) {
      const QuantisedVector q = quantise(x, p);
      const Values y = matmul_int8(w, q, bias);
      for (std::int64_t r = 0; r < kRows; ++r) {
        double wanted = bias[static_cast<std::size_t>(r)];
        double size = std::abs(wanted);
        double bound = 0.0;
        for (std::size_t c = 0; c < x.size(); ++c) {
          const double weight = static_cast<double>(w.row(r)[c]) * w.scale(r);
          wanted += weight * x[c];
          size += std::abs(weight * x[c]);
          bound += std::abs(weight) * q.scale * (q.low.empty() ? 0.5 : 1.0);
        }
        ASSERT_NEAR(y[static_cast<std::size_t>(r)], wanted, bound + size * 12 * kHalfUlp)
            << cols << " " << r;
      }
    }
  }
}

TEST(RmsNormInt8, LeavesTheReciprocalRootToTheScale) {
  const Values x = random_values(1, 500, 3.0F);
  const Values w = random_values(2, 500, 2.0F);
  for (const Geometry g : {kFull, kTeaching}) {
    const QuantisedVector q = rms_norm_int8(x, w, 1e-5F, g, Precision::kInt8);
    Values weighted(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) weighted[i] = numerics::vxm_multiply(x[i], w[i]);
    const QuantisedVector plain = quantise(weighted, Precision::kInt8);
    EXPECT_EQ(q.high, plain.high);
    EXPECT_EQ(q.scale, numerics::vxm_multiply(plain.scale, rms_scale(x, 1e-5F, g)[0]));
  }
}

TEST(RmsNormInt8, IsNearTheNormOfFp16) {
  for (const std::size_t n : {1, 17, 64, 320, 321, 4096}) {
    const Values x = random_values(n, n, 3.0F);
    const Values w = random_values(n + 1, n, 2.0F);
    const Values wanted = rms_norm(x, w, 1e-5F, kFull);
    for (const Precision p : {Precision::kInt8, Precision::kW8A16}) {
      const QuantisedVector q = rms_norm_int8(x, w, 1e-5F, kFull, p);
      for (std::size_t i = 0; i < n; ++i) {
        const double whole = q.low.empty() ? q.high[i] : 256.0 * q.high[i] + q.low[i];
        const double step = q.low.empty() ? 0.5 : 1.0;
        // Superlanes sum in orders of their own: 40 roundings, halved by the root.
        ASSERT_NEAR(whole * q.scale, wanted[i],
                    step * q.scale + 30 * kHalfUlp * std::abs(wanted[i]));
      }
    }
  }
}

TEST(EmbedInt8, ScalesByRowAndOnlyWhereTheModelDoesByItsOwn) {
  const std::vector<std::int8_t> row = {127, -2, 0};
  EXPECT_THAT(embed_int8(row, 0.5F, 1.0F), ElementsAre(63.5F, -1.0F, 0.0F));
  EXPECT_THAT(embed_int8(row, 0.5F, 3.0F), ElementsAre(190.5F, -3.0F, 0.0F));
}

TEST(HalfRounded, IsWhatFp16Holds) {
  EXPECT_THAT(half_rounded(Values{1.0F + 0x1p-11F, 1.0F + 3 * 0x1p-11F, 1e6F, -1e6F, 0x1p-26F}),
              ElementsAre(1.0F, 1.0F + 0x1p-9F, 65504.0F, -65504.0F, 0.0F));
}

TEST(AttentionInt8, RoundsEachProductToFp16) {
  // The products are 2 - 2^-21 and the tie 2 + 2^-10: in fp16 both are 2.
  const Values q = {1.0F + 0x1p-11F, 0.0F};
  const std::vector<Values> keys = {{2.0F - 0x1p-10F, 0.0F}, {2.0F, 0.0F}};
  const std::vector<Values> values = {{1.0F, 0.0F}, {0.0F, 1.0F}};
  const Values rounded = attention_int8(q, keys, values, 1, 1);
  EXPECT_EQ(rounded[0], rounded[1]);
  const Values split = attention(q, keys, values, 1, 1);
  EXPECT_LT(split[0], split[1]);
}

TEST(AttentionInt8, SaturatesAProductThatFp16CannotHold) {
  const std::vector<Values> keys = {{60000.0F, 0.0F}, {-60000.0F, 0.0F}};
  const std::vector<Values> values = {{5.0F, 0.0F}, {7.0F, 0.0F}};
  EXPECT_EQ(attention_int8(Values{1e6F, 0.0F}, keys, values, 1, 1)[0], 5.0F);
}

TEST(AttentionInt8, GivesASinglePositionItsWholeWeight) {
  const Values v = half_rounded(random_values(7, 8, 5.0F));
  EXPECT_EQ(attention_int8(random_values(8, 8, 1.0F), {random_values(9, 8, 1.0F)}, {v}, 1, 1), v);
}

TEST(AttentionInt8, IsNearItsDefinitionWithSharedHeads) {
  constexpr std::size_t kDim = 24;
  constexpr std::size_t kPositions = 90;
  const Values q = random_values(1, 4 * kDim, 0.5F);
  std::vector<Values> keys;
  std::vector<Values> values;
  for (std::size_t t = 0; t < kPositions; ++t) {
    keys.push_back(half_rounded(random_values(100 + t, 2 * kDim, 2.0F)));
    values.push_back(half_rounded(random_values(900 + t, 2 * kDim, 2.0F)));
  }
  const Values out = attention_int8(q, keys, values, 4, 2);
  const std::vector<double> wanted = plain_attention(q, keys, values, 4, 2);
  // 24 products of at most 1 with 11 bits: 24 * 2^-12 in the exponent; values are at most 2.
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], wanted[i], 2 * 2 * 24 * 0x1p-12);
}

}  // namespace
}  // namespace metronome::ops::testing
