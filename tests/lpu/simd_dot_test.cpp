// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "hw/isa/error.h"
#include "hw/isa/numerics/exact_dot.h"
#include "hw/isa/numerics/half.h"
#include "hw/lpu/simd/dot.h"
#include "tests/lpu/simd_every_target.h"

namespace metronome::lpu::simd {
namespace {

using Halves = std::vector<uint16_t>;

constexpr uint32_t kSeed = 11;
constexpr size_t kRows = 7;  // one block of four and a remainder

uint16_t half(double value) { return numerics::float_to_half(static_cast<float>(value)); }

// Compares all rows with the definition. Rows are copied to end where their allocation ends.
void expect_exact(const Halves& activations, const std::vector<Halves>& rows) {
  const size_t k = activations.size();
  std::vector<const uint16_t*> pointers;
  std::vector<float> absmax;
  for (const Halves& row : rows) {
    pointers.push_back(row.data());
    absmax.push_back(absmax_f16(row.data(), k));
  }
  std::vector<float> out(rows.size() + 1, 42.0F);
  dot_rows_f16(activations.data(), k, pointers.data(), rows.size(), absmax.data(), out.data());
  for (size_t n = 0; n < rows.size(); ++n) {
    const float expected = numerics::exact_dot_f16(activations, rows[n]);
    ASSERT_TRUE(same_bits(out[n], expected)) << "seed " << kSeed << " k " << k << " row " << n
                                             << ": " << out[n] << " instead of " << expected;
  }
  ASSERT_EQ(out[rows.size()], 42.0F) << "wrote past row_count";
}

template <class Draw>
void check_draws(Draw draw) {
  on_every_target([&draw] {
    std::mt19937 random(kSeed);
    for (const size_t k : lengths()) {
      Halves activations(k);
      for (auto& code : activations) code = draw(random);
      std::vector<Halves> rows(kRows, Halves(k));
      for (auto& row : rows) {
        for (auto& code : row) code = draw(random);
      }
      expect_exact(activations, rows);
    }
  });
}

TEST(SimdDot, SumsOfOrdinaryNumbersAreExact) {
  check_draws([](std::mt19937& random) {
    return half((static_cast<double>(random() % 20001) - 10000) / 3000);
  });
}

TEST(SimdDot, SumsOfArbitraryFiniteCodesAreExact) {
  check_draws([](std::mt19937& random) {
    const auto code = static_cast<uint16_t>(random());
    return numerics::half_is_finite(code) ? code : uint16_t{0x3c00};
  });
}

TEST(SimdDot, SumsOfSubnormalsAreExact) {
  check_draws([](std::mt19937& random) { return static_cast<uint16_t>(random() & 0x83ff); });
}

TEST(SimdDot, SumsOfTheLargestMagnitudesAreExact) {
  check_draws([](std::mt19937& random) {
    return static_cast<uint16_t>((random() & 0x8000) | (numerics::kHalfMax - random() % 3));
  });
}

TEST(SimdDot, RareInfinitiesAndNaNReachTheirRowsAndNoOthers) {
  check_draws([](std::mt19937& random) {
    constexpr uint16_t kNotFinite[] = {0x7c00, 0xfc00, 0x7e00, 0xfd01};
    return random() % 97 == 0 ? kNotFinite[random() % 4]
                              : static_cast<uint16_t>(0x3000 + random() % 4096);
  });
}

// A large sum that lies a hair off the middle between two fp32, or exactly on it.
TEST(SimdDot, SumsAtAndNearHalfwayAreRoundedOnce) {
  on_every_target([] {
    std::mt19937 random(kSeed);
    for (int round = 0; round < 400; ++round) {
      const size_t k = 320;
      Halves activations(k, half(1));
      std::vector<Halves> rows(kRows, Halves(k, 0));
      const size_t spread = random() % 60;
      for (size_t i = 0; i < spread; ++i) {  // pairs that cancel
        const auto code = static_cast<uint16_t>(0x7000 + random() % 0xa00);
        for (auto& row : rows) row[10 + i] = code;
        for (auto& row : rows) row[200 + i] = static_cast<uint16_t>(code | 0x8000);
      }
      activations[1] = activations[2] = half(0x1p-24);
      activations[3] = half(0x1p-10);
      for (size_t n = 0; n < kRows; ++n) {
        rows[n][0] = static_cast<uint16_t>(half(2048) + random() % 1024);  // unit 2^-12 or so
        rows[n][3] = half((random() % 2 == 0 ? 1 : -1) *
                          std::ldexp(1.0, -2 - static_cast<int>(random() % 3)));
        const int hair = static_cast<int>(n % 3) - 1;  // below, on, above
        rows[n][1] = half(hair * 0x1p-24);
      }
      expect_exact(activations, rows);
    }
  });
}

// 64 + 2^-18 is the middle between two fp32. Products of 2^-48 vanish beside 64 in fp64, but
// their sign decides. Magnitudes are as small as the bound allows, so a loose bound is no refuge.
TEST(SimdDot, TermsTooSmallForFp64StillDecideATie) {
  on_every_target([] {
    std::mt19937 random(kSeed);
    for (int round = 0; round < 400; ++round) {
      const size_t k = 3 + random() % 318;
      Halves activations(k, half(0x1p-24));
      std::vector<Halves> rows(kRows, Halves(k, 0));
      const size_t large = random() % k;
      const size_t middle = (large + 1) % k;
      activations[large] = half(8);
      activations[middle] = half(0x1p-9);
      for (auto& row : rows) {
        row[large] = half(8);
        row[middle] = half(random() % 2 == 0 ? 0x1p-9 : 3 * 0x1p-9);
        for (int terms = static_cast<int>(random() % 3); terms >= 0; --terms) {
          const size_t at = (large + 2 + random() % (k - 2)) % k;
          row[at] = half(random() % 2 == 0 ? 0x1p-24 : -0x1p-24);
        }
      }
      expect_exact(activations, rows);
    }
  });
}

TEST(SimdDot, SumsThatCancelToAlmostNothingAreExact) {
  on_every_target([] {
    std::mt19937 random(kSeed);
    for (int round = 0; round < 200; ++round) {
      const size_t k = 2 + 2 * (random() % 159);
      Halves activations(k);
      std::vector<Halves> rows(kRows, Halves(k));
      for (size_t i = 0; i < k; i += 2) {
        activations[i] = activations[i + 1] = static_cast<uint16_t>(random() & 0x7bff);
        for (auto& row : rows) {
          row[i] = static_cast<uint16_t>(random() & 0x7bff);
          row[i + 1] = static_cast<uint16_t>(row[i] | 0x8000);
        }
      }
      for (size_t n = 1; n < kRows; ++n) rows[n][random() % k] ^= 1U;  // row 0 stays at +0
      expect_exact(activations, rows);
    }
  });
}

TEST(SimdDot, ALargerAbsmaxCostsNoExactness) {
  on_every_target([] {
    std::mt19937 random(kSeed);
    Halves a(320);
    Halves w(320);
    for (auto* side : {&a, &w}) {
      for (auto& code : *side) code = half((static_cast<double>(random() % 2001) - 1000) / 500);
    }
    const uint16_t* row = w.data();
    for (const float absmax : {2.0F, 1e3F, 1e9F, 1e30F, std::numeric_limits<float>::infinity()}) {
      float out = 0;
      dot_rows_f16(a.data(), a.size(), &row, 1, &absmax, &out);
      EXPECT_TRUE(same_bits(out, numerics::exact_dot_f16(a, w))) << "seed " << kSeed;
    }
  });
}

TEST(SimdDot, AbsmaxIsTheLargestMagnitudeAndInfiniteForAnythingNotFinite) {
  on_every_target([] {
    for (const size_t n : lengths()) {
      Halves row(n, half(-0.5));
      EXPECT_EQ(absmax_f16(row.data(), n), n == 0 ? 0.0F : 0.5F);
      if (n == 0) continue;
      row[n - 1] = half(-3);
      EXPECT_EQ(absmax_f16(row.data(), n), 3.0F);
      for (const uint16_t code : {0x7c00, 0xfc00, 0x7e00, 0xfe00}) {
        row[n / 2] = code;
        EXPECT_EQ(absmax_f16(row.data(), n), std::numeric_limits<float>::infinity());
      }
    }
  });
}

TEST(SimdDot, Int8SumsAreExactWithTheMostNegativeCodeToo) {
  on_every_target([] {
    std::mt19937 random(kSeed);
    for (const bool extreme : {true, false}) {
      for (const size_t k : lengths()) {
        std::vector<int8_t> activations(k);
        std::vector<std::vector<int8_t>> rows(kRows, std::vector<int8_t>(k));
        const auto draw = [&] { return extreme ? int8_t{-128} : static_cast<int8_t>(random()); };
        for (auto& code : activations) code = draw();
        std::vector<const int8_t*> pointers;
        for (auto& row : rows) {
          for (auto& code : row) code = draw();
          pointers.push_back(row.data());
        }
        std::vector<int32_t> out(kRows + 1, 42);
        dot_rows_i8(activations.data(), k, pointers.data(), kRows, out.data());
        for (size_t n = 0; n < kRows; ++n) {
          ASSERT_EQ(out[n], numerics::exact_dot_i8(activations, rows[n]))
              << "seed " << kSeed << " k " << k << " row " << n;
        }
        ASSERT_EQ(out[kRows], 42) << "wrote past row_count";
      }
    }
  });
}

TEST(SimdDot, TheLongestLengthIsExactAndALongerOneRefused) {
  on_every_target([] {
    const Halves most(numerics::kMaxDotLength, numerics::kHalfMax);
    expect_exact(most, {most});
    const uint16_t* row = most.data();
    float absmax = 1;
    float out = 0;
    EXPECT_THROW(dot_rows_f16(row, numerics::kMaxDotLength + 1, &row, 1, &absmax, &out),
                 InvariantError);
  });
}

}  // namespace
}  // namespace metronome::lpu::simd
