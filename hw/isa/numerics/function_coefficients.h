// SPDX-License-Identifier: Apache-2.0
// Constants of vxm_exp and vxm_tanh, shared by the scalar definition and the SIMD kernels.
// Polynomials: Cephes single precision library (S. Moshier), expf.c and tanhf.c.
#pragma once

#include <array>

namespace metronome::numerics {

// exp(x) = 2^n * exp(r), n = round(x / ln 2), r = x - n * ln 2 in two steps: the high part has 9
// significant bits and |n| <= 128, so n * kLn2High is exact.
inline constexpr float kLog2E = 0x1.715476p0F;
inline constexpr float kLn2High = 0.693359375F;    // 355 / 512
inline constexpr float kLn2Low = -2.12194440e-4F;  // ln 2 - kLn2High
inline constexpr float kRoundToUnits = 0x1.8p23F;  // x + this - this rounds |x| < 2^22 to units

// exp(r) = 1 + (r + r^2 * p(r)) for |r| <= ln 2 / 2; highest power first.
inline constexpr std::array<float, 6> kExpPolynomial = {1.9875691500e-4F, 1.3981999507e-3F,
                                                        8.3334519073e-3F, 4.1665795894e-2F,
                                                        1.6666665459e-1F, 5.0000001201e-1F};

// tanh(x) = x + x * (x^2 * p(x^2)) for |x| < kTanhPolynomialLimit; highest power first.
// From there on tanh(x) = 1 - 2 / (exp(2 x) + 1).
inline constexpr float kTanhPolynomialLimit = 0.625F;
inline constexpr std::array<float, 5> kTanhPolynomial = {-5.70498872745e-3F, 2.06390887954e-2F,
                                                         -5.37397155531e-2F, 1.33314422036e-1F,
                                                         -3.33332819422e-1F};

}  // namespace metronome::numerics
