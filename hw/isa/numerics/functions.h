// SPDX-License-Identifier: Apache-2.0
// fp32 arithmetic of VXM: each function is a fixed sequence of IEEE 754 operations (add,
// multiply, divide, square root, all to nearest even, none fused) and of bit operations, so that
// every host, compiler and vector width computes the same bits. hw/lpu/simd repeats the same
// sequences. Arithmetic that yields a NaN yields the canonical 0x7fc00000.
#pragma once

namespace metronome::numerics {

// Bounds on |result - exact| / |exact|, tested against long double over dense sweeps. Not part of
// any published chip: ours, stated so that programs can rely on them.
inline constexpr double kExpMaxRelativeError = 0x1.8p-24;
inline constexpr double kTanhMaxRelativeError = 0x1.4p-23;
inline constexpr double kRsqrtMaxRelativeError = 0x1.9p-24;

// exp below the first gives +0 (results under the smallest normal are flushed), above the second
// +infinity.
inline constexpr float kExpLowest = -0x1.5d589ep6F;  // -87.336540, exp >= 2^-126
inline constexpr float kExpHighest = 0x1.62e42ep6F;  // 88.722832, exp < 2^128

/// a + b, a - b, a * b in fp32, with canonical NaN.
float vxm_add(float a, float b);
float vxm_subtract(float a, float b);
float vxm_multiply(float a, float b);

/// a > b ? a : b, and a < b ? a : b; so of +0 and -0 the second is taken. NaN if either is NaN.
float vxm_max(float a, float b);
float vxm_min(float a, float b);

/// x > 0 ? x : +0; NaN stays NaN.
float vxm_relu(float x);

/// Flips the sign bit, of NaN too; no other bit changes.
float vxm_negate(float x);

/// e^x: in [0, inf], monotone, exactly 1 at +-0, never above 1 for x <= 0.
/// exp(-inf) = 0, exp(+inf) = inf; relative error at most kExpMaxRelativeError in between.
float vxm_exp(float x);

/// Hyperbolic tangent: odd (signed zeros kept), |result| <= 1, monotone; relative error at most
/// kTanhMaxRelativeError.
float vxm_tanh(float x);

/// 1 / sqrt(x): by IEEE square root, then IEEE division.
/// +0 gives inf, -0 gives -inf, inf gives 0, x < 0 gives NaN.
float vxm_rsqrt(float x);

}  // namespace metronome::numerics
