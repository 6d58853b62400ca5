// SPDX-License-Identifier: Apache-2.0
// What a GPU model gives, on the line of what is accepted and what was published.
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/text_chart.h"
#include "runtime/probe/probe.h"

namespace metronome::cli {

/// A line for each test with a tolerance, and what its marks mean. An exact test has nothing to
/// draw: the value is the published one or it is not.
std::string probe_chart(const std::vector<runtime::ProbeRow>& rows, const TextStyle& style);

}  // namespace metronome::cli
