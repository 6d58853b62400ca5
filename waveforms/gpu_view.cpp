// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waveforms/gpu_signals.h"
#include "waveforms/gtkwave_files.h"
#include "waveforms/surfer_files.h"
#include "waveforms/trace_views.h"

namespace metronome::waveforms {
namespace {

constexpr std::size_t kOpenSubCores = 4;
constexpr std::size_t kOpenOthers = 2;
constexpr std::int64_t kCyclesShown = 28;  // the names of stalls are long

/// Memory is red, what the program itself makes wait is blue, waiting for others is violet.
Box stall_box(std::string_view reason) {
  if (reason == "-" || reason == "no_warp") return Box::kBlack;
  if (reason == "issued") return Box::kGreen;
  constexpr std::array<std::string_view, 5> kMemory = {"global_memory", "shared_memory",
                                                       "memory_queue", "copy", "fence"};
  if (std::ranges::find(kMemory, reason) != kMemory.end()) return Box::kRed;
  return reason == "barrier" || reason == "yield" ? Box::kViolet : Box::kBlue;
}

Box op_box(std::string_view op) {
  if (op == "-") return Box::kBlack;
  constexpr std::array<std::string_view, 4> kMemory = {"LD", "ST", "ATOM", "SHFL"};
  for (const std::string_view start : kMemory) {
    if (op.starts_with(start)) return Box::kRed;
  }
  if (op.find("MMA") != std::string_view::npos) return Box::kViolet;
  return op.starts_with('F') || op.starts_with('H') ? Box::kGreen : Box::kBlue;
}

Box access_box(std::string_view access) {
  if (access == "-") return Box::kBlack;
  if (access.ends_with("hits")) return Box::kGreen;
  return access.ends_with("conflicts") ? Box::kRed : Box::kBlue;
}

Box box_of(std::string_view signal, std::string_view name) {
  if (signal == "stall") return stall_box(name);
  return signal == "op" ? op_box(name) : access_box(name);
}

Hue hue_of(GpuComponent kind) {
  switch (kind) {
    case GpuComponent::kSubCore:
      return Hue::kYellow;
    case GpuComponent::kL1:
    case GpuComponent::kMemoryStage:
      return Hue::kOrange;
    case GpuComponent::kL2Slice:
      return Hue::kGreen;
    case GpuComponent::kDramChannel:
      return Hue::kBlue;
    default:
      return Hue::kGray;
  }
}

bool is_level(std::string_view name) { return name == "mshrs" || name == "queue"; }

/// Shown only on request, so that all kinds of components are in sight at first.
bool is_detail(std::string_view name) {
  constexpr std::array<std::string_view, 10> kDetails = {
      "pc",      "operands", "shared_warp", "merges",  "writes",
      "atomics", "line",     "far_reads",   "replies", "acks"};
  return std::ranges::find(kDetails, name) != kDetails.end();
}

class GpuView {
 public:
  explicit GpuView(const GpuTraceSummary& trace) : trace_(trace), bucket_(liveliest()) {
    plan_.facts = static_cast<const TraceFacts&>(trace);
    for (const auto& [signal, names] : trace.codes) {
      NamedNumbers table{"gpu_" + signal, 8, false, {}};
      for (std::size_t code = 0; code < names.size(); ++code) {
        table.entries.push_back({code, names[code], box_of(signal, names[code])});
      }
      plan_.tables.push_back(std::move(table));
    }
  }

  ViewPlan plan() {
    set_window(plan_, trace_.activity.start_of(bucket_), kCyclesShown);
    ViewGroup clock{"GPU", true, {}};
    clock.rows.push_back({"gpu.clock", 1, "clock", Look::kBit, Hue::kGray});
    clock.rows.push_back({"gpu.cycle", 64, "cycle", Look::kDecimal, Hue::kGray});
    for (std::size_t i = 0; i < trace_.components.size(); ++i) {
      if (component_of(trace_.components[i]) != GpuComponent::kDispatcher) continue;
      for (ViewRow& row : rows_of(i).rows) clock.rows.push_back(std::move(row));
    }
    plan_.groups.push_back(std::move(clock));
    add_group("SMs", GpuComponent::kSm, kOpenOthers);
    add_group("Sub-cores", GpuComponent::kSubCore, kOpenSubCores);
    add_group("Shared memory", GpuComponent::kMemoryStage, kOpenOthers);
    add_group("L1", GpuComponent::kL1, kOpenOthers);
    add_group("L2", GpuComponent::kL2Slice, kOpenOthers);
    add_group("DRAM", GpuComponent::kDramChannel, kOpenOthers);
    return std::move(plan_);
  }

 private:
  /// The stretch in which the most kinds of components have something to do, and then the most of
  /// it.
  std::int64_t liveliest() const {
    constexpr std::int64_t kKind = 1000;
    constexpr std::int64_t kMost = kCyclesShown / 2;  // that one component counts for
    std::int64_t best = 0;
    std::int64_t best_score = 0;
    for (std::int64_t bucket = 0; bucket < trace_.activity.buckets(); ++bucket) {
      std::int64_t score = 0;
      std::set<GpuComponent> kinds;
      for (std::size_t i = 0; i < trace_.components.size(); ++i) {
        const std::int64_t count = trace_.activity.count(bucket, i);
        if (count > 0) kinds.insert(component_of(trace_.components[i]));
        score += std::min(count, kMost);
      }
      score += kKind * static_cast<std::int64_t>(kinds.size());
      if (score <= best_score) continue;
      best = bucket;
      best_score = score;
    }
    return best;
  }

  std::size_t table_of(std::string_view signal) const {
    const auto found = std::ranges::find_if(plan_.tables, [&](const NamedNumbers& table) {
      return table.name == "gpu_" + std::string(signal);
    });
    return static_cast<std::size_t>(found - plan_.tables.begin());
  }

  ViewRow row_of(const std::string& component, const GpuSignal& signal, Hue hue) const {
    const std::string_view name = signal.name;
    std::string label = component + " " + signal.name;
    std::replace(label.begin(), label.end(), '.', ' ');
    ViewRow row{"gpu." + component + "." + signal.name, signal.width, std::move(label),
                Look::kDecimal, hue};
    if (signal.width == 0) row.look = Look::kText;
    if (signal.width == 1) row.look = Look::kBit;
    if (name == "line" || name == "row") row.look = Look::kHex;
    if (is_level(name)) row.look = Look::kLevel;
    if (signal.coded) {
      row.path += "_code";
      row.width = 8;
      row.look = Look::kNamed;
      row.table = table_of(name);
    }
    return row;
  }

  RankedRow rows_of(std::size_t index) const {
    const std::string& component = trace_.components[index];
    const GpuComponent kind = component_of(component);
    RankedRow ranked{{trace_.events[index], 0}};
    for (const GpuSignal& signal : signals_of(kind)) {
      if (signal.width == 0 && !signal.coded && !trace_.strings) continue;
      const bool detail = is_detail(signal.name) || (kind == GpuComponent::kL2Slice &&
                                                     std::string_view(signal.name) == "mshrs");
      auto& rows = detail ? ranked.details : ranked.rows;
      rows.push_back(row_of(component, signal, hue_of(kind)));
    }
    return ranked;
  }

  void add_group(const char* name, GpuComponent kind, std::size_t open) {
    std::vector<RankedRow> rows;
    for (std::size_t i = 0; i < trace_.components.size(); ++i) {
      if (component_of(trace_.components[i]) == kind) rows.push_back(rows_of(i));
    }
    add_ranked(plan_, name, std::move(rows), open);
  }

  const GpuTraceSummary& trace_;
  std::int64_t bucket_;  // shown at first
  ViewPlan plan_;
};

}  // namespace

ViewFiles write_views(const GpuTraceSummary& trace) {
  if (!has_neighbours(trace.path)) return {};
  const ViewPlan plan = GpuView(trace).plan();
  return {write_gtkwave_files(plan), write_surfer_files(plan)};
}

}  // namespace metronome::waveforms
