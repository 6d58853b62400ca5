// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/text_axis.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "runtime/cli/numbers.h"

namespace metronome::cli {
namespace {

constexpr double kLeastSteps = 2.0;
constexpr double kMostSteps = 6.0;
constexpr double kColumnsOfNumber = 12.0;

/// The least of 1, 2 and 5 times a power of ten that takes at most `steps` steps over `length`.
double round_step(double length, double steps) {
  const double power = std::pow(10.0, std::floor(std::log10(length / steps)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (length <= factor * power * steps * (1.0 + 1e-9)) return factor * power;
  }
  return 10.0 * power;
}

std::string number_text(double value, double step) {
  if (step >= 1.0) return grouped(std::llround(value));
  const auto digits = static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  const std::string text = fmt::format("{:.{}f}", value, digits);
  return text.find_first_not_of("-0.") == std::string::npos ? "0" : text;
}

/// Below its mark, or as near as the line's ends allow; nothing where another number stands.
void place(std::string& line, std::size_t column, const std::string& value,
           const std::string& unit) {
  const std::string number = value + unit;
  if (number.size() > line.size()) return;
  const std::size_t middle = value.size() / 2;
  const std::size_t at =
      std::min(column > middle ? column - middle : 0, line.size() - number.size());
  const std::size_t before = at > 0 ? at - 1 : 0;
  if (line.find_first_not_of(' ', before) < at + number.size() + 1) return;
  line.replace(at, number.size(), number);
}

}  // namespace

Axis rounded_axis(double low, double high) {
  if (!(high > low)) return {low - 1.0, low + 1.0};
  const double step = round_step(high - low, kMostSteps);
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step};
}

std::size_t column_of(double value, const Axis& axis, std::size_t columns) {
  if (!(axis.to > axis.from) || !(value > axis.from) || columns == 0) return 0;
  if (value >= axis.to) return columns - 1;
  const double share = (value - axis.from) / (axis.to - axis.from);
  return std::min(columns - 1,
                  static_cast<std::size_t>(share * static_cast<double>(columns) + 1e-9));
}

std::vector<std::int64_t> column_counts(const std::map<std::int64_t, std::int64_t>& times,
                                        double scale, double offset, const Axis& axis,
                                        std::size_t columns) {
  std::vector<std::int64_t> counts(columns);
  if (columns == 0) return counts;
  for (const auto& [value, count] : times) {
    counts[column_of(static_cast<double>(value) * scale + offset, axis, columns)] += count;
  }
  return counts;
}

std::string ruler(const Axis& axis, std::size_t columns, std::string_view unit,
                  const TextStyle& style) {
  if (!(axis.to > axis.from) || columns == 0) return "";
  const double most =
      std::clamp(static_cast<double>(columns) / kColumnsOfNumber, kLeastSteps, kMostSteps);
  const double step = round_step(axis.to - axis.from, most);
  MarkLine line(axis, columns, style.unicode ? "─" : "-");
  std::string numbers(columns, ' ');
  const double first = std::ceil(axis.from / step - 1e-9);
  const double last = std::floor(axis.to / step + 1e-9);
  for (double n = last; n >= first; n -= 1.0) {  // the last first: it has the unit
    const double value = n * step;
    line.put(value, style.unicode ? "┬" : "+");
    place(numbers, column_of(value, axis, columns), number_text(value, step),
          n == last ? " " + std::string(unit) : "");
  }
  numbers.erase(numbers.find_last_not_of(' ') + 1);
  return line.text() + "\n" + numbers + "\n";
}

MarkLine::MarkLine(Axis axis, std::size_t columns, std::string_view background)
    : axis_(axis), cells_(columns, background) {}

void MarkLine::fill(double from, double to, std::string_view mark) {
  if (!(from <= to) || to < axis_.from || from > axis_.to || cells_.empty()) return;
  const std::size_t last = column_of(to, axis_, cells_.size());
  for (std::size_t c = column_of(from, axis_, cells_.size()); c <= last; ++c) cells_[c] = mark;
}

void MarkLine::put(double value, std::string_view mark) {
  if (cells_.empty() || std::isnan(value)) return;
  const double tolerance = (axis_.to - axis_.from) * 1e-9;
  if (value < axis_.from - tolerance) mark = "<";
  if (value > axis_.to + tolerance) mark = ">";
  cells_[column_of(value, axis_, cells_.size())] = mark;
}

std::string MarkLine::text() const {
  std::string text;
  for (const std::string_view cell : cells_) text += cell;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace metronome::cli
