// SPDX-License-Identifier: Apache-2.0
#include "waveforms/trace_signals.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "hw/isa/error.h"

namespace metronome::waveforms {

using lpu::ChipSpec;
using lpu::Direction;

namespace {

constexpr std::size_t kSuggestions = 3;

std::vector<StreamRegister> all_registers(const ChipSpec& spec) {
  std::vector<StreamRegister> all;
  for (Direction d : {Direction::kEast, Direction::kWest}) {
    for (int s = 0; s < spec.streams; ++s) {
      for (int x = 0; x < spec.positions(); ++x) all.push_back({d, s, x});
    }
  }
  return all;
}

bool is_default_column(const ChipSpec& spec, int x) {
  return x == 0 || x == spec.vxm_position() || x == spec.positions() - 1;
}

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
  return names.empty() ? "lpu" : names;
}

}  // namespace

std::string path_of(const StreamRegister& r) {
  return fmt::format("lpu.streams.{}.s_{:02}.x_{:02}",
                     r.direction == Direction::kEast ? "east" : "west", r.stream, r.position);
}

std::string path_of(const lpu::QueueInfo& queue) { return "lpu." + queue.path; }

std::string path_of(const PlaneId& plane) {
  return fmt::format("lpu.mxm_{}.plane_{}", plane.hemisphere == lpu::Hemisphere::kEast ? "e" : "w",
                     plane.index);
}

TraceSignals select_signals(const ChipSpec& spec, const std::vector<std::string>& filters) {
  const std::vector<lpu::QueueInfo> queues = lpu::queues(spec);
  const std::vector<StreamRegister> registers = all_registers(spec);
  std::vector<std::string> paths;
  paths.reserve(queues.size() + registers.size());
  for (const lpu::QueueInfo& queue : queues) paths.push_back(path_of(queue));
  for (const StreamRegister& reg : registers) paths.push_back(path_of(reg));
  std::vector<bool> chosen(paths.size(), false);
  for (const std::string& filter : filters) {
    bool matched = false;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (paths[i].find(filter) == std::string::npos) continue;
      chosen[i] = matched = true;
    }
    if (!matched || filter.empty()) {
      throw UserError(
          fmt::format("trace filter: found '{}', no signal of {} has it in its path; "
                      "nearest: {}",
                      filter, spec.name, nearest_names(filter, paths)));
    }
  }
  TraceSignals signals;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (filters.empty() || chosen[i]) signals.queues.push_back(static_cast<lpu::QueueId>(i));
  }
  for (const lpu::Hemisphere h : {lpu::Hemisphere::kWest, lpu::Hemisphere::kEast}) {
    for (int p = 0; p < spec.mxm_planes; ++p) {
      const std::string path = path_of(PlaneId{h, p});
      const bool recorded = std::ranges::any_of(signals.queues, [&](lpu::QueueId id) {
        return path_of(queues[static_cast<std::size_t>(id)]).starts_with(path + ".");
      });
      if (recorded) signals.planes.push_back({h, p});
    }
  }
  for (std::size_t i = 0; i < registers.size(); ++i) {
    const bool standard = filters.empty() && is_default_column(spec, registers[i].position);
    if (standard || chosen[queues.size() + i]) signals.registers.push_back(registers[i]);
  }
  return signals;
}

}  // namespace metronome::waveforms
