// SPDX-License-Identifier: Apache-2.0
// What a comparison looks like: all machines on one axis of time, whatever their clocks.
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/text_chart.h"
#include "runtime/comparison/comparison.h"

namespace metronome::cli {

/// Tokens of all runs, from 0; then the last position's, around each machine's own median.
std::string token_charts(const comparison::Comparison& found, const TextStyle& style);
/// Single accesses, from 0.
std::string access_chart(const comparison::Comparison& found, const TextStyle& style);

/// What each cause adds, from the least to the most, on one axis of cycles: a line for each.
struct CauseBars {
  std::string title;  // the ends of the axis
  std::vector<std::string> lines;
};
CauseBars cause_bars(const std::vector<comparison::Summary>& added, std::size_t columns,
                     const TextStyle& style);

}  // namespace metronome::cli
