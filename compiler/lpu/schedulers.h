// SPDX-License-Identifier: Apache-2.0
// In which order works are placed: the whole of a scheduler, since the placer gives each the first
// cycle that is free for it. A scheduler is one file and one line in the list.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "compiler/lpu/placer.h"

namespace metronome::compiler {

struct Scheduler {
  std::string_view name;
  std::string_view sentence;  // what it does
  /// Places every work once. One that reads, or overwrites, what another touches in program order
  /// must come after it.
  void (*place)(const std::vector<Work>& works, Placer& placer);
};

std::span<const Scheduler> schedulers();
/// The one that is taken unless another is named.
const Scheduler& default_scheduler();
/// Errors: UserError naming those that there are.
const Scheduler& scheduler_named(std::string_view name);

/// In program order, each as early as it can: works that do not wait for each other overlap.
void place_in_order(const std::vector<Work>& works, Placer& placer);
/// In program order, each after the end of all before it: nothing overlaps.
void place_one_by_one(const std::vector<Work>& works, Placer& placer);
/// The work with the longest way to the end first, of those whose operands are placed.
void place_critical_first(const std::vector<Work>& works, Placer& placer);

}  // namespace metronome::compiler
