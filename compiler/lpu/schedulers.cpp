// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/schedulers.h"

#include <fmt/core.h>

#include "hw/isa/error.h"

namespace metronome::compiler {
namespace {

constexpr Scheduler kSchedulers[] = {
    {"in-order", "works in program order, each as early as it can", place_in_order},
    {"critical-first", "of the works that are ready, the one with the longest way to the end",
     place_critical_first},
    {"one-by-one", "each work after the end of all before it; nothing overlaps", place_one_by_one},
};

}  // namespace

std::span<const Scheduler> schedulers() { return kSchedulers; }

const Scheduler& default_scheduler() { return kSchedulers[0]; }

const Scheduler& scheduler_named(std::string_view name) {
  std::string known;
  for (const Scheduler& s : kSchedulers) {
    if (s.name == name) return s;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", s.name);
  }
  throw UserError(fmt::format("scheduler: found {}, there are {}", name, known));
}

}  // namespace metronome::compiler
