// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/probe_chart.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/cli/numbers.h"
#include "runtime/cli/text_axis.h"

namespace metronome::cli {
namespace {

using runtime::ProbeRow;

constexpr std::size_t kMostColumns = 41;
constexpr std::size_t kLeastColumns = 15;

struct ProbeMarks {
  std::string_view outside;
  std::string_view accepted;
  std::string_view limit;
  std::string_view published;
  std::string_view model;
};

ProbeMarks marks_of(const TextStyle& style) {
  if (style.unicode) return {"─", "━", "┼", "◇", "●"};
  return {"-", "=", "|", "+", "o"};
}

/// What is accepted takes the middle half.
std::string line_of(const ProbeRow& row, std::size_t columns, const TextStyle& style) {
  const double margin = (row.most - row.least) / 2;
  const ProbeMarks marks = marks_of(style);
  MarkLine line({row.least - margin, row.most + margin}, columns, marks.outside);
  line.fill(row.least, row.most, marks.accepted);
  line.put(row.least, marks.limit);
  line.put(row.most, marks.limit);
  line.put(row.published_least, marks.published);
  line.put(row.published_most, marks.published);
  line.put(row.model, marks.model);
  return line.text();
}

std::string cut(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 2) + "..";
}

}  // namespace

std::string probe_chart(const std::vector<ProbeRow>& rows, const TextStyle& style) {
  constexpr std::size_t kId = 5;
  constexpr std::size_t kGap = 2;
  std::vector<const ProbeRow*> shown;
  std::size_t longest = 0;
  for (const ProbeRow& row : rows) {
    if (!(row.least < row.most)) continue;
    shown.push_back(&row);
    longest = std::max(longest, row.test.size());
  }
  if (shown.empty()) return "";
  const std::size_t names = std::min(longest, style.width - kId - kGap - kLeastColumns);
  const std::size_t columns = std::min(kMostColumns, style.width - kId - kGap - names);
  std::vector<std::vector<std::string>> lines;
  lines.reserve(shown.size());
  for (const ProbeRow* row : shown) {
    lines.push_back({row->id, cut(row->test, names), line_of(*row, columns, style)});
  }
  const ProbeMarks marks = marks_of(style);
  return table({"", "", ""}, lines, 0) +
         wrapped_text(
             fmt::format("{} is the model, {} what was published, {}{}{} what is accepted, "
                         "each line to its own scale; < and >: beyond the line. Exact "
                         "tests are not drawn.",
                         marks.model, marks.published, marks.limit, marks.accepted, marks.limit),
             style.width);
}

}  // namespace metronome::cli
