// SPDX-License-Identifier: Apache-2.0
// Tags of a sectored cache, and who leaves when a set is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "hw/gpu/sectored_tags.h"

namespace metronome::gpu {
namespace {

class Tags : public ::testing::Test {
 protected:
  static constexpr std::int64_t kSets = 4;
  static constexpr std::int64_t kWays = 4;

  Tags() { tags_.reshape(kSets, kWays); }
  SectoredTags::Way& insert(std::uint64_t line, std::uint64_t set,
                            const SectoredTags::Policy& policy = {}) {
    return tags_.insert(line, set, policy, victim_);
  }

  SectoredTags tags_;
  std::optional<SectoredTags::Victim> victim_;
};

TEST_F(Tags, ALineIsFoundInItsSetOnly) {
  EXPECT_EQ(tags_.find(7, 3), nullptr);
  insert(7, 3).valid = 0b0101;
  ASSERT_NE(tags_.find(7, 3), nullptr);
  EXPECT_EQ(tags_.find(7, 3)->valid, 0b0101);
  EXPECT_EQ(tags_.find(7, 3 + kSets), tags_.find(7, 3)) << "sets are counted modulo their number";
  EXPECT_EQ(tags_.find(7, 2), nullptr);
}

TEST_F(Tags, NobodyLeavesWhileAWayIsFree) {
  for (std::uint64_t line = 0; line < kWays; ++line) {
    insert(line, 0);
    EXPECT_FALSE(victim_.has_value()) << line;
  }
}

TEST_F(Tags, TheLeastRecentlyTouchedLeavesWithItsState) {
  for (std::uint64_t line = 0; line < kWays; ++line) {
    SectoredTags::Way& way = insert(line, 0);
    way.valid = 0b1111;
    way.dirty = static_cast<std::uint8_t>(line);
  }
  tags_.touch(0, 0);
  tags_.find(1, 0);  // looking is not touching
  insert(9, 0);
  ASSERT_TRUE(victim_.has_value());
  EXPECT_EQ(victim_->line, 1U);
  EXPECT_EQ(victim_->state.dirty, 1);
  EXPECT_EQ(victim_->state.valid, 0b1111);
  EXPECT_EQ(tags_.find(1, 0), nullptr);
  EXPECT_EQ(tags_.find(9, 0)->valid, 0) << "a new line has no sectors";
}

TEST_F(Tags, ARemovedLineLeavesItsWayFree) {
  for (std::uint64_t line = 0; line < kWays; ++line) insert(line, 0);
  tags_.remove(2, 0);
  tags_.remove(77, 0);  // not there
  EXPECT_EQ(tags_.find(2, 0), nullptr);
  insert(9, 0);
  EXPECT_FALSE(victim_.has_value());
}

TEST_F(Tags, TwinsLeaveFirstIfAsked) {
  for (std::uint64_t line = 0; line < kWays; ++line) insert(line, 0).twin = line >= 2;
  tags_.touch(2, 0);
  Random random(1);
  insert(9, 0, {&random, 1, true});
  ASSERT_TRUE(victim_.has_value());
  EXPECT_EQ(victim_->line, 3U) << "the older of the two twins";
  insert(10, 0);
  EXPECT_EQ(victim_->line, 0U) << "without the wish, the oldest";
}

TEST_F(Tags, ASampleOfOneWayIsARandomWayAndALargeSampleTheOldest) {
  Random random(3);
  std::set<std::uint64_t> victims;
  for (int n = 0; n < 40; ++n) {
    tags_.reshape(kSets, kWays);
    for (std::uint64_t line = 0; line < kWays; ++line) insert(line, 0);
    insert(9, 0, {&random, 1, false});
    victims.insert(victim_->line);
    tags_.reshape(kSets, kWays);
    for (std::uint64_t line = 0; line < kWays; ++line) insert(line, 0);
    insert(9, 0, {&random, 64, false});
    EXPECT_EQ(victim_->line, 0U);
  }
  EXPECT_EQ(victims.size(), static_cast<std::size_t>(kWays));
}

}  // namespace
}  // namespace metronome::gpu
