// SPDX-License-Identifier: Apache-2.0
#include "waveforms/trace_signals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw/isa/error.h"

namespace metronome::waveforms {
namespace {

using ::testing::HasSubstr;

const lpu::ChipSpec kSpec = lpu::groq1();

std::string error_of(const std::string& filter) {
  try {
    select_signals(kSpec, {filter});
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(TraceSignals, WithoutFiltersAllQueuesAndThreeColumns) {
  const TraceSignals signals = select_signals(kSpec, {});
  EXPECT_EQ(signals.queues.size(), 144U);
  EXPECT_EQ(signals.registers.size(), 3U * 64);
  for (const StreamRegister& reg : signals.registers) {
    EXPECT_THAT((std::vector{0, 19, 38}), ::testing::Contains(reg.position));
  }
}

TEST(TraceSignals, AFilterIsPartOfADottedPath) {
  EXPECT_EQ(select_signals(kSpec, {"mem_e.slice_12"}).queues.size(), 1U);
  EXPECT_EQ(select_signals(kSpec, {"vxm"}).queues.size(), 16U);
  EXPECT_EQ(select_signals(kSpec, {"vxm"}).registers.size(), 0U);
  EXPECT_EQ(select_signals(kSpec, {"x_23"}).registers.size(), 64U);
  EXPECT_EQ(select_signals(kSpec, {"s_04"}).registers.size(), 2U * 39);
  EXPECT_EQ(select_signals(kSpec, {"east.s_04.x_23", "plane_1.weights"}).registers.size(), 1U);
  EXPECT_EQ(select_signals(kSpec, {"east.s_04.x_23", "plane_1.weights"}).queues.size(), 2U);
  EXPECT_EQ(select_signals(kSpec, {"lpu"}).registers.size(), 64U * 39);
}

TEST(TraceSignals, AFilterWithoutMatchIsRefusedWithTheNearestNames) {
  EXPECT_THAT(error_of("mem_x.slice_12"), HasSubstr("'mem_x.slice_12'"));
  EXPECT_THAT(error_of("mem_x.slice_12"), HasSubstr("nearest: mem_e.slice_12, mem_w.slice_12"));
  EXPECT_THAT(error_of("vxn"), HasSubstr("nearest: vxm"));
  EXPECT_THAT(error_of("mxm_e.plane_0.wieghts"), HasSubstr("nearest: mxm_e.plane_0.weights"));
  EXPECT_THAT(error_of("x_39"), HasSubstr("x_3"));
  EXPECT_NE(error_of(""), "");
  EXPECT_NE(error_of("a.b.c.d.e.f.g.h"), "");
}

}  // namespace
}  // namespace metronome::waveforms
