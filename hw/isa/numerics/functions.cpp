// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/numerics/functions.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "hw/isa/numerics/function_coefficients.h"
#include "hw/isa/numerics/half.h"

namespace metronome::numerics {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr uint32_t kSignBit = 0x80000000;

bool is_nan(float x) { return x != x; }
float nan() { return std::bit_cast<float>(kFloatNaNBits); }
float canonical(float x) { return is_nan(x) ? nan() : x; }

}  // namespace

float vxm_add(float a, float b) { return canonical(a + b); }
float vxm_subtract(float a, float b) { return canonical(a - b); }
float vxm_multiply(float a, float b) { return canonical(a * b); }

float vxm_max(float a, float b) {
  if (is_nan(a) || is_nan(b)) return nan();
  return a > b ? a : b;
}

float vxm_min(float a, float b) {
  if (is_nan(a) || is_nan(b)) return nan();
  return a < b ? a : b;
}

float vxm_relu(float x) {
  if (is_nan(x)) return nan();
  return x > 0.0F ? x : 0.0F;
}

float vxm_negate(float x) { return std::bit_cast<float>(std::bit_cast<uint32_t>(x) ^ kSignBit); }

float vxm_exp(float x) {
  if (is_nan(x)) return nan();
  if (x > kExpHighest) return kInfinity;
  if (x < kExpLowest) return 0.0F;
  // The low mantissa bits of `shifted` hold n, so adding them to the exponent multiplies by 2^n.
  const float shifted = x * kLog2E + kRoundToUnits;
  const float n = shifted - kRoundToUnits;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = kExpPolynomial[0];
  for (std::size_t i = 1; i < kExpPolynomial.size(); ++i) p = p * r + kExpPolynomial[i];
  const float mantissa = ((r * r) * p + r) + 1.0F;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(mantissa) +
                              (std::bit_cast<uint32_t>(shifted) << 23));
}

float vxm_tanh(float x) {
  if (is_nan(x)) return nan();
  const uint32_t sign = std::bit_cast<uint32_t>(x) & kSignBit;
  const float magnitude = std::bit_cast<float>(std::bit_cast<uint32_t>(x) & ~kSignBit);
  float result = 0.0F;
  if (magnitude < kTanhPolynomialLimit) {
    const float square = magnitude * magnitude;
    float p = kTanhPolynomial[0];
    for (std::size_t i = 1; i < kTanhPolynomial.size(); ++i) p = p * square + kTanhPolynomial[i];
    result = magnitude * (square * p) + magnitude;
  } else {
    result = 1.0F - 2.0F / (vxm_exp(magnitude + magnitude) + 1.0F);
  }
  return std::bit_cast<float>(std::bit_cast<uint32_t>(result) | sign);
}

float vxm_rsqrt(float x) { return canonical(1.0F / std::sqrt(x)); }

}  // namespace metronome::numerics
