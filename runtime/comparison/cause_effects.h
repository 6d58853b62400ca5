// SPDX-License-Identifier: Apache-2.0
// What each cause adds to a token, one at a time and all together.
#pragma once

#include <functional>

#include "runtime/comparison/comparison.h"

namespace metronome::comparison {

/// Fills the causes of `result` by running the token at the last position again, warm, with one
/// cause drawn anew in each run. `on_token` is told before each of the machine's tokens.
void measure_causes(Machine& machine, const Comparison& all, MachineResult& result,
                    const std::function<void()>& on_token);

/// Tokens that all runs and causes of a machine feed where a run has `positions` of them.
std::int64_t tokens_to_feed(const Machine& machine, const Settings& settings,
                            std::int64_t positions);

}  // namespace metronome::comparison
