// SPDX-License-Identifier: Apache-2.0
// Dense work is given pauses in which its text can come, and only where it has much text.
#include "compiler/lpu/text_pauses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metronome::compiler::testing {
namespace {

using lpu::Cycle;
using lpu::Field;
using lpu::Opcode;
using lpu::QueueId;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

lpu::Instruction read_onto(int stream) {
  lpu::Instruction read{Opcode::kRead, {}};
  read.set(Field::kOut,
           lpu::StreamGroup{lpu::Direction::kEast, static_cast<std::uint8_t>(stream), 1});
  return read;
}

class TextPausesTest : public ::testing::Test {
 protected:
  /// Reads in the cycles from `first` to `last`, onto another stream each time if they `alternate`.
  void add(QueueId queue, Cycle first, Cycle last, bool alternate) {
    for (Cycle c = first; c <= last; ++c) {
      pauses_.add(queue, c, read_onto(alternate ? static_cast<int>(c % 2) : 0), 1);
    }
  }
  TextPauses pauses_{lpu::groq1()};
};

TEST_F(TextPausesTest, FollowWorkWhoseTextIsMuchOfTheBuffer) {
  add(3, 10, 209, true);
  EXPECT_THAT(pauses_.wanted(), ElementsAre(Pair(3, 210)));
  EXPECT_THAT(pauses_.wanted(), IsEmpty()) << "told once";
}

TEST_F(TextPausesTest, AreNotWantedBehindRepeats) {
  add(3, 10, 2000, false);
  EXPECT_THAT(pauses_.wanted(), IsEmpty());
}

TEST_F(TextPausesTest, AreNotWantedWherePausesAre) {
  for (Cycle c = 0; c < 2000; c += 40) add(3, c, c + 37, true);
  EXPECT_THAT(pauses_.wanted(), IsEmpty());
}

TEST_F(TextPausesTest, OneFreeCycleIsNone) {
  for (Cycle c = 0; c < 200; c += 40) add(3, c, c + 38, true);
  EXPECT_THAT(pauses_.wanted(), ElementsAre(Pair(3, 199)));
}

TEST_F(TextPausesTest, WorkThatFillsAGapJoinsWhatIsRoundIt) {
  add(3, 10, 69, true);
  add(3, 130, 189, true);
  EXPECT_THAT(pauses_.wanted(), IsEmpty());
  add(3, 70, 129, true);
  EXPECT_THAT(pauses_.wanted(), ElementsAre(Pair(3, 190)));
}

TEST_F(TextPausesTest, QueuesThatWorkTogetherPauseTogether) {
  add(3, 10, 129, true);
  add(4, 11, 80, true);
  add(5, 12, 20, true);
  EXPECT_THAT(pauses_.wanted(), ElementsAre(Pair(3, 130), Pair(4, 81)));
}

}  // namespace
}  // namespace metronome::compiler::testing
