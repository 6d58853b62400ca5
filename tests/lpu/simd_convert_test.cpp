// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "hw/isa/numerics/bfloat16.h"
#include "hw/isa/numerics/half.h"
#include "hw/isa/numerics/integer.h"
#include "hw/lpu/simd/convert.h"
#include "tests/lpu/simd_every_target.h"

namespace metronome::lpu::simd {
namespace {

constexpr uint32_t kSeed = 5;

// Runs kernel over `in` at an odd offset and compares with definition, element by element.
template <class In, class Out>
void expect_kernel_equals(const std::vector<In>& in, size_t offset,
                          void (*kernel)(const In*, Out*, size_t), Out (*definition)(In)) {
  const size_t n = in.size() - offset;
  std::vector<Out> out(n + 1, Out{42});
  kernel(in.data() + offset, out.data(), n);
  for (size_t i = 0; i < n; ++i) {
    ASSERT_TRUE(same_bits(out[i], definition(in[i + offset])))
        << "seed " << kSeed << " n " << n << " i " << i << ": input " << +in[i + offset] << " gave "
        << +out[i] << " instead of " << +definition(in[i + offset]);
  }
  ASSERT_EQ(out[n], Out{42}) << "seed " << kSeed << " n " << n << ": wrote past n";
}

template <class In, class Out>
void check_lengths(const char* name, void (*kernel)(const In*, Out*, size_t),
                   Out (*definition)(In)) {
  SCOPED_TRACE(name);
  std::mt19937 random(kSeed);
  for (const size_t n : lengths()) {
    expect_kernel_equals(reinterpret<In>(awkward_words(n + 1, random)), 1, kernel, definition);
  }
}

int32_t widen(int8_t x) { return x; }
float widen_to_float(int8_t x) { return static_cast<float>(x); }
float round_to_float(int32_t x) { return static_cast<float>(x); }

TEST(SimdConvert, EveryConversionEqualsItsDefinitionAtEveryLength) {
  on_every_target([] {
    check_lengths("f16_to_f32", f16_to_f32, numerics::half_to_float);
    check_lengths("f32_to_f16", f32_to_f16, numerics::float_to_half);
    check_lengths("f32_to_f16_saturating", f32_to_f16_saturating,
                  numerics::float_to_half_saturating);
    check_lengths("bf16_to_f32", bf16_to_f32, numerics::bfloat16_to_float);
    check_lengths("f32_to_bf16", f32_to_bf16, numerics::float_to_bfloat16);
    check_lengths("f32_to_bf16_saturating", f32_to_bf16_saturating,
                  numerics::float_to_bfloat16_saturating);
    check_lengths("i8_to_i32", i8_to_i32, widen);
    check_lengths("i8_to_f32", i8_to_f32, widen_to_float);
    check_lengths("i32_to_f32", i32_to_f32, round_to_float);
    check_lengths("i32_to_i8_saturating", i32_to_i8_saturating, numerics::int32_to_int8_saturating);
    check_lengths("f32_to_i32_saturating", f32_to_i32_saturating,
                  numerics::float_to_int32_saturating);
    check_lengths("f32_to_i8_saturating", f32_to_i8_saturating, numerics::float_to_int8_saturating);
  });
}

TEST(SimdConvert, All65536CodesWidenAsDefined) {
  std::vector<uint16_t> codes(65536);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint16_t>(i);
  on_every_target([&codes] {
    expect_kernel_equals(codes, 0, f16_to_f32, numerics::half_to_float);
    expect_kernel_equals(codes, 0, bf16_to_f32, numerics::bfloat16_to_float);
  });
}

TEST(SimdConvert, EveryHalfwayPointAndItsNeighboursNarrowAsDefined) {
  std::vector<float> points;
  for (uint32_t code = 0; code <= 0xffff; ++code) {
    for (const uint32_t rest : {0x7fffU, 0x8000U, 0x8001U}) {  // between bf16 codes
      points.push_back(std::bit_cast<float>(code << 16 | rest));
    }
    for (const uint32_t step : {0U, 1U, 2U}) {  // between fp16 codes
      const float low = numerics::half_to_float(static_cast<uint16_t>(code));
      const float high = numerics::half_to_float(static_cast<uint16_t>(code + 1));
      const uint32_t middle = std::bit_cast<uint32_t>((low + high) / 2);
      points.push_back(std::bit_cast<float>(middle + step - 1));
    }
  }
  on_every_target([&points] {
    expect_kernel_equals(points, 0, f32_to_f16, numerics::float_to_half);
    expect_kernel_equals(points, 0, f32_to_f16_saturating, numerics::float_to_half_saturating);
    expect_kernel_equals(points, 0, f32_to_bf16, numerics::float_to_bfloat16);
    expect_kernel_equals(points, 0, f32_to_bf16_saturating, numerics::float_to_bfloat16_saturating);
  });
}

TEST(SimdConvert, TiesBetweenIntegersGoToEven) {
  std::vector<float> points;
  for (int twice = -300; twice <= 300; ++twice) {
    const float point = static_cast<float>(twice) / 2;
    for (const float x : {std::nextafter(point, -1e9F), point, std::nextafter(point, 1e9F)}) {
      points.push_back(x);
      points.push_back(x + 4194304.0F);
      points.push_back(x - 8388608.0F);
    }
  }
  on_every_target([&points] {
    expect_kernel_equals(points, 0, f32_to_i8_saturating, numerics::float_to_int8_saturating);
    expect_kernel_equals(points, 0, f32_to_i32_saturating, numerics::float_to_int32_saturating);
  });
}

}  // namespace
}  // namespace metronome::lpu::simd
