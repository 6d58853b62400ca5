// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "hw/isa/error.h"
#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/integer.h"
#include "hw/lpu/simd/elementwise.h"
#include "tests/lpu/simd_every_target.h"

namespace metronome::lpu::simd {
namespace {

constexpr uint32_t kSeed = 3;

template <class T>
struct Unary {
  const char* name;
  void (*kernel)(const T*, T*, size_t);
  T (*definition)(T);
};

template <class T>
struct Binary {
  const char* name;
  void (*kernel)(const T*, const T*, T*, size_t);
  T (*definition)(T, T);
};

struct WithScalar {
  const char* name;
  void (*kernel)(const float*, float, float*, size_t);
  float (*definition)(float, float);
};

const Unary<float> kUnaryF32[] = {{"relu", relu_f32, numerics::vxm_relu},
                                  {"negate", negate_f32, numerics::vxm_negate},
                                  {"exp", exp_f32, numerics::vxm_exp},
                                  {"tanh", tanh_f32, numerics::vxm_tanh},
                                  {"rsqrt", rsqrt_f32, numerics::vxm_rsqrt}};

const Binary<float> kBinaryF32[] = {{"add", add_f32, numerics::vxm_add},
                                    {"subtract", subtract_f32, numerics::vxm_subtract},
                                    {"multiply", multiply_f32, numerics::vxm_multiply},
                                    {"max", max_f32, numerics::vxm_max},
                                    {"min", min_f32, numerics::vxm_min}};

const WithScalar kScalarF32[] = {{"add", add_scalar_f32, numerics::vxm_add},
                                 {"subtract", subtract_scalar_f32, numerics::vxm_subtract},
                                 {"multiply", multiply_scalar_f32, numerics::vxm_multiply},
                                 {"max", max_scalar_f32, numerics::vxm_max},
                                 {"min", min_scalar_f32, numerics::vxm_min}};

const Binary<int32_t> kBinaryI32[] = {
    {"add_saturating", add_saturating_i32, numerics::add_saturating},
    {"subtract_saturating", subtract_saturating_i32, numerics::subtract_saturating},
    {"multiply_saturating", multiply_saturating_i32, numerics::multiply_saturating},
    {"add_modulo", add_modulo_i32, numerics::add_modulo},
    {"subtract_modulo", subtract_modulo_i32, numerics::subtract_modulo},
    {"multiply_modulo", multiply_modulo_i32, numerics::multiply_modulo}};

const Binary<uint32_t> kBitwise[] = {
    {"and", and_u32, [](uint32_t a, uint32_t b) { return a & b; }},
    {"or", or_u32, [](uint32_t a, uint32_t b) { return a | b; }},
    {"xor", xor_u32, [](uint32_t a, uint32_t b) { return a ^ b; }}};

// `out` has one element more than the kernel may write, of value `guard`.
template <class T>
void expect_equal(const std::vector<T>& expected, const std::vector<T>& out, T guard) {
  const size_t n = expected.size();
  for (size_t i = 0; i < n; ++i) {
    ASSERT_TRUE(same_bits(out[i], expected[i]))
        << "seed " << kSeed << " n " << n << " i " << i << ": " << +out[i] << " instead of "
        << +expected[i];
  }
  ASSERT_TRUE(same_bits(out[n], guard)) << "seed " << kSeed << " n " << n << ": wrote past n";
}

// Offset by one element so that nothing is aligned; inputs end where their allocation ends.
template <class T>
std::vector<T> inputs(size_t n, std::mt19937& random) {
  return reinterpret<T>(awkward_words(n + 1, random));
}

template <class T>
void check_binary(const Binary<T>& row) {
  SCOPED_TRACE(row.name);
  std::mt19937 random(kSeed);
  for (const size_t n : lengths()) {
    const auto a = inputs<T>(n, random);
    const auto b = inputs<T>(n, random);
    std::vector<T> expected(n);
    for (size_t i = 0; i < n; ++i) expected[i] = row.definition(a[i + 1], b[i + 1]);
    std::vector<T> out(n + 1, T{42});
    row.kernel(a.data() + 1, b.data() + 1, out.data(), n);
    expect_equal(expected, out, T{42});
    for (const bool over_first : {true, false}) {
      std::vector<T> shared((over_first ? a : b).begin() + 1, (over_first ? a : b).end());
      shared.push_back(T{42});
      row.kernel(over_first ? shared.data() : a.data() + 1,
                 over_first ? b.data() + 1 : shared.data(), shared.data(), n);
      expect_equal(expected, shared, T{42});
    }
  }
}

TEST(SimdElementwise, UnaryKernelsEqualTheirDefinitionsAtEveryLengthInPlaceToo) {
  on_every_target([] {
    for (const auto& row : kUnaryF32) {
      SCOPED_TRACE(row.name);
      std::mt19937 random(kSeed);
      for (const size_t n : lengths()) {
        const auto a = inputs<float>(n, random);
        std::vector<float> expected(n);
        for (size_t i = 0; i < n; ++i) expected[i] = row.definition(a[i + 1]);
        std::vector<float> out(n + 1, 42.0F);
        row.kernel(a.data() + 1, out.data(), n);
        expect_equal(expected, out, 42.0F);
        std::vector<float> shared(a.begin() + 1, a.end());
        shared.push_back(42.0F);
        row.kernel(shared.data(), shared.data(), n);
        expect_equal(expected, shared, 42.0F);
      }
    }
  });
}

TEST(SimdElementwise, UnaryKernelsEqualTheirDefinitionsOverASweepOfAllFloats) {
  constexpr uint32_t kStride = 40009;
  std::vector<float> x;
  for (uint64_t code = 0; code <= 0xffffffffU; code += kStride) {
    x.push_back(std::bit_cast<float>(static_cast<uint32_t>(code)));
  }
  for (int i = -4000; i < 4000; ++i) x.push_back(static_cast<float>(i) * 0.0271F);
  on_every_target([&x] {
    for (const auto& row : kUnaryF32) {
      SCOPED_TRACE(row.name);
      std::vector<float> out(x.size());
      row.kernel(x.data(), out.data(), x.size());
      for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_TRUE(same_bits(out[i], row.definition(x[i]))) << "x " << x[i];
      }
    }
  });
}

TEST(SimdElementwise, BinaryFloatKernelsEqualTheirDefinitionsAtEveryLengthInPlaceToo) {
  on_every_target([] {
    for (const auto& row : kBinaryF32) check_binary(row);
  });
}

TEST(SimdElementwise, IntegerKernelsEqualTheirDefinitionsAtEveryLengthInPlaceToo) {
  on_every_target([] {
    for (const auto& row : kBinaryI32) check_binary(row);
    for (const auto& row : kBitwise) check_binary(row);
  });
}

TEST(SimdElementwise, ABroadcastScalarActsAsAVectorOfEquals) {
  on_every_target([] {
    for (const auto& row : kScalarF32) {
      SCOPED_TRACE(row.name);
      std::mt19937 random(kSeed);
      for (const size_t n : lengths()) {
        auto a = inputs<float>(n, random);
        const float b = reinterpret<float>(awkward_words(1, random))[0];
        std::vector<float> expected(n);
        for (size_t i = 0; i < n; ++i) expected[i] = row.definition(a[i + 1], b);
        std::vector<float> out(n + 1, 42.0F);
        row.kernel(a.data() + 1, b, out.data(), n);
        expect_equal(expected, out, 42.0F);
      }
    }
  });
}

TEST(SimdElementwise, SaturatingProductsAreExactAroundTheLimits) {
  const std::vector<int32_t> edges = {
      0,      1,     -1,    2,      -2,         46340,       46341,           -46340,
      -46341, 65535, 65536, -65536, 2147483647, -2147483647, -2147483647 - 1, 1 << 30};
  std::vector<int32_t> a;
  std::vector<int32_t> b;
  for (const int32_t x : edges) {
    for (const int32_t y : edges) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  on_every_target([&] {
    std::vector<int32_t> out(a.size());
    multiply_saturating_i32(a.data(), b.data(), out.data(), a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(out[i], numerics::multiply_saturating(a[i], b[i])) << a[i] << " * " << b[i];
    }
  });
}

TEST(SimdElementwise, ShiftsEqualTheirDefinitionsForEveryCount) {
  on_every_target([] {
    std::mt19937 random(kSeed);
    for (int count = 0; count < 32; ++count) {
      const auto a = awkward_words(67, random);
      const auto as_signed = reinterpret<int32_t>(a);
      std::vector<uint32_t> left(a.size());
      std::vector<int32_t> right(a.size());
      shift_left_u32(a.data(), count, left.data(), a.size());
      shift_right_arithmetic_i32(as_signed.data(), count, right.data(), a.size());
      for (size_t i = 0; i < a.size(); ++i) {
        ASSERT_EQ(left[i], numerics::shift_left(a[i], count)) << "seed " << kSeed;
        ASSERT_EQ(right[i], numerics::shift_right_arithmetic(as_signed[i], count)) << kSeed;
      }
    }
  });
  uint32_t word = 1;
  EXPECT_THROW(shift_left_u32(&word, 32, &word, 1), InvariantError);
}

}  // namespace
}  // namespace metronome::lpu::simd
