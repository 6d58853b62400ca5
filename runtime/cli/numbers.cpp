// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/numbers.h"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

namespace metronome::cli {
namespace {

constexpr std::size_t kLabel = 14;

std::string cell(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  const std::ptrdiff_t first = value < 0 ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > first; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string bytes_text(std::int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes >= 1 << 20) return fmt::format("{:.1f} MiB", value / (1 << 20));
  if (bytes >= 1 << 10) return fmt::format("{:.1f} KiB", value / (1 << 10));
  return fmt::format("{} bytes", bytes);
}

std::string clock_text(std::int64_t hz) {
  const auto value = static_cast<double>(hz);
  return hz >= 1'000'000'000 ? fmt::format("{:g} GHz", value / 1e9)
                             : fmt::format("{:g} MHz", value / 1e6);
}

std::string percent_text(double part, double whole) {
  return fmt::format("{:.1f} %", whole > 0 ? 100 * part / whole : 0.0);
}

std::string counted(std::int64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows, std::size_t indent) {
  std::vector<std::string> titles = header;
  std::vector<bool> right;
  std::vector<std::size_t> widths;
  for (std::string& title : titles) {
    right.push_back(title.starts_with('>'));
    if (right.back()) title.erase(0, 1);
    widths.push_back(width_of(title));
  }
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line(indent, ' ');
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += (c == 0 ? "" : "  ") + cell(row[c], widths[c], right[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  if (std::ranges::any_of(titles, [](const std::string& t) { return !t.empty(); })) add(titles);
  for (const auto& row : rows) add(row);
  return text;
}

std::string wrapped_text(const std::string& text, std::size_t width) {
  std::string lines;
  std::size_t column = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > 0 && column + 1 + width_of(word) > width) {
      lines += '\n';
      column = 0;
    }
    if (column > 0) lines += ' ';
    lines += word;
    column += width_of(word) + (column > 0 ? 1 : 0);
  }
  return lines + "\n";
}

std::string labelled(const std::string& label, const std::string& text) {
  return cell(label, kLabel, false) + text + "\n";
}

}  // namespace metronome::cli
