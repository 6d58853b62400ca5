// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/run_charts.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "runtime/cli/numbers.h"
#include "runtime/cli/text_axis.h"

namespace metronome::cli {
namespace {

/// A line of a table of bars: how much of what.
struct ShareRow {
  std::string name;
  double share = 0.0;
  std::string of;
};

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, width_of(text)), ' ');
}

/// Bars as long as the width allows. Where it allows too little, what they are a share of gives
/// way.
std::string share_table(const std::vector<ShareRow>& shares, const TextStyle& style) {
  constexpr std::size_t kPercent = 7;  // "100.0 %"
  constexpr std::size_t kGap = 2;
  constexpr std::size_t kLeastColumns = 10;
  constexpr std::size_t kMostColumns = 40;
  std::size_t names = 0;
  std::size_t sentences = 0;
  for (const ShareRow& row : shares) {
    names = std::max(names, row.name.size());
    sentences = std::max(sentences, row.of.size() + kGap);
  }
  const std::size_t beside = names + kGap + kGap + kPercent;
  const bool sentence = beside + kLeastColumns + sentences <= style.width;
  const std::size_t taken = beside + (sentence ? sentences : 0);
  const std::size_t columns =
      std::clamp(style.width - std::min(style.width, taken), kLeastColumns, kMostColumns);
  std::vector<std::vector<std::string>> rows;
  rows.reserve(shares.size());
  for (const ShareRow& row : shares) {
    rows.push_back({row.name, bar(row.share, columns, style), percent_text(row.share, 1.0),
                    sentence ? row.of : ""});
  }
  return table({"busy", "", ">share", ""}, rows, 0);
}

std::string legend_text(const std::vector<std::string>& legend, std::size_t width) {
  std::string text;
  std::string line;
  for (const std::string& entry : legend) {
    if (!line.empty() && width_of(line) + 2 + width_of(entry) > width) {
      text += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : "  ") + entry;
  }
  return line.empty() ? text : text + line + "\n";
}

/// Every line, which must be ended, begins after so many blanks.
std::string indented(const std::string& lines, std::size_t blanks) {
  std::string text;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at) + 1;
    text += std::string(blanks, ' ') + lines.substr(at, end - at);
    at = end;
  }
  return text;
}

/// By amount, but for what was issued: it stands first.
std::vector<BarPart> reasons_of_warps(const GpuRun& run) {
  const auto issued = static_cast<std::size_t>(gpu::StallReason::kIssued);
  std::vector<BarPart> parts;
  for (std::size_t r = 0; r < run.slots.size(); ++r) {
    const auto reason = static_cast<gpu::StallReason>(r);
    if (r == issued || reason == gpu::StallReason::kNoWarp || run.slots[r] == 0) continue;
    parts.push_back({std::string(gpu::info(reason).name), static_cast<double>(run.slots[r])});
  }
  std::ranges::stable_sort(parts, std::greater<>(), &BarPart::amount);
  parts.insert(parts.begin(), {"issued", static_cast<double>(run.slots[issued])});
  return parts;
}

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

}  // namespace

std::string use_chart(const std::vector<UnitUse>& uses, double stream_bytes_per_cycle,
                      std::int64_t stream_bytes_at_most, const TextStyle& style) {
  std::vector<ShareRow> rows;
  rows.reserve(uses.size() + 1);
  for (const UnitUse& use : uses) {
    rows.push_back(
        {use.name, use.share(), "of the cycles of " + counted(use.units, use.unit_name)});
  }
  const auto most = static_cast<double>(stream_bytes_at_most);
  rows.push_back({"streams", most > 0.0 ? stream_bytes_per_cycle / most : 0.0,
                  fmt::format("of {} bytes a cycle", grouped(stream_bytes_at_most))});
  return share_table(rows, style) +
         wrapped_text("A unit is busy while an instruction holds its queue. All tokens count.",
                      style.width);
}

std::string program_chart(const lpu::Program& program, const lpu::ChipSpec& chip,
                          const TextStyle& style) {
  constexpr std::size_t kLabel = 14;
  constexpr std::size_t kPeak = 9;  // "  100.0 %"
  const std::size_t columns = style.width - std::min(style.width - 1, kLabel + kPeak);
  const ProgramActivity activity = activity_of(program, chip, columns);
  if (activity.kinds.empty()) return "";
  std::string text = padded("one token", kLabel + columns) + "     peak\n";
  std::size_t used = 0;
  for (const UnitActivity& kind : activity.kinds) {
    std::vector<double> shares = activity.shares(kind);
    used = shares.size();
    const double peak = *std::ranges::max_element(shares);
    for (double& share : shares) share = peak > 0.0 ? share / peak : 0.0;
    text += padded(kind.name, kLabel) + padded(density_strip(shares, style), columns) +
            fmt::format("{:>9}\n", percent_text(peak, 1.0));
  }
  const auto shown = static_cast<double>(activity.stretch_cycles) * static_cast<double>(used);
  text += indented(ruler({0.0, shown}, used, "cycles", style), kLabel);
  return text + wrapped_text(fmt::format("A mark is {} of {}, the program of the last token. It "
                                         "shows how many units of its row are busy, full where "
                                         "most are.",
                                         counted(activity.stretch_cycles, "cycle"), program.name),
                             style.width);
}

std::string slots_chart(const GpuRun& run, const TextStyle& style) {
  std::int64_t all = 0;
  for (const std::int64_t cycles : run.slots) all += cycles;
  const auto slots = [&](gpu::StallReason reason) {
    return run.slots[static_cast<std::size_t>(reason)];
  };
  const std::int64_t with_warp = all - slots(gpu::StallReason::kNoWarp);
  const double peak_bytes = run.spec.dram_peak_bytes_per_second() * run.spec.seconds(run.cycles);
  std::string text = share_table(
      {{"issued", share(slots(gpu::StallReason::kIssued), all), "of all issue slots"},
       {"with a warp", share(with_warp, all), "of all issue slots"},
       {"launch gaps", share(run.gap_cycles, run.cycles), "of all cycles"},
       {"DRAM", peak_bytes > 0.0 ? static_cast<double>(run.traffic.dram_bytes) / peak_bytes : 0.0,
        "of its peak bandwidth"}},
      style);
  const std::vector<BarPart> parts = reasons_of_warps(run);
  const StackedBar stacked = stacked_bar(parts, style.width, style);
  if (stacked.bar.empty()) return text;
  return text + "\n" +
         wrapped_text(
             fmt::format("Issue slots with a warp, {} cycles: a mark is {} of them.",
                         grouped(with_warp), percent_text(1.0, static_cast<double>(style.width))),
             style.width) +
         stacked.bar + "\n" + legend_text(stacked.legend, style.width);
}

}  // namespace metronome::cli
