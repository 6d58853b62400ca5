// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/special_functions.h"

#include <bit>
#include <cmath>
#include <limits>

namespace metronome::gpu {

float exp2_approximate(float x) {
  if (std::isnan(x)) return std::bit_cast<float>(0x7FC00000U);
  if (x >= 128.0F) return std::numeric_limits<float>::infinity();
  if (x < -150.0F) return 0.0F;
  // 2^x = 2^n e^(r ln 2), |r| <= 1/2: the Taylor series to r^11 is off by less than 2^-40.
  const double n = std::nearbyint(static_cast<double>(x));
  const double t = (static_cast<double>(x) - n) * 0.69314718055994530942;
  double sum = 1.0;
  for (int k = 11; k >= 1; --k) sum = 1.0 + t / k * sum;
  return static_cast<float>(std::ldexp(sum, static_cast<int>(n)));
}

float reciprocal(float x) { return 1.0F / x; }

float reciprocal_sqrt(float x) {
  if (std::isnan(x) || x < 0.0F) return std::bit_cast<float>(0x7FC00000U);
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(x)));
}

std::int32_t to_integer(float x) {
  if (std::isnan(x)) return 0;
  if (x >= 2147483648.0F) return std::numeric_limits<std::int32_t>::max();
  if (x < -2147483648.0F) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(std::nearbyint(x));
}

}  // namespace metronome::gpu
