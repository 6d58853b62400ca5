// SPDX-License-Identifier: Apache-2.0
// The special function unit's functions, the same bits on every host.
#pragma once

#include <cstdint>

namespace metronome::gpu {

/// 2^x, error below 2 ulp; subnormal results are kept, NaN gives 0x7fc00000.
float exp2_approximate(float x);
/// 1/x, correctly rounded.
float reciprocal(float x);
/// 1/sqrt(x), error below 1 ulp; NaN below zero.
float reciprocal_sqrt(float x);
/// To the nearest integer, half to even, saturating; NaN gives 0.
std::int32_t to_integer(float x);

}  // namespace metronome::gpu
