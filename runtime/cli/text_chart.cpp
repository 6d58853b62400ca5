// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/text_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace metronome::cli {
namespace {

/// Marks of one character from empty to full.
using Ramp = std::span<const std::string_view>;

constexpr auto kBlocksAcross =
    std::to_array<std::string_view>({"·", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"});
constexpr auto kAsciiAcross = std::to_array<std::string_view>({".", "=", "#"});
constexpr auto kBlocksUp =
    std::to_array<std::string_view>({" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"});
constexpr auto kAsciiUp = std::to_array<std::string_view>({" ", ".", ":", "#"});
constexpr auto kAsciiDensity =
    std::to_array<std::string_view>({" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"});
constexpr auto kBlockParts =
    std::to_array<std::string_view>({"█", "▓", "▒", "░", "#", "=", "+", "-"});
constexpr auto kAsciiParts =
    std::to_array<std::string_view>({"#", "=", "+", "-", "o", "x", "%", "~"});
constexpr std::string_view kBlockOthers = "·";
constexpr std::string_view kAsciiOthers = ".";

/// 0 for what is no share.
double clamped(double share) { return share > 0.0 ? std::min(share, 1.0) : 0.0; }

/// Steps of `share` out of `steps`: 0 for nothing alone.
std::size_t steps_of(double share, std::size_t steps) {
  if (clamped(share) == 0.0 || steps == 0) return 0;
  const auto rounded =
      static_cast<std::size_t>(std::lround(clamped(share) * static_cast<double>(steps)));
  return std::max<std::size_t>(rounded, 1);
}

/// The mark of the cell that begins after `before` of `filled` steps.
std::string_view mark_of_cell(std::size_t filled, std::size_t before, Ramp ramp) {
  const std::size_t rest = filled > before ? filled - before : 0;
  return ramp[std::min(rest, ramp.size() - 1)];
}

void trim_end(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

/// Parts with a mark's worth of the whole, and last all others together.
std::vector<BarPart> parts_to_show(std::span<const BarPart> parts, double whole,
                                   std::size_t columns, std::size_t most) {
  std::vector<BarPart> shown;
  for (const BarPart& part : parts) {
    if (part.amount * static_cast<double>(columns) >= whole) shown.push_back(part);
  }
  while (shown.size() > most) {
    shown.erase(std::ranges::min_element(shown, {}, &BarPart::amount));
  }
  double rest = whole;
  for (const BarPart& part : shown) rest -= part.amount;
  shown.push_back({"others", rest});
  return shown;
}

}  // namespace

std::string bar(double share, std::size_t columns, const TextStyle& style) {
  const Ramp ramp = style.unicode ? Ramp(kBlocksAcross) : Ramp(kAsciiAcross);
  const std::size_t steps_each = ramp.size() - 1;
  const std::size_t steps = columns * steps_each;
  std::size_t filled = steps_of(share, steps);
  if (share < 1.0 && filled == steps && steps > 0) --filled;
  std::string text;
  for (std::size_t c = 0; c < columns; ++c) text += mark_of_cell(filled, c * steps_each, ramp);
  return text;
}

std::string density_strip(std::span<const double> shares, const TextStyle& style) {
  const Ramp ramp = style.unicode ? Ramp(kBlocksUp) : Ramp(kAsciiDensity);
  std::string text;
  for (const double share : shares) text += ramp[steps_of(share, ramp.size() - 1)];
  trim_end(text);
  return text;
}

std::string histogram(std::span<const std::int64_t> counts, std::size_t lines,
                      const TextStyle& style) {
  const Ramp ramp = style.unicode ? Ramp(kBlocksUp) : Ramp(kAsciiUp);
  const std::size_t steps_each = ramp.size() - 1;
  const std::int64_t largest = counts.empty() ? 0 : *std::ranges::max_element(counts);
  if (largest <= 0) return "";
  std::string text;
  for (std::size_t line = lines; line-- > 0;) {
    std::string row;
    for (const std::int64_t count : counts) {
      const double share = static_cast<double>(count) / static_cast<double>(largest);
      row += mark_of_cell(steps_of(share, lines * steps_each), line * steps_each, ramp);
    }
    trim_end(row);
    text += row + "\n";
  }
  return text;
}

StackedBar stacked_bar(std::span<const BarPart> parts, std::size_t columns,
                       const TextStyle& style) {
  double whole = 0.0;
  for (const BarPart& part : parts) whole += part.amount;
  if (!(whole > 0.0) || columns == 0) return {};
  const Ramp marks = style.unicode ? Ramp(kBlockParts) : Ramp(kAsciiParts);
  const std::vector<BarPart> shown = parts_to_show(parts, whole, columns, marks.size());
  StackedBar stacked;
  double before = 0.0;
  std::size_t at = 0;
  for (std::size_t p = 0; p < shown.size(); ++p) {
    const bool others = p + 1 == shown.size();
    const std::string mark(others ? (style.unicode ? kBlockOthers : kAsciiOthers) : marks[p]);
    before += shown[p].amount;
    const double end = others ? 1.0 : before / whole;
    const std::size_t until = std::min(
        columns,
        static_cast<std::size_t>(std::lround(clamped(end) * static_cast<double>(columns))));
    if (until > at) stacked.legend.push_back(mark + " " + shown[p].name);
    for (; at < until; ++at) stacked.bar += mark;
  }
  return stacked;
}

}  // namespace metronome::cli
