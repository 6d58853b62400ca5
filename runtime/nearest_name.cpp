// SPDX-License-Identifier: Apache-2.0
#include "runtime/nearest_name.h"

#include <algorithm>

#include "runtime/model_files/tensor_table.h"

namespace metronome::runtime {

std::string nearest_name(std::string_view name, const std::vector<std::string>& names) {
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : names) {
    const bool begins = name.size() >= 3 && candidate.starts_with(name);
    const std::size_t distance = begins ? 0 : edit_distance(candidate, name);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(name, names);
  return nearest.empty() ? "" : ", did you mean " + nearest + "?";
}

}  // namespace metronome::runtime
