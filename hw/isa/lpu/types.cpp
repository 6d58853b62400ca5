// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/types.h"

#include <fmt/core.h>

namespace metronome::lpu {

std::string to_string(StreamGroup group) {
  if (group.width == 1) return fmt::format("{}{}", letter(group.direction), group.first);
  return fmt::format("{}{}:{}", letter(group.direction), group.first, group.width);
}

}  // namespace metronome::lpu
