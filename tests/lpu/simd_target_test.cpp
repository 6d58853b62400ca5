// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "hw/isa/error.h"
#include "hw/lpu/simd/target.h"

namespace metronome::lpu::simd {
namespace {

TEST(SimdTarget, ForcingOneTargetLeavesTheListWhole) {
  const auto all = supported_targets();
  ASSERT_FALSE(all.empty());
  force_target(all.back());
  EXPECT_EQ(supported_targets(), all);
  reset_target();
  EXPECT_EQ(supported_targets(), all);
}

TEST(SimdTarget, AnUnknownTargetIsRefusedByName) {
  try {
    force_target("AVX9");
    FAIL() << "AVX9 was accepted";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("AVX9"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(supported_targets().front()), std::string::npos);
  }
}

}  // namespace
}  // namespace metronome::lpu::simd
