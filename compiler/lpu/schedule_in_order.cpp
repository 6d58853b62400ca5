// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/schedulers.h"

namespace metronome::compiler {

void place_in_order(const std::vector<Work>& works, Placer& placer) {
  for (const Work& work : works) placer.place(work);
}

}  // namespace metronome::compiler
