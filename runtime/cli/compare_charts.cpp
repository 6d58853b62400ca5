// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/compare_charts.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "runtime/cli/numbers.h"
#include "runtime/cli/text_axis.h"

namespace metronome::cli {
namespace {

using comparison::Comparison;
using comparison::Distribution;
using comparison::MachineResult;
using comparison::Summary;

constexpr std::size_t kLines = 3;  // of a histogram

struct TimeUnit {
  const char* name;
  double in_a_second;
};

/// In which `seconds` is a number of at most five digits.
TimeUnit unit_for(double seconds) {
  if (seconds < 1e-5) return {"ns", 1e9};
  if (seconds < 1e-2) return {"us", 1e6};
  return {"ms", 1e3};
}

/// One machine's observations.
struct Shape {
  std::string name;
  Distribution cycles;
  Summary summary;
  double seconds_a_cycle = 0.0;
  std::int64_t zero_cycles = 0;  // that stand at 0 of the axis

  double seconds(std::int64_t value) const {
    return static_cast<double>(value - zero_cycles) * seconds_a_cycle;
  }
};

std::vector<Shape> shapes_of(const Comparison& found,
                             const std::function<Distribution(const MachineResult&)>& cycles_of) {
  std::vector<Shape> shapes;
  for (const MachineResult& machine : found.machines) {
    Shape shape{machine.name, cycles_of(machine), {}, 1.0 / static_cast<double>(machine.clock_hz)};
    shape.summary = shape.cycles.summary();
    if (shape.summary.count > 0) shapes.push_back(std::move(shape));
  }
  return shapes;
}

/// One below the other, and the axis of all below them. `facts` tells what stands above a shape.
std::string shapes_text(const std::string& title, const std::vector<Shape>& shapes,
                        const std::function<std::string(const Shape&)>& facts,
                        const TextStyle& style) {
  if (shapes.empty()) return "";
  double low = 0.0;
  double high = 0.0;
  for (const Shape& shape : shapes) {
    low = std::min(low, shape.seconds(shape.summary.min));
    high = std::max(high, shape.seconds(shape.summary.max));
  }
  const TimeUnit unit = unit_for(std::max(high, -low));
  const Axis axis = rounded_axis(low * unit.in_a_second, high * unit.in_a_second);
  const double column = (axis.to - axis.from) / static_cast<double>(style.width);
  std::string text =
      wrapped_text(fmt::format("{}; a column is {:.2g} {}", title, column, unit.name), style.width);
  for (const Shape& shape : shapes) {
    const double scale = shape.seconds_a_cycle * unit.in_a_second;
    const double offset = -static_cast<double>(shape.zero_cycles) * scale;
    const std::vector<std::int64_t> counts =
        column_counts(shape.cycles.times(), scale, offset, axis, style.width);
    text += wrapped_text(fmt::format("{}: {}, the highest column {}", shape.name, facts(shape),
                                     grouped(*std::ranges::max_element(counts))),
                         style.width);
    text += histogram(counts, kLines, style);
  }
  return text + ruler(axis, style.width, unit.name, style);
}

std::string microseconds_text(const Shape& shape, std::int64_t cycles) {
  return fmt::format("{:.3f} us", static_cast<double>(cycles) * shape.seconds_a_cycle * 1e6);
}

}  // namespace

std::string token_charts(const Comparison& found, const TextStyle& style) {
  const std::vector<Shape> all =
      shapes_of(found, [](const MachineResult& m) { return m.cycles_of_all_tokens(); });
  std::string text = shapes_text(
      "How long a token takes, of all tokens of all runs", all,
      [](const Shape& shape) { return counted(shape.summary.count, "token"); }, style);
  const std::size_t last = found.fed.size() - 1;
  std::vector<Shape> around =
      shapes_of(found, [&](const MachineResult& m) { return m.cycles_at(last); });
  for (Shape& shape : around) shape.zero_cycles = shape.summary.p50;
  return text + "\n" +
         shapes_text(
             "The last token's distance from its machine's median", around,
             [](const Shape& shape) {
               return fmt::format("{}, median {}", counted(shape.summary.count, "run"),
                                  microseconds_text(shape, shape.summary.p50));
             },
             style);
}

std::string access_chart(const Comparison& found, const TextStyle& style) {
  return shapes_text(
      "How long one access takes",
      shapes_of(found, [](const MachineResult& m) { return m.accesses; }),
      [](const Shape& shape) { return grouped(shape.summary.count); }, style);
}

CauseBars cause_bars(const std::vector<Summary>& added, std::size_t columns,
                     const TextStyle& style) {
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (const Summary& s : added) {
    least = std::min(least, s.min);
    most = std::max(most, s.max);
  }
  CauseBars bars;
  const Axis axis{static_cast<double>(least), static_cast<double>(most)};
  const std::string from = grouped(least);
  const std::string to = (most > 0 ? "+" : "") + grouped(most);
  const std::size_t between = columns - std::min(columns - 1, from.size() + to.size());
  bars.title = from + std::string(between, ' ') + to;
  for (const Summary& s : added) {
    MarkLine line(axis, columns, " ");
    line.fill(static_cast<double>(s.min), static_cast<double>(s.max), style.unicode ? "━" : "=");
    line.put(0.0, style.unicode ? "│" : "|");
    line.put(static_cast<double>(s.p50), style.unicode ? "●" : "o");
    bars.lines.push_back(line.text());
  }
  return bars;
}

}  // namespace metronome::cli
