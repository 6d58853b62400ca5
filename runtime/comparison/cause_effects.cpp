// SPDX-License-Identifier: Apache-2.0
#include "runtime/comparison/cause_effects.h"

#include <algorithm>

namespace metronome::comparison {
namespace {

std::int64_t runs_of(const Settings& settings) {
  return std::min(settings.runs, settings.cause_runs);
}

/// Tokens of one measurement: that of the last position, and the one that warms the caches.
std::int64_t tokens_again(std::int64_t positions) { return std::min<std::int64_t>(positions, 2); }

/// Causes that can act.
std::int64_t present(const Machine& machine) {
  std::int64_t count = 0;
  for (const CauseFact& fact : machine.causes()) count += fact.absent.empty() ? 1 : 0;
  return count;
}

}  // namespace

void measure_causes(Machine& machine, const Comparison& all, MachineResult& result,
                    const std::function<void(std::int64_t tokens)>& before) {
  const Settings& settings = all.settings;
  const auto measure = [&](const Variation& variation) {
    before(tokens_again(std::ssize(all.fed)));
    return machine.again(all.fed, variation);
  };
  result.all_causes.fact = {"all together", "every cause at once", ""};
  const std::vector<CauseFact> facts = machine.causes();
  if (present(machine) == 0) {
    for (const CauseFact& fact : facts) result.causes.push_back({fact, {}});
    return;
  }
  result.fixed_cycles = measure({settings.seed, std::nullopt, settings.seed});
  const auto effect = [&](const CauseFact& fact, std::optional<std::size_t> cause) {
    CauseEffect found{fact, {}};
    // Run 0 is the fixed one: what it adds is nothing, by definition.
    for (std::int64_t r = 1; r <= runs_of(settings) && fact.absent.empty(); ++r) {
      const std::uint64_t varied = settings.seed + static_cast<std::uint64_t>(r);
      found.added.add(measure({settings.seed, cause, varied}) - result.fixed_cycles);
    }
    return found;
  };
  for (std::size_t c = 0; c < facts.size(); ++c) result.causes.push_back(effect(facts[c], c));
  result.all_causes = effect(result.all_causes.fact, std::nullopt);
}

std::int64_t tokens_to_feed(const Machine& machine, const Settings& settings,
                            std::int64_t positions) {
  const std::int64_t acting = present(machine);
  const std::int64_t measured = acting == 0 ? 0 : 1 + (acting + 1) * runs_of(settings);
  return settings.runs * positions + measured * tokens_again(positions);
}

}  // namespace metronome::comparison
