// SPDX-License-Identifier: Apache-2.0
#include "waveforms/view_plan.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "waveforms/trace_file.h"

namespace metronome::waveforms {
namespace {

constexpr std::int64_t kShort = 100;  // cycles that are shown whole

}  // namespace

void add_ranked(ViewPlan& plan, const std::string& name, std::vector<RankedRow> rows,
                std::size_t shown) {
  if (rows.empty()) return;
  std::vector<std::pair<std::int64_t, std::int64_t>> activity;
  activity.reserve(rows.size());
  for (const RankedRow& row : rows) activity.push_back(row.activity);
  std::sort(activity.rbegin(), activity.rend());
  const auto least = activity[std::min(shown, activity.size()) - 1];
  ViewGroup busy{name, true, {}};
  ViewGroup details{name + ", details", false, {}};
  ViewGroup rest{name, false, {}};
  std::size_t chosen = 0;
  for (RankedRow& row : rows) {
    if (row.activity >= least && row.activity.first > 0 && chosen < shown) {
      ++chosen;
      std::move(row.rows.begin(), row.rows.end(), std::back_inserter(busy.rows));
      std::move(row.details.begin(), row.details.end(), std::back_inserter(details.rows));
    } else {
      std::move(row.rows.begin(), row.rows.end(), std::back_inserter(rest.rows));
      std::move(row.details.begin(), row.details.end(), std::back_inserter(rest.rows));
    }
  }
  rest.name += chosen == 0 ? ", idle" : ", others";
  if (!busy.rows.empty()) plan.groups.push_back(std::move(busy));
  if (!details.rows.empty()) plan.groups.push_back(std::move(details));
  if (!rest.rows.empty()) plan.groups.push_back(std::move(rest));
}

void set_window(ViewPlan& plan, std::int64_t start, std::int64_t cycles) {
  const std::int64_t recorded = plan.facts.end_cycle - plan.facts.first_cycle;
  const bool fits = recorded <= kShort;
  plan.first_cycle = fits ? plan.facts.first_cycle : start;
  plan.cycles_shown = fits ? recorded : cycles;
}

std::filesystem::path beside(const std::filesystem::path& trace, const std::string& extension) {
  std::filesystem::path path = trace;
  return path.replace_extension(extension);
}

bool has_neighbours(const std::filesystem::path& trace) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(trace, ignored);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  TraceFile place(path, TraceFile::Place::kAnywhere);
  std::ofstream file(place.opened(), std::ios::binary);
  if (!file) place.fail("created", errno);
  file << text;
  file.close();
  if (!file) place.fail("written", errno);
  place.take_name();
}

}  // namespace metronome::waveforms
