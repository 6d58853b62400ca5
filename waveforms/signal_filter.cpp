// SPDX-License-Identifier: Apache-2.0
#include "waveforms/signal_filter.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "hw/isa/error.h"

namespace metronome::waveforms {
namespace {

constexpr std::size_t kSuggestions = 3;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

/// Every run of `words` names that stand together in a path.
void add_parts(std::set<std::string>& parts, const std::string& path, std::size_t words) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '.') starts.push_back(i + 1);
  }
  starts.push_back(path.size() + 1);
  for (std::size_t i = 0; i + words < starts.size(); ++i) {
    parts.insert(path.substr(starts[i], starts[i + words] - starts[i] - 1));
  }
}

std::string nearest_names(const std::string& filter, const std::vector<std::string>& paths) {
  const auto words = static_cast<std::size_t>(std::count(filter.begin(), filter.end(), '.') + 1);
  std::set<std::string> parts;
  for (const std::string& path : paths) add_parts(parts, path, words);
  std::vector<std::pair<std::size_t, std::string>> ranked;
  ranked.reserve(parts.size());
  for (const std::string& part : parts) ranked.emplace_back(edit_distance(filter, part), part);
  std::sort(ranked.begin(), ranked.end());
  std::string names;
  for (std::size_t i = 0; i < std::min(kSuggestions, ranked.size()); ++i) {
    names += (i == 0 ? "" : ", ") + ranked[i].second;
  }
  return names.empty() ? paths.front() : names;
}

}  // namespace

std::vector<bool> choose(const std::vector<std::string>& paths,
                         const std::vector<std::string>& filters, const std::string& machine,
                         const FilterWords& words) {
  std::vector<bool> chosen(paths.size(), false);
  for (const std::string& filter : filters) {
    if (filter.empty()) {
      throw UserError(fmt::format("{}: is empty, expected a part of a path such as {}",
                                  words.option, paths.front()));
    }
    bool matched = false;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (paths[i].find(filter) == std::string::npos) continue;
      chosen[i] = matched = true;
    }
    if (matched) continue;
    throw UserError(fmt::format("{}: found '{}', no {} of {} has it in its path; nearest: {}",
                                words.option, filter, words.thing, machine,
                                nearest_names(filter, paths)));
  }
  return chosen;
}

}  // namespace metronome::waveforms
