// SPDX-License-Identifier: Apache-2.0
// The operators against their definitions in double precision. Bounds are stated with what they are
// made of; 2^-24 is half a unit in the last place of fp32.
#include "compiler/ops/ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <numeric>
#include <random>

#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/half.h"
#include "tests/compiler/ops_values.h"

namespace metronome::ops::testing {
namespace {

TEST(RmsNorm, TakesItsEpsilonFromTheModel) {  // C04
  const Values x(64, 0.001F);
  const Values ones(64, 1.0F);
  for (const Geometry g : {kFull, kTeaching}) {
    EXPECT_NEAR(rms_norm(x, ones, 1e-5F, g)[17], 0.30151, 1e-5);
    EXPECT_NEAR(rms_norm(x, ones, 1e-6F, g)[17], 0.70711, 1e-5);
  }
}

TEST(RmsNorm, SumsSquaresWithoutOverflow) {  // C05
  const Values ones(4096, 1.0F);
  for (const float size : {1000.0F, 1e15F, 1e-15F}) {
    for (const float y : rms_norm(Values(4096, size), ones, 0.0F, kFull)) {
      ASSERT_NEAR(y, 1.0, 1e-6);
    }
  }
  for (const float y : rms_norm(Values(64, 0.0F), ones, 1e-5F, kFull)) EXPECT_EQ(y, 0.0F);
}

TEST(RmsNorm, IsNearItsDefinition) {
  for (const std::size_t n : {1, 15, 16, 17, 64, 320, 321, 500, 4096}) {
    const Values x = random_values(n, n, 3.0F);
    const Values w = random_values(n + 1, n, 2.0F);
    double squares = 0.0;
    for (float v : x) squares += static_cast<double>(v) * v;
    const double scale = 1.0 / std::sqrt(squares / static_cast<double>(n) + 1e-5F);
    for (const Geometry g : {kFull, kTeaching}) {
      const Values y = rms_norm(x, w, 1e-5F, g);
      // A chain of n / lanes + 36 additions, halved by the root, and six more roundings.
      const double chain = static_cast<double>(n) / g.lanes + 36.0;
      for (std::size_t i = 0; i < n; ++i) {
        const double wanted = x[i] * scale * w[i];
        ASSERT_NEAR(y[i], wanted, std::abs(wanted) * (chain / 2 + 6) * kHalfUlp) << n << " " << i;
      }
    }
  }
}

/// Weights that attention gives to positions with the scores given: one head of two lanes.
Values weights_of(const std::vector<float>& scores) {
  std::vector<Values> keys;
  for (float s : scores) keys.push_back({s, 0.0F});
  Values weights;
  for (std::size_t t = 0; t < scores.size(); ++t) {
    std::vector<Values> values(scores.size(), Values{0.0F, 0.0F});
    values[t][0] = 1.0F;
    weights.push_back(attention(Values{1.0F, 0.0F}, keys, values, 1, 1)[0]);
  }
  return weights;
}

TEST(Attention, TakesScoresInTheHundreds) {  // C01
  EXPECT_EQ(weights_of({400, -250, -420}), (Values{1, 0, 0}));
  EXPECT_EQ(weights_of({-400, -650, -820}), (Values{1, 0, 0}));
  const Values w = weights_of({8, 18, 28, 38, 48});
  EXPECT_NEAR(std::accumulate(w.begin(), w.end(), 0.0), 1.0, 1e-6);
  EXPECT_TRUE(std::is_sorted(w.begin(), w.end()));
}

TEST(Attention, GivesASinglePositionItsWholeWeight) {  // C02
  for (const float score : {0.0F, 1e4F, -1e4F}) EXPECT_EQ(weights_of({score}), Values{1.0F});
  const Values v = random_values(7, 8, 5.0F);
  EXPECT_EQ(attention(random_values(8, 8, 1.0F), {random_values(9, 8, 1.0F)}, {v}, 1, 1), v);
}

TEST(Attention, SharesEqualScoresEqually) {
  for (const float w : weights_of(Values(7, -3.0F))) EXPECT_NEAR(w, 1.0 / 7, 4 * kHalfUlp);
}

TEST(Attention, IsNearItsDefinition) {
  constexpr std::size_t kDim = 24;
  constexpr std::size_t kPositions = 90;
  const Values q = random_values(1, 4 * kDim, 0.5F);
  std::vector<Values> keys;
  std::vector<Values> values;
  for (std::size_t t = 0; t < kPositions; ++t) {
    keys.push_back(random_values(100 + t, 2 * kDim, 2.0F));
    values.push_back(random_values(900 + t, 2 * kDim, 2.0F));
  }
  const Values out = attention(q, keys, values, 4, 2);
  const std::vector<double> wanted = plain_attention(q, keys, values, 4, 2);
  // Scores near 10 carry 22 bits: 5e-6 in the exponent at most; values are at most 2.
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], wanted[i], 1e-5);
}

TEST(Exp, FallsMonotonicallyToZero) {  // C07
  float last = 1.0F;
  EXPECT_EQ(numerics::vxm_exp(0.0F), 1.0F);
  for (int i = 1; i <= 30'000; ++i) {
    const float y = numerics::vxm_exp(static_cast<float>(-0.01 * i));
    ASSERT_LE(y, last) << i;
    ASSERT_GE(y, 0.0F);
    last = y;
  }
  EXPECT_EQ(last, 0.0F);
  EXPECT_EQ(numerics::vxm_exp(-std::numeric_limits<float>::infinity()), 0.0F);
}

/// The largest error of an activation over a million points of [-range, range], as `measure` has
/// it.
template <typename Wanted, typename Measure>
double worst(graph::Activation activation, double range, Wanted wanted, Measure measure) {
  constexpr int kPoints = 1'000'000;
  Values x(kPoints);
  for (int i = 0; i < kPoints; ++i) {
    x[static_cast<std::size_t>(i)] = static_cast<float>(range * (2.0 * i / (kPoints - 1) - 1.0));
  }
  const Values y = gate(activation, x, Values(x.size(), 1.0F));
  double most = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    most = std::max(most, measure(static_cast<double>(x[i]), std::abs(y[i] - wanted(x[i]))));
  }
  return most;
}

TEST(Silu, KeepsItsRelativeError) {  // C10
  // exp, the addition, the root twice, three products: 2 + 1 + 2 * 1.6 + 3 halves of an ulp.
  const auto silu = [](double x) { return x / (1.0 + std::exp(-x)); };
  const double most = worst(graph::Activation::kSilu, 80.0, silu, [&](double x, double error) {
    return x == 0.0 ? 0.0 : error / std::abs(silu(x));
  });
  std::cout << "silu: largest relative error " << most << "\n";
  EXPECT_LT(most, 10 * kHalfUlp);
  // Beyond, e^-x overflows and the result is 0, of a true value below 1e-36.
  for (const float x : {-89.0F, -1e4F, -3e38F}) {
    EXPECT_NEAR(gate(graph::Activation::kSilu, Values{x}, Values{1.0F})[0], 0.0, 1e-36);
  }
  EXPECT_EQ(gate(graph::Activation::kSilu, Values{1e4F}, Values{1.0F})[0], 1e4F);
}

TEST(Gelu, KeepsItsErrorRelativeToTheOperand) {  // C10
  // Left of zero 1 + tanh cancels, so the error follows x and not the result.
  const auto gelu = [](double x) {
    return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
  };
  const double most = worst(graph::Activation::kGeluTanh, 20.0, gelu, [](double x, double error) {
    return x == 0.0 ? 0.0 : error / std::abs(x);
  });
  std::cout << "gelu_tanh: largest error relative to |x| " << most << "\n";
  EXPECT_LT(most, 8 * kHalfUlp);
}

TEST(Rope, IsNearARotationInDouble) {
  const graph::Rope plain;
  const graph::Rope linear{1e4, graph::RopeScaling::kLinear, 4.0, 1.0, 4.0, 0, {}};
  for (const graph::Rope& r : {plain, linear}) {
    for (const std::int64_t position : {0, 1, 17, 511, 4095, 100'000}) {
      const Values x = random_values(static_cast<std::uint64_t>(position), 3 * 48, 4.0F);
      const Values y = rope(x, rope_row(r, 48, position), 1.0F);
      for (std::size_t i = 0; i < x.size(); i += 2) {
        const double f = std::pow(r.base, -static_cast<double>(i % 48) / 48.0) / r.factor;
        const double c = std::cos(static_cast<double>(position) * f);
        const double s = std::sin(static_cast<double>(position) * f);
        // Two rounded factors, two products and a sum.
        const double bound = 4 * kHalfUlp * (std::abs(x[i]) + std::abs(x[i + 1]));
        ASSERT_NEAR(y[i], x[i] * c - x[i + 1] * s, bound);
        ASSERT_NEAR(y[i + 1], x[i + 1] * c + x[i] * s, bound);
      }
    }
  }
}

TEST(Rope, AtPositionZeroOnlyScales) {
  const Values x = random_values(3, 16, 4.0F);
  EXPECT_EQ(rope(x, rope_row({}, 8, 0), 1.0F), x);
  EXPECT_EQ(rope(x, rope_row({}, 8, 0), 0.5F)[5], x[5] * 0.5F);
}

TEST(Split, KeepsTwentyTwoBits) {
  for (const float size : {1e-3F, 1.0F, 1e3F, 6e4F}) {
    const Values x = random_values(11, 2000, size);
    const SplitHalf parts = split(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double sum = static_cast<double>(numerics::half_to_float(parts.high[i])) +
                         numerics::half_to_float(parts.low[i]);
      ASSERT_NEAR(sum, x[i], std::max(std::abs(x[i]) * 0x1p-22, 0x1p-25));
    }
  }
}

TEST(Split, CarriesValuesUpToTwiceTheLargestHalf) {
  const SplitHalf parts = split(Values{100'000.0F, 131'008.0F, 1e6F});
  const auto sum = [&](std::size_t i) {
    return numerics::half_to_float(parts.high[i]) + numerics::half_to_float(parts.low[i]);
  };
  EXPECT_EQ(sum(0), 100'000.0F);
  EXPECT_EQ(sum(1), 131'008.0F);
  EXPECT_EQ(sum(2), 131'008.0F);  // saturates beyond
}

TEST(MatMul, IsNearItsDefinition) {
  constexpr std::int64_t kRows = 40;
  for (const std::int64_t cols : {1, 15, 16, 17, 172, 320, 321, 1000}) {
    const Values w = random_values(5, static_cast<std::size_t>(kRows * cols), 1.0F);
    HalfMatrix m{kRows, cols, std::vector<std::uint16_t>(w.size())};
    for (std::size_t i = 0; i < w.size(); ++i) m.values[i] = numerics::float_to_half(w[i]);
    const Values x = random_values(6, static_cast<std::size_t>(cols), 8.0F);
    const Values bias = random_values(7, kRows, 1.0F);
    for (const int block : {16, 320}) {
      const Values y = matmul(m, x, bias, block);
      for (std::int64_t r = 0; r < kRows; ++r) {
        double wanted = bias[static_cast<std::size_t>(r)];
        double size = std::abs(wanted);
        for (std::size_t c = 0; c < x.size(); ++c) {
          const double term = numerics::half_to_float(m.row(r)[c]) * static_cast<double>(x[c]);
          wanted += term;
          size += std::abs(term);
        }
        // Operands to 22 bits, and two rounded sums a block.
        const double blocks = static_cast<double>((cols + block - 1) / block);
        ASSERT_NEAR(y[static_cast<std::size_t>(r)], wanted, size * (4 + 2 * blocks) * kHalfUlp);
      }
    }
  }
}

TEST(LaneSum, GivesEverySuperlaneTheWholeSum) {
  for (const int used : {1, 2, 3, 19, 20}) {
    const Values x = random_values(9, 320, 1.0F);
    double wanted = 0.0;
    double size = 0.0;
    for (int i = 0; i < 16 * used; ++i) {
      wanted += x[static_cast<std::size_t>(i)];
      size += std::abs(x[static_cast<std::size_t>(i)]);
    }
    const Values sums = lane_sum(x, used, kFull);
    ASSERT_EQ(std::ssize(sums), used);
    for (float s : sums) EXPECT_NEAR(s, wanted, size * 36 * kHalfUlp);
  }
}

TEST(Embed, ScalesOnlyWhereTheModelDoes) {
  const std::vector<std::uint16_t> row = {0x3C00, 0xC000, 0x0001};
  EXPECT_EQ(embed(row, 1.0F), (Values{1.0F, -2.0F, 0x1p-24F}));
  EXPECT_EQ(embed(row, 3.0F), (Values{3.0F, -6.0F, 0x1.8p-23F}));
}

}  // namespace
}  // namespace metronome::ops::testing
