// SPDX-License-Identifier: Apache-2.0
// Dot products of MXM: what a column of multipliers adds up before the result leaves the plane.
// fp16 products are summed without any rounding and rounded once, so the result does not depend
// on the order of the sum; int8 is exact in int32.
#pragma once

#include <cstdint>
#include <span>

namespace metronome::numerics {

/// The longest dot product defined. ChipSpec admits planes of at most 320 rows; the rest is room.
inline constexpr int kMaxDotLength = 1024;

/// Exact sum of a[i] * b[i], rounded once to fp32, half to even.
/// An exact sum of zero gives +0. Any infinity or NaN among the inputs gives NaN 0x7fc00000.
/// The result never overflows (at most 1024 * 65504^2 < 2^43) and is never subnormal (every
/// product is a multiple of 2^-48).
/// Shapes: a, b [k] fp16, k <= kMaxDotLength.
/// Errors: InvariantError if the lengths differ or exceed the limit.
float exact_dot_f16(std::span<const uint16_t> a, std::span<const uint16_t> b);

/// Exact sum of a[i] * b[i]; |sum| <= 1024 * 2^14 = 2^24, so int32 never wraps.
/// Shapes: a, b [k] int8, k <= kMaxDotLength.
/// Errors: InvariantError if the lengths differ or exceed the limit.
int32_t exact_dot_i8(std::span<const int8_t> a, std::span<const int8_t> b);

}  // namespace metronome::numerics
