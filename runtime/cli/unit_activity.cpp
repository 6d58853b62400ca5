// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/unit_activity.h"

#include <algorithm>
#include <map>

namespace metronome::cli {
namespace {

using lpu::Hemisphere;
using lpu::QueueInfo;
using lpu::Unit;

/// Queues that count as one kind of unit.
struct UnitKind {
  const char* name;
  const char* unit_name;
  bool (*has)(const QueueInfo& queue);
};

bool is_switch(const QueueInfo& queue) {
  return queue.unit == Unit::kSxmShift || queue.unit == Unit::kSxmPermute ||
         queue.unit == Unit::kSxmDistribute || queue.unit == Unit::kSxmTranspose;
}

/// fp16, which is all that is compiled, drives a pair of planes from the even one's queues.
bool leads_pair(const QueueInfo& queue) { return queue.index % 2 == 0; }

bool is_matrix(const QueueInfo& queue) {
  const bool of_plane = queue.unit == Unit::kMxmWeights || queue.unit == Unit::kMxmActivations ||
                        queue.unit == Unit::kMxmAccumulate;
  return of_plane && leads_pair(queue);
}

/// As the bars of a run tell them apart.
constexpr UnitKind kUsedKinds[] = {
    {"MEM", "slice", [](const QueueInfo& q) { return q.unit == Unit::kMem; }},
    {"VXM", "ALU", [](const QueueInfo& q) { return q.unit == Unit::kVxm; }},
    {"MXM weights", "plane pair",
     [](const QueueInfo& q) { return q.unit == Unit::kMxmWeights && leads_pair(q); }},
    {"MXM activations", "plane pair",
     [](const QueueInfo& q) { return q.unit == Unit::kMxmActivations && leads_pair(q); }},
    {"MXM accumulate", "plane pair",
     [](const QueueInfo& q) { return q.unit == Unit::kMxmAccumulate && leads_pair(q); }},
    {"SXM", "unit", is_switch},
};

/// As they lie on the chip, for the rows of a timeline.
constexpr UnitKind kActiveKinds[] = {
    {"MEM west", "slice",
     [](const QueueInfo& q) { return q.unit == Unit::kMem && q.hemisphere == Hemisphere::kWest; }},
    {"MEM east", "slice",
     [](const QueueInfo& q) { return q.unit == Unit::kMem && q.hemisphere == Hemisphere::kEast; }},
    {"VXM", "ALU", [](const QueueInfo& q) { return q.unit == Unit::kVxm; }},
    {"MXM", "queue", is_matrix},
    {"SXM", "unit", is_switch},
};

/// Marks the cycles in which an issue of the queue holds it. Two issues may share a cycle.
void mark_busy(const lpu::QueueProgram& queue, std::vector<bool>& busy) {
  const auto cycles = static_cast<lpu::Cycle>(busy.size());
  for (const lpu::Issue& issue : queue.issues) {
    const lpu::Cycle held = lpu::info(issue.instruction.opcode).busy_cycles;
    for (int r = 0; r < issue.count; ++r) {
      const lpu::Cycle first = lpu::barrier_cycles() + issue.cycle + lpu::Cycle{r} * issue.stride;
      for (lpu::Cycle c = first; c < std::min(first + held, cycles); ++c) {
        busy[static_cast<std::size_t>(c)] = true;
      }
    }
  }
}

}  // namespace

double UnitUse::share() const {
  const double all = static_cast<double>(units) * static_cast<double>(total_cycles);
  return all > 0.0 ? static_cast<double>(busy_cycles) / all : 0.0;
}

std::vector<UnitUse> units_used(const lpu::ChipSpec& chip, const hw::Counters& counters) {
  std::map<std::string, std::int64_t> values;
  for (const hw::Counter& counter : counters) values[counter.name] = counter.value;
  const std::vector<QueueInfo> queues = lpu::queues(chip);
  std::vector<UnitUse> all;
  for (const UnitKind& kind : kUsedKinds) {
    UnitUse use{kind.name, kind.unit_name, 0, 0, values["total"]};
    for (const QueueInfo& queue : queues) {
      if (!kind.has(queue)) continue;
      ++use.units;
      use.busy_cycles += values[queue.path + ".busy"];  // none where nothing was issued
    }
    all.push_back(std::move(use));
  }
  return all;
}

std::vector<double> ProgramActivity::shares(const UnitActivity& kind) const {
  std::vector<double> all;
  lpu::Cycle rest = cycles;
  for (const std::int64_t busy : kind.busy_cycles) {
    const double there =
        static_cast<double>(kind.units) * static_cast<double>(std::min(stretch_cycles, rest));
    all.push_back(there > 0.0 ? static_cast<double>(busy) / there : 0.0);
    rest -= stretch_cycles;
  }
  return all;
}

ProgramActivity activity_of(const lpu::Program& program, const lpu::ChipSpec& chip,
                            std::size_t stretches) {
  ProgramActivity activity;
  activity.cycles = program.predicted_cycles;
  if (stretches == 0 || activity.cycles <= 0) return activity;
  const auto most = static_cast<lpu::Cycle>(stretches);
  activity.stretch_cycles = (activity.cycles + most - 1) / most;
  const auto needed = static_cast<std::size_t>((activity.cycles - 1) / activity.stretch_cycles + 1);
  const std::vector<QueueInfo> infos = lpu::queues(chip);
  for (const UnitKind& kind : kActiveKinds) {
    activity.kinds.push_back(
        {kind.name, std::ranges::count_if(infos, kind.has), std::vector<std::int64_t>(needed)});
  }
  std::vector<bool> busy;
  for (const lpu::QueueProgram& queue : program.queues) {
    const QueueInfo& info = infos[static_cast<std::size_t>(queue.queue)];
    const auto* kind =
        std::ranges::find_if(kActiveKinds, [&](const auto& k) { return k.has(info); });
    if (kind == std::end(kActiveKinds)) continue;
    busy.assign(static_cast<std::size_t>(activity.cycles), false);
    mark_busy(queue, busy);
    std::vector<std::int64_t>& sums =
        activity.kinds[static_cast<std::size_t>(kind - std::begin(kActiveKinds))].busy_cycles;
    for (std::size_t c = 0; c < busy.size(); ++c) {
      if (busy[c]) ++sums[c / static_cast<std::size_t>(activity.stretch_cycles)];
    }
  }
  return activity;
}

}  // namespace metronome::cli
