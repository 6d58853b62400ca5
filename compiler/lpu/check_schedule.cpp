// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/check_schedule.h"

#include "compiler/lpu/judge.h"

namespace metronome::compiler {

std::optional<Conflict> check_schedule(const lpu::Image& image, const lpu::Program& program) {
  return Judge(image, program).verdict();
}

}  // namespace metronome::compiler
