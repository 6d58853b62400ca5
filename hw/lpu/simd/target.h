// SPDX-License-Identifier: Apache-2.0
// Which host vector instructions the kernels run on. Every target computes the same bits; tests
// force each in turn. Process-wide: call only while no kernel runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace metronome::lpu::simd {

/// Names of the targets this host can run, best first, such as "AVX3", "AVX2", "SSE4".
std::vector<std::string> supported_targets();

/// Makes all kernels run on the named target until reset_target().
/// Errors: UserError if supported_targets() lacks the name.
void force_target(std::string_view name);

/// Back to the best target of this host.
void reset_target();

}  // namespace metronome::lpu::simd
