// SPDX-License-Identifier: Apache-2.0
// Special functions against long double, by how many ulp they are off.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/gpu/execute_bench.h"

namespace metronome::gpu {
namespace {

std::uint32_t of(WarpBench& bench, Opcode opcode, std::uint32_t b) {
  bench[2].fill(b);
  bench.run(three_operands(opcode, 4, kZeroRegister, 2, kZeroRegister));
  return bench[4][7];
}

/// The distance to `exact` in places of the fp32 next to it.
double ulps(std::uint32_t found, long double exact) {
  const auto near = static_cast<float>(exact);
  const float place =
      std::nextafter(std::fabs(near), std::numeric_limits<float>::infinity()) - std::fabs(near);
  return static_cast<double>(std::fabs(static_cast<long double>(as_float(found)) - exact) /
                             static_cast<long double>(place));
}

/// The worst of a sweep over the bits from `first` to `last`, both of one sign.
template <typename Exact>
double worst(Opcode opcode, std::uint32_t first, std::uint32_t last, const Exact& exact) {
  WarpBench bench;
  double most = 0.0;
  constexpr std::uint32_t kPoints = 200'000;
  for (std::uint32_t step = (last - first) / kPoints | 1, b = first; b < last - step * 32;) {
    for (std::uint32_t& word : bench[2]) word = b += step;
    bench.run(three_operands(opcode, 4, kZeroRegister, 2, kZeroRegister));
    for (std::size_t l = 0; l < kWarpLanes; ++l) {
      const auto x = static_cast<long double>(as_float(bench[2][l]));
      most = std::max(most, ulps(bench[4][l], exact(x)));
    }
  }
  return most;
}

TEST(SpecialFunctions, Ex2IsOffByLessThanTwoUlp) {
  const auto exp2 = [](long double x) { return std::exp2(x); };
  EXPECT_LT(worst(Opcode::kEx2, as_bits(0x1p-30F), as_bits(127.99F), exp2), 2.0);
  EXPECT_LT(worst(Opcode::kEx2, as_bits(-0x1p-30F), as_bits(-149.0F), exp2), 2.0);
}

TEST(SpecialFunctions, RcpIsCorrectlyRounded) {
  const auto rcp = [](long double x) { return 1.0L / x; };
  EXPECT_LE(worst(Opcode::kRcp, 0x00800000, 0x7E800000, rcp), 0.5);
  EXPECT_LE(worst(Opcode::kRcp, 0x80800000, 0xFE800000, rcp), 0.5);
}

TEST(SpecialFunctions, RsqIsOffByLessThanOneUlp) {
  EXPECT_LT(worst(Opcode::kRsq, 0x00000001, 0x7F000000,
                  [](long double x) { return 1.0L / std::sqrt(x); }),
            1.0);
}

struct Point {
  Opcode opcode;
  float x;
  float expected;
};
TEST(SpecialFunctions, EndsAndExactPointsAreRight) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Point points[] = {
      {Opcode::kEx2, 0.0F, 1.0F},
      {Opcode::kEx2, -0.0F, 1.0F},
      {Opcode::kEx2, 10.0F, 1024.0F},
      {Opcode::kEx2, -126.0F, 0x1p-126F},
      {Opcode::kEx2, -149.0F, 0x1p-149F},
      {Opcode::kEx2, -151.0F, 0.0F},
      {Opcode::kEx2, 128.0F, infinity},
      {Opcode::kEx2, std::numeric_limits<float>::max(), infinity},
      {Opcode::kEx2, std::numeric_limits<float>::lowest(), 0.0F},
      {Opcode::kEx2, infinity, infinity},
      {Opcode::kEx2, -infinity, 0.0F},
      {Opcode::kRcp, 4.0F, 0.25F},
      {Opcode::kRcp, 0.0F, infinity},
      {Opcode::kRcp, -0.0F, -infinity},
      {Opcode::kRcp, infinity, 0.0F},
      {Opcode::kRsq, 16.0F, 0.25F},
      {Opcode::kRsq, 0.0F, infinity},
      {Opcode::kRsq, infinity, 0.0F},
  };
  WarpBench bench;
  for (const Point& point : points) {
    EXPECT_EQ(as_float(of(bench, point.opcode, as_bits(point.x))), point.expected)
        << info(point.opcode).mnemonic << " " << point.x;
  }
}

TEST(SpecialFunctions, NanStaysNan) {
  WarpBench bench;
  for (const Opcode opcode : {Opcode::kEx2, Opcode::kRcp, Opcode::kRsq}) {
    for (const std::uint32_t nan : {0x7FC00000U, 0xFFC00000U, 0x7F800001U, 0xFFFFFFFFU}) {
      EXPECT_TRUE(std::isnan(as_float(of(bench, opcode, nan)))) << info(opcode).mnemonic;
    }
  }
  EXPECT_TRUE(std::isnan(as_float(of(bench, Opcode::kRsq, as_bits(-1.0F)))));
  EXPECT_TRUE(std::isnan(
      as_float(of(bench, Opcode::kRsq, as_bits(-std::numeric_limits<float>::infinity())))));
}

}  // namespace
}  // namespace metronome::gpu
