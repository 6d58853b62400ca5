// SPDX-License-Identifier: Apache-2.0
// Selectors with which the public functions of elementwise.h name a kernel to the dispatcher.
#pragma once

namespace metronome::lpu::simd {

enum class BinaryF32 { kAdd, kSubtract, kMultiply, kMax, kMin };
enum class UnaryF32 { kRelu, kNegate, kExp, kTanh, kRsqrt };
enum class BinaryI32 {
  kAddSaturating,
  kSubtractSaturating,
  kMultiplySaturating,
  kAddModulo,
  kSubtractModulo,
  kMultiplyModulo
};
enum class Bitwise { kAnd, kOr, kXor };

}  // namespace metronome::lpu::simd
