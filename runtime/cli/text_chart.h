// SPDX-License-Identifier: Apache-2.0
// Charts in plain characters, for a terminal and a file alike. Pure: a chart depends on its
// arguments only. There are no escape codes, and no line is wider than asked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace metronome::cli {

/// What the reader can be shown.
struct TextStyle {
  bool unicode = false;    // block and line characters; otherwise ASCII alone
  std::size_t width = 80;  // columns of a line, 40 or more
};

/// A share of 0 to 1 as a bar of exactly `columns`. All above 0 shows, all below 1 leaves a gap.
std::string bar(double share, std::size_t columns, const TextStyle& style);

/// One character for each share of 0 to 1, the denser the larger; blank for 0 alone.
std::string density_strip(std::span<const double> shares, const TextStyle& style);

/// A column for each count, in `lines` lines: the largest count is as high as all of them, and
/// none above 0 is invisible. Empty without counts above 0.
std::string histogram(std::span<const std::int64_t> counts, std::size_t lines,
                      const TextStyle& style);

struct BarPart {
  std::string name;
  double amount = 0.0;  // in the unit of all parts
};

/// Parts side by side, each with a mark of its own; what is too small for a mark is `others`.
struct StackedBar {
  std::string bar;                  // exactly as wide as asked; empty if there is nothing to show
  std::vector<std::string> legend;  // "# issued", by the order in the bar
};
StackedBar stacked_bar(std::span<const BarPart> parts, std::size_t columns, const TextStyle& style);

}  // namespace metronome::cli
