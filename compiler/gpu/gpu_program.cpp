// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/gpu_program.h"

namespace metronome::gpu {
namespace {

bool takes_part(StepUse use, std::int64_t splits) {
  switch (use) {
    case StepUse::kAlways:
      return true;
    case StepUse::kOneSplit:
      return splits == 1;
    case StepUse::kManySplits:
      return splits > 1;
  }
  return false;
}

}  // namespace

std::vector<ProgramLaunch> GpuProgram::launches(std::int64_t position) const {
  const std::int64_t splits = attention.splits(position);
  std::vector<ProgramLaunch> result;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const ProgramStep& step = steps[s];
    if (!takes_part(step.use, splits)) continue;
    result.push_back({static_cast<int>(s), step.times_splits ? step.ctas * splits : step.ctas});
  }
  return result;
}

std::int64_t GpuProgram::macs(std::int64_t position) const {
  return weight_macs + layers * 2 * attention.heads * attention.head_dim * (position + 1);
}

}  // namespace metronome::gpu
