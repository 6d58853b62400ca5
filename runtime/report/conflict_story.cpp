// SPDX-License-Identifier: Apache-2.0
#include "runtime/report/conflict_story.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/lpu/assembly.h"

namespace metronome::report {
namespace {

using lpu::Cycle;

constexpr Cycle kShownBefore = 10;
constexpr Cycle kShownAfter = 6;
constexpr int kMostTries = 200;

struct Place {
  std::size_t queue = 0;  // of the program's queues
  std::size_t issue = 0;
};

/// Single reads with room to move a cycle later, those nearest to the middle of the program first.
std::vector<Place> candidates(const lpu::Program& program) {
  std::vector<Place> all;
  for (std::size_t q = 0; q < program.queues.size(); ++q) {
    const auto& issues = program.queues[q].issues;
    for (std::size_t i = 0; i < issues.size(); ++i) {
      const bool room = i + 1 == issues.size() || issues[i + 1].cycle > issues[i].cycle + 1;
      if (issues[i].instruction.opcode == lpu::Opcode::kRead && issues[i].count == 1 && room) {
        all.push_back({q, i});
      }
    }
  }
  const Cycle middle = program.predicted_cycles / 2;
  const auto distance = [&](const Place& p) {
    return std::abs(program.queues[p.queue].issues[p.issue].cycle - middle);
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const Place& a, const Place& b) { return distance(a) < distance(b); });
  return all;
}

bool tells(const compiler::Conflict& conflict) {
  return conflict.culprits.size() == 2 && conflict.culprits[0].queue != conflict.culprits[1].queue;
}

std::vector<Neighbour> neighbours(const lpu::Image& image, const lpu::Program& program,
                                  const compiler::Conflict& conflict, const Place* moved) {
  const std::vector<lpu::QueueInfo> infos = lpu::queues(image.chip);
  Cycle first = conflict.cycle;
  Cycle last = conflict.cycle;
  for (const compiler::Culprit& c : conflict.culprits) {
    first = std::min(first, c.cycle);
    last = std::max(last, c.cycle);
  }
  std::vector<Neighbour> around;
  for (std::size_t q = 0; q < program.queues.size(); ++q) {
    const lpu::QueueProgram& queue = program.queues[q];
    const bool changed = moved != nullptr && q == moved->queue;
    const bool shown =
        changed || std::ranges::any_of(conflict.culprits, [&](const compiler::Culprit& c) {
          return c.queue == queue.queue;
        });
    if (!shown) continue;
    for (std::size_t i = 0; i < queue.issues.size(); ++i) {
      const lpu::Issue& issue = queue.issues[i];
      const lpu::OpcodeInfo& op = lpu::info(issue.instruction.opcode);
      for (int r = 0; r < issue.count; ++r) {
        const Cycle cycle = issue.cycle + static_cast<Cycle>(r) * issue.stride;
        if (cycle < first - kShownBefore || cycle > last + kShownAfter) continue;
        Neighbour n;
        n.path = infos[static_cast<std::size_t>(queue.queue)].path;
        n.cycle = cycle + lpu::barrier_cycles();
        n.busy_cycles = op.busy_cycles;
        n.text = fmt::format("{} {}", op.mnemonic,
                             lpu::operand_text(issue.instruction, r * issue.address_step));
        n.culprit = std::ranges::any_of(conflict.culprits, [&](const compiler::Culprit& c) {
          return c.queue == queue.queue && c.cycle == cycle;
        });
        n.moved = changed && i == moved->issue;
        around.push_back(std::move(n));
      }
    }
  }
  return around;
}

}  // namespace

ConflictStory conflict_story(const lpu::Image& image, const lpu::Program& program,
                             const compiler::Conflict& conflict) {
  return {"The schedule is as it was given; nothing was moved.", conflict,
          neighbours(image, program, conflict, nullptr)};
}

std::optional<ConflictStory> made_up_conflict(const lpu::Image& image,
                                              const lpu::Program& program) {
  const std::vector<lpu::QueueInfo> infos = lpu::queues(image.chip);
  int tries = 0;
  for (const Place& place : candidates(program)) {
    if (++tries > kMostTries) break;
    lpu::Program changed = program;
    lpu::QueueProgram& queue = changed.queues[place.queue];
    lpu::Issue& issue = queue.issues[place.issue];
    const Cycle from = issue.cycle + lpu::barrier_cycles();
    ++issue.cycle;
    const auto conflict = compiler::check_schedule(image, changed);
    if (!conflict || !tells(*conflict)) continue;
    ConflictStory story;
    story.change =
        fmt::format("In a copy of this schedule, {} of {} was moved from cycle {} to cycle {}.",
                    lpu::info(issue.instruction.opcode).mnemonic,
                    infos[static_cast<std::size_t>(queue.queue)].path, from, from + 1);
    story.conflict = *conflict;
    story.around = neighbours(image, changed, *conflict, &place);
    return story;
  }
  return std::nullopt;
}

}  // namespace metronome::report
