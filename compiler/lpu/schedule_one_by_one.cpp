// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/schedulers.h"

namespace metronome::compiler {

void place_one_by_one(const std::vector<Work>& works, Placer& placer) {
  for (const Work& work : works) {
    placer.not_before(placer.end());
    placer.place(work);
  }
}

}  // namespace metronome::compiler
