// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/isa/lpu/opcode.h"
#include "waveforms/gtkwave_files.h"
#include "waveforms/surfer_files.h"
#include "waveforms/trace_views.h"

namespace metronome::waveforms {

using lpu::Unit;

namespace {

// Rows shown of each kind: what a window of the usual size can hold.
constexpr std::size_t kOpenSlices = 2;
constexpr std::size_t kOpenMatrixQueues = 4;
constexpr std::size_t kOpenAlus = 3;
constexpr std::size_t kOpenSwitches = 2;
constexpr std::size_t kOpenStreams = 2;
constexpr std::size_t kOpenPlanes = 2;

Box box_of(Unit unit) {
  switch (unit) {
    case Unit::kMem:
      return Box::kBlue;
    case Unit::kVxm:
      return Box::kGreen;
    case Unit::kMxmWeights:
    case Unit::kMxmActivations:
    case Unit::kMxmAccumulate:
      return Box::kRed;
    default:
      return Box::kViolet;
  }
}

NamedNumbers opcode_table() {
  NamedNumbers table{"opcodes", 8, true, {}};
  for (const lpu::OpcodeInfo& op : lpu::opcodes()) {
    table.entries.push_back(
        {static_cast<std::uint64_t>(op.opcode), std::string(op.mnemonic), box_of(op.unit)});
  }
  table.entries.push_back({kIdleOpcode, "-", Box::kBlack});
  return table;
}

class LpuView {
 public:
  explicit LpuView(const TraceSummary& trace)
      : trace_(trace), infos_(lpu::queues(trace.spec)), bucket_(liveliest()) {
    plan_.facts = static_cast<const TraceFacts&>(trace);
    plan_.tables.push_back(opcode_table());
  }

  ViewPlan plan() {
    set_window(plan_, trace_.queue_activity.start_of(bucket_), Activity::kCyclesPerBucket);
    add_chip();
    add_units("MEM west", "mem_w", Hue::kGreen, kOpenSlices);
    add_units("MEM east", "mem_e", Hue::kGreen, kOpenSlices);
    add_planes();
    add_units("MXM", "mxm", Hue::kOrange, kOpenMatrixQueues);
    add_units("VXM", "vxm", Hue::kYellow, kOpenAlus);
    add_units("SXM", "sxm", Hue::kViolet, kOpenSwitches);
    add_units("C2C", "c2c", Hue::kViolet, kOpenSwitches);
    add_streams();
    return std::move(plan_);
  }

 private:
  /// The stretch in which most units are at work, each kind counted up to the rows it is given.
  std::int64_t liveliest() const {
    std::int64_t best = 0;
    std::size_t best_score = 0;
    for (std::int64_t bucket = 0; bucket < trace_.queue_activity.buckets(); ++bucket) {
      std::map<std::string, std::size_t> busy;  // queues, by kind
      for (std::size_t i = 0; i < trace_.signals.queues.size(); ++i) {
        if (trace_.queue_activity.count(bucket, i) == 0) continue;
        const std::string& path = info_of(i).path;
        ++busy[path.substr(0, path.find('.'))];
      }
      std::size_t score = 0;
      for (const auto& [kind, count] : busy) score += std::min(count, kOpenMatrixQueues);
      if (score <= best_score) continue;
      best = bucket;
      best_score = score;
    }
    return best;
  }

  const lpu::QueueInfo& info_of(std::size_t index) const {
    return infos_[static_cast<std::size_t>(trace_.signals.queues[index])];
  }

  void add_chip() {
    ViewGroup chip{"Chip", true, {}};
    chip.rows.push_back({"lpu.clock", 1, "clock", Look::kBit, Hue::kGray});
    chip.rows.push_back({"lpu.cycle", 64, "cycle", Look::kDecimal, Hue::kGray});
    if (trace_.strings) {
      chip.rows.push_back({"lpu.program", 0, "program", Look::kText, Hue::kGray});
    }
    chip.rows.push_back({"lpu.barrier", 1, "barrier", Look::kBit, Hue::kGray});
    plan_.groups.push_back(std::move(chip));
  }

  RankedRow queue_row(std::size_t index, Hue hue) const {
    const lpu::QueueInfo& info = info_of(index);
    std::string name = info.path;  // GTKWave would show what stands behind the last dot only
    std::replace(name.begin(), name.end(), '.', ' ');
    const std::string path = path_of(info);
    RankedRow row{{trace_.queue_activity.count(bucket_, index), trace_.queue_issues[index]}, {}};
    row.rows.push_back({path + ".opcode", 8, name, Look::kNamed, hue});
    if (trace_.strings) {
      if (info.unit == Unit::kMem || info.unit == Unit::kVxm) {
        row.rows.push_back({path + ".purpose", 0, "for", Look::kText, Hue::kGray});
      }
      row.details.push_back({path + ".operands", 0, name + " operands", Look::kText, hue});
    }
    row.details.push_back({path + ".next_dispatch", 64, name + " next", Look::kDecimal, hue});
    return row;
  }

  void add_units(const char* name, std::string_view prefix, Hue hue, std::size_t shown) {
    std::vector<RankedRow> rows;
    for (std::size_t i = 0; i < trace_.signals.queues.size(); ++i) {
      if (info_of(i).path.starts_with(prefix)) rows.push_back(queue_row(i, hue));
    }
    add_ranked(plan_, name, std::move(rows), shown);
  }

  /// As busy as its busiest queue.
  void add_planes() {
    if (!trace_.strings) return;
    std::vector<RankedRow> rows;
    for (const PlaneId& plane : trace_.signals.planes) {
      const std::string path = path_of(plane);
      RankedRow row;
      for (std::size_t i = 0; i < trace_.signals.queues.size(); ++i) {
        if (!path_of(info_of(i)).starts_with(path + ".")) continue;
        row.activity = std::max(row.activity,
                                {trace_.queue_activity.count(bucket_, i), trace_.queue_issues[i]});
      }
      std::string name = path.substr(4);
      std::replace(name.begin(), name.end(), '.', ' ');
      row.rows.push_back({path + ".state", 0, name, Look::kText, Hue::kOrange});
      row.rows.push_back({path + ".buffer", 0, "buffer", Look::kText, Hue::kGray});
      row.rows.push_back({path + ".array", 0, "array", Look::kText, Hue::kGray});
      rows.push_back(std::move(row));
    }
    add_ranked(plan_, "MXM planes", std::move(rows), kOpenPlanes);
  }

  ViewRow register_row(const StreamRegister& reg) const {
    std::string label =
        fmt::format("{}{} at x_{:02}", lpu::letter(reg.direction), reg.stream, reg.position);
    if (trace_.strings) {
      return {path_of(reg) + ".value", 0, std::move(label), Look::kText, Hue::kBlue};
    }
    return {path_of(reg) + ".data", 128, std::move(label), Look::kHex, Hue::kBlue};
  }

  void add_streams() {
    std::vector<lpu::Position> columns;
    for (const StreamRegister& reg : trace_.signals.registers) columns.push_back(reg.position);
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    const lpu::Position centre = trace_.spec.vxm_position();
    const auto found = std::find(columns.begin(), columns.end(), centre);
    if (found != columns.end()) std::rotate(columns.begin(), found, found + 1);
    for (const lpu::Position x : columns) {
      for (const lpu::Direction d : {lpu::Direction::kEast, lpu::Direction::kWest}) {
        std::vector<RankedRow> rows;
        for (std::size_t i = 0; i < trace_.signals.registers.size(); ++i) {
          const StreamRegister& reg = trace_.signals.registers[i];
          if (reg.position != x || reg.direction != d) continue;
          rows.push_back({{trace_.register_activity.count(bucket_, i), trace_.register_values[i]},
                          {register_row(reg)}});
        }
        add_ranked(plan_,
                   fmt::format("Streams {} at {}", d == lpu::Direction::kEast ? "east" : "west",
                               x == centre ? "the VXM" : fmt::format("x_{:02}", x)),
                   std::move(rows), kOpenStreams);
      }
    }
  }

  const TraceSummary& trace_;
  std::vector<lpu::QueueInfo> infos_;
  std::int64_t bucket_;  // shown at first
  ViewPlan plan_;
};

}  // namespace

ViewFiles write_views(const TraceSummary& trace) {
  if (!has_neighbours(trace.path)) return {};
  const ViewPlan plan = LpuView(trace).plan();
  return {write_gtkwave_files(plan), write_surfer_files(plan)};
}

}  // namespace metronome::waveforms
