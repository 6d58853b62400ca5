// SPDX-License-Identifier: Apache-2.0
// Words that the text form of kernels uses, and what they mean: one list each, read both ways.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {

inline constexpr std::array<std::pair<Compare, std::string_view>, 6> kCompareWords = {{
    {Compare::kLt, ".LT"},
    {Compare::kLe, ".LE"},
    {Compare::kGt, ".GT"},
    {Compare::kGe, ".GE"},
    {Compare::kEq, ".EQ"},
    {Compare::kNe, ".NE"},
}};
inline constexpr std::array<std::pair<CacheUse, std::string_view>, 3> kCacheWords = {{
    {CacheUse::kAll, ""},
    {CacheUse::kL2, ".CG"},
    {CacheUse::kStrong, ".STRONG"},
}};
inline constexpr std::array<std::pair<Special, std::string_view>, 7> kSpecialWords = {{
    {Special::kLane, "SR_LANE"},
    {Special::kWarp, "SR_WARP"},
    {Special::kThread, "SR_THREAD"},
    {Special::kCta, "SR_CTA"},
    {Special::kCtas, "SR_CTAS"},
    {Special::kClusterRank, "SR_CLUSTER_RANK"},
    {Special::kSm, "SR_SM"},
}};

constexpr std::string_view suffix(Compare c) {
  return kCompareWords[static_cast<std::size_t>(c)].second;
}
constexpr std::string_view suffix(CacheUse c) {
  return kCacheWords[static_cast<std::size_t>(c)].second;
}
constexpr std::string_view name(Special s) {
  return kSpecialWords[static_cast<std::size_t>(s)].second;
}

}  // namespace metronome::gpu
