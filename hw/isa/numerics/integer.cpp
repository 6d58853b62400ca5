// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/numerics/integer.h"

#include <algorithm>
#include <limits>

#include "hw/isa/error.h"

namespace metronome::numerics {
namespace {

constexpr int64_t kInt32Min = std::numeric_limits<int32_t>::min();
constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

// To the nearest integer, ties to even, for |value| < 2^51: the sum has units as its last place.
double round_half_even(float value) {
  constexpr double kUnits = 0x1.8p52;
  return (static_cast<double>(value) + kUnits) - kUnits;
}

int32_t clamp_to_int32(int64_t value) {
  return static_cast<int32_t>(std::clamp(value, kInt32Min, kInt32Max));
}

}  // namespace

int8_t float_to_int8_saturating(float value) {
  if (value != value) return 0;
  return static_cast<int8_t>(round_half_even(std::clamp(value, -128.0F, 127.0F)));
}

int32_t float_to_int32_saturating(float value) {
  if (value != value) return 0;
  if (value >= 0x1p31F) return static_cast<int32_t>(kInt32Max);
  if (value <= -0x1p31F) return static_cast<int32_t>(kInt32Min);
  return static_cast<int32_t>(round_half_even(value));
}

int8_t int32_to_int8_saturating(int32_t value) {
  return static_cast<int8_t>(std::clamp(value, -128, 127));
}

int32_t add_saturating(int32_t a, int32_t b) { return clamp_to_int32(int64_t{a} + b); }
int32_t subtract_saturating(int32_t a, int32_t b) { return clamp_to_int32(int64_t{a} - b); }
int32_t multiply_saturating(int32_t a, int32_t b) { return clamp_to_int32(int64_t{a} * b); }

int32_t add_modulo(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

int32_t subtract_modulo(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

int32_t multiply_modulo(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
}

uint32_t shift_left(uint32_t value, int count) {
  check(count >= 0 && count <= 31, "numerics", 0, "shift_left: count outside [0, 31]");
  return value << count;
}

int32_t shift_right_arithmetic(int32_t value, int count) {
  check(count >= 0 && count <= 31, "numerics", 0, "shift_right_arithmetic: count outside [0, 31]");
  return value >> count;
}

}  // namespace metronome::numerics
