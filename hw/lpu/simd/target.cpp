// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/simd/target.h"

#include <hwy/highway.h>

#include "hw/isa/error.h"

namespace metronome::lpu::simd {
namespace {

// The set Highway chooses from; 0 stands for all that the host has.
void choose_from(int64_t targets) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

std::vector<int64_t> host_targets() {
  const int64_t in_force = hwy::SupportedTargets();
  hwy::SetSupportedTargetsForTest(0);
  const bool unforced = hwy::SupportedTargets() == in_force;
  std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
  choose_from(unforced ? 0 : in_force);
  return targets;
}

}  // namespace

std::vector<std::string> supported_targets() {
  std::vector<std::string> names;
  for (const int64_t target : host_targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void force_target(std::string_view name) {
  for (const int64_t target : host_targets()) {
    if (name == hwy::TargetName(target)) {
      choose_from(target);
      return;
    }
  }
  std::string known;
  for (const std::string& target : supported_targets()) known += " " + target;
  throw UserError("simd target: " + std::string(name) + ": not on this host, which has" + known);
}

void reset_target() { choose_from(0); }

}  // namespace metronome::lpu::simd
