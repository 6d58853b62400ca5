// SPDX-License-Identifier: Apache-2.0
// Constants of the int8 forms of activations.
#pragma once

namespace metronome::ops {

inline constexpr float kLeastActivation =
    1e-30F;                                 // a vector's largest value counts as this at least
inline constexpr float kSteps8 = 127.0F;    // of the largest value, in one int8
inline constexpr float kHighStep = 256.0F;  // one step of the high half, in steps of the low
inline constexpr float kSteps16 = kSteps8 * kHighStep;

}  // namespace metronome::ops
