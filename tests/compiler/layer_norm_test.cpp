// SPDX-License-Identifier: Apache-2.0
// The operators of GPT-2 and BERT against their definitions in double precision; 2^-24 is half a
// unit in the last place of fp32.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "compiler/ops/ops.h"
#include "tests/compiler/ops_values.h"

namespace metronome::ops::testing {
namespace {

TEST(LayerNorm, IsNearItsDefinition) {
  for (const std::size_t n : {1, 15, 16, 17, 64, 320, 321, 500, 768, 4096}) {
    Values x = random_values(n, n, 3.0F);
    for (float& v : x) v += 1.5F;
    const Values w = random_values(n + 1, n, 2.0F);
    const Values b = random_values(n + 2, n, 1.0F);
    double mean = 0.0;
    double variance = 0.0;
    for (float v : x) mean += static_cast<double>(v) / static_cast<double>(n);
    for (float v : x) variance += (v - mean) * (v - mean) / static_cast<double>(n);
    const double scale = 1.0 / std::sqrt(variance + 1e-5F);
    for (const Geometry g : {kFull, kTeaching}) {
      const Values y = layer_norm(x, w, b, 1e-5F, g);
      // The mean, of values up to 4.5, moves all by the roundings of its chain; the scale likewise.
      const double chain = static_cast<double>(n) / g.lanes + 36.0;
      const double centre_error = chain * 4.5 * kHalfUlp;
      for (std::size_t i = 0; i < n; ++i) {
        const double wanted = (x[i] - mean) * scale * w[i];
        const double bound = std::abs(wanted) * (chain + 8) * kHalfUlp +
                             2 * centre_error * scale * std::abs(w[i]) + 2 * kHalfUlp;
        ASSERT_NEAR(y[i], wanted + b[i], bound) << n << " " << i;
      }
    }
  }
}

TEST(LayerNorm, LanesBeyondTheEndCountNothing) {
  // 17 of 32 lanes: with the 15 empty ones centred and squared the variance would be far off.
  Values x(17, 100.0F);
  x[0] = 117.0F;
  const Values y = layer_norm(x, Values(17, 1.0F), {}, 0.0F, kFull);
  EXPECT_NEAR(y[0], 4.0, 1e-4);  // (117 - 101) / sqrt(16 * 17 / 17)
  for (std::size_t i = 1; i < 17; ++i) EXPECT_NEAR(y[i], -0.25, 1e-5);
}

TEST(LayerNorm, EqualValuesBecomeTheBias) {
  const Values b = random_values(1, 48, 2.0F);
  EXPECT_EQ(layer_norm(Values(48, 3.0F), Values(48, 5.0F), b, 1e-5F, kTeaching), b);
  EXPECT_EQ(layer_norm(Values(48, 3.0F), Values(48, 5.0F), {}, 1e-5F, kTeaching), Values(48));
}

TEST(LayerNorm, TakesItsEpsilonFromTheModel) {
  Values x(64, 0.001F);
  for (std::size_t i = 0; i < x.size(); i += 2) x[i] = -0.001F;
  EXPECT_NEAR(layer_norm(x, Values(64, 1.0F), {}, 1e-5F, kFull)[1], 0.30151, 1e-5);
  EXPECT_NEAR(layer_norm(x, Values(64, 1.0F), {}, 1e-12F, kFull)[1], 1.0, 1e-5);
}

TEST(GeluErf, KeepsItsErrorRelativeToTheOperand) {
  constexpr int kPoints = 1'000'000;
  Values x(kPoints);
  for (int i = 0; i < kPoints; ++i) {
    x[static_cast<std::size_t>(i)] = static_cast<float>(20.0 * (2.0 * i / (kPoints - 1) - 1.0));
  }
  const Values y = activate(graph::Activation::kGeluErf, x);
  double most = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = x[i] * 0.5 * std::erfc(-x[i] / std::sqrt(2.0));
    if (x[i] != 0.0F) most = std::max(most, std::abs(y[i] - wanted) / std::abs(x[i]));
  }
  std::cout << "gelu_erf: largest error relative to |x| " << most << "\n";
  // The formula's 7.5e-8, then roundings of the polynomial, whose terms reach 1, and of the exp.
  EXPECT_LT(most, 7.5e-8 + 8 * kHalfUlp);
}

struct ActivationRow {
  graph::Activation activation;
  float x;
  double wanted;
};

TEST(Activate, KnowsItsLandmarks) {
  using graph::Activation;
  for (const ActivationRow& row : {ActivationRow{Activation::kGeluErf, 0.0F, 0.0},
                                   {Activation::kGeluErf, 1.0F, 0.8413447},
                                   {Activation::kGeluErf, -1.0F, -0.1586553},
                                   {Activation::kGeluErf, 100.0F, 100.0},
                                   {Activation::kGeluErf, -100.0F, 0.0},
                                   {Activation::kGeluErf, 1e30F, 1e30},
                                   {Activation::kGeluTanh, 1.0F, 0.8411920},
                                   {Activation::kSilu, 1.0F, 0.7310586}}) {
    EXPECT_NEAR(activate(row.activation, Values{row.x})[0], row.wanted,
                2e-7 * std::max(1.0F, std::abs(row.x)))
        << row.x;
  }
}

TEST(Activate, OfAGateOfOnesIsTheActivationAlone) {
  const Values x = random_values(5, 100, 6.0F);
  for (const auto activation :
       {graph::Activation::kSilu, graph::Activation::kGeluTanh, graph::Activation::kGeluErf}) {
    EXPECT_EQ(gate(activation, x, Values(100, 1.0F)), activate(activation, x));
  }
}

TEST(AddPosition, AddsTheRowInItsOwnPrecision) {
  const std::vector<std::uint16_t> row = {0x3C00, 0xC000, 0x0001};
  EXPECT_EQ(add_position(Values{1.0F, 0.5F, 0.0F}, row), (Values{2.0F, -1.5F, 0x1p-24F}));
}

TEST(Pool, IsTheMeanOfLengthOne) {
  const std::vector<Values> x = {{3.0F, 0.0F, 1.0F}, {3.0F, 0.0F, -1.0F}, {3.0F, 12.0F, 0.0F}};
  const Values y = pool(x, kTeaching);
  EXPECT_NEAR(y[0], 0.6, 1e-6);
  EXPECT_NEAR(y[1], 0.8, 1e-6);
  EXPECT_NEAR(y[2], 0.0, 1e-6);
}

TEST(Pool, OfAZeroMeanIsZero) {
  EXPECT_EQ(pool({{1.0F, -2.0F}, {-1.0F, 2.0F}}, kFull), (Values{0.0F, 0.0F}));
}

}  // namespace
}  // namespace metronome::ops::testing
