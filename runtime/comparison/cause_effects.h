// SPDX-License-Identifier: Apache-2.0
// What each cause adds to a token, one at a time and all together.
#pragma once

#include <functional>

#include "runtime/comparison/comparison.h"

namespace metronome::comparison {

/// Fills the causes of `result` by running the token at the last position again, warm, with one
/// cause drawn anew in each run. `before` is told before each, with the tokens that it feeds.
void measure_causes(Machine& machine, const Comparison& all, MachineResult& result,
                    const std::function<void(std::int64_t tokens)>& before);

/// Tokens that all runs and causes of a machine feed where a run has `positions` of them.
std::int64_t tokens_to_feed(const Machine& machine, const Settings& settings,
                            std::int64_t positions);

}  // namespace metronome::comparison
