// SPDX-License-Identifier: Apache-2.0
// Where a number stands in a line of characters, and the ruler that says so. Pure, as the charts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/text_chart.h"

namespace metronome::cli {

/// What a line shows from its first column to its last.
struct Axis {
  double from = 0.0;
  double to = 1.0;
};

/// The narrowest axis with round ends that shows `low` and `high`.
Axis rounded_axis(double low, double high);

/// Columns are equally wide; what lies outside belongs to the nearest. 0 if the axis has no length.
std::size_t column_of(double value, const Axis& axis, std::size_t columns);

/// How many of `times` (by value) fall into each column. `scale` takes a value to the axis.
std::vector<std::int64_t> column_counts(const std::map<std::int64_t, std::int64_t>& times,
                                        double scale, double offset, const Axis& axis,
                                        std::size_t columns);

/// A ruler and, below it, its numbers at round places, the last with the unit. Two ended lines.
std::string ruler(const Axis& axis, std::size_t columns, std::string_view unit,
                  const TextStyle& style);

/// A line on which marks of one character are set by value.
class MarkLine {
 public:
  MarkLine(Axis axis, std::size_t columns, std::string_view background);

  /// Both ends included; nothing where they are the wrong way round.
  void fill(double from, double to, std::string_view mark);
  /// Shows '<' or '>' at the end where the value lies outside.
  void put(double value, std::string_view mark);
  /// Without blanks at the end.
  std::string text() const;

 private:
  Axis axis_;
  std::vector<std::string_view> cells_;
};

}  // namespace metronome::cli
