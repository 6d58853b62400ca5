// SPDX-License-Identifier: Apache-2.0
// What a run draws of a chip's units: the program alone must tell what the chip counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <sstream>

#include "compiler/lpu/compile.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/run_charts.h"
#include "runtime/devices/lpu_device.h"
#include "tests/harness/random_model.h"

namespace metronome::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class UnitActivityOfAChip : public ::testing::Test {
 protected:
  UnitActivityOfAChip() {
    harness::RandomShape shape;
    shape.width = 16;
    shape.head_dim = 4;
    shape.ffn = 16;
    shape.vocab = 32;
    shape.context = 16;
    const graph::Model model = harness::random_model(shape);
    image_ = compiler::compile(model, lpu::teaching(), {});
  }
  const lpu::Program& program() const { return image_.programs.front(); }

  lpu::Image image_;
};

std::int64_t sum(const std::vector<std::int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

TEST_F(UnitActivityOfAChip, IsWhatTheChipCountsInAToken) {
  runtime::LpuDevice device(image_);
  device.step(1);
  std::int64_t counted_busy = 0;
  for (const UnitUse& use : units_used(image_.chip, device.counters())) {
    EXPECT_EQ(use.total_cycles, program().predicted_cycles);
    EXPECT_GT(use.busy_cycles, 0) << use.name;
    EXPECT_LE(use.share(), 1.0) << use.name;
    counted_busy += use.busy_cycles;
  }
  for (const std::size_t stretches : {1U, 7U, 57U, 1'000'000U}) {
    std::int64_t busy = 0;
    for (const UnitActivity& kind : activity_of(program(), image_.chip, stretches).kinds) {
      busy += sum(kind.busy_cycles);
    }
    EXPECT_EQ(busy, counted_busy) << stretches;
  }
}

TEST_F(UnitActivityOfAChip, CountsEveryUnitOnce) {
  std::int64_t units = 0;
  for (const UnitUse& use : units_used(image_.chip, {})) {
    EXPECT_EQ(use.share(), 0.0) << use.name;
    units += use.units;
  }
  const std::int64_t links = 2 * image_.chip.c2c_ports;
  const std::int64_t odd_planes = 2 * (image_.chip.mxm_planes / 2);  // led by the even ones
  EXPECT_EQ(units + links + 3 * odd_planes, std::ssize(lpu::queues(image_.chip)));
}

TEST_F(UnitActivityOfAChip, IsCutIntoAtMostTheStretchesAskedFor) {
  for (const std::size_t stretches : {1U, 2U, 39U, 100U}) {
    const ProgramActivity activity = activity_of(program(), image_.chip, stretches);
    for (const UnitActivity& kind : activity.kinds) {
      EXPECT_LE(kind.busy_cycles.size(), stretches);
      EXPECT_GE(static_cast<std::int64_t>(kind.busy_cycles.size()) * activity.stretch_cycles,
                activity.cycles);
      for (const double share : activity.shares(kind)) {
        EXPECT_GE(share, 0.0);
        EXPECT_LE(share, 1.0);
      }
    }
  }
  EXPECT_THAT(activity_of(program(), image_.chip, 0).kinds, IsEmpty());
  EXPECT_THAT(activity_of({}, image_.chip, 10).kinds, IsEmpty());
}

TEST_F(UnitActivityOfAChip, IsDrawnInLinesOfTheWidthAskedFor) {
  for (std::size_t width = 40; width <= 120; ++width) {
    for (const bool unicode : {false, true}) {
      const TextStyle style{unicode, width};
      const std::string text = use_chart(units_used(image_.chip, {}), 10.0, 20, style) +
                               program_chart(program(), image_.chip, style);
      EXPECT_THAT(text, HasSubstr("MXM weights"));
      EXPECT_THAT(text, HasSubstr("MEM west"));
      EXPECT_THAT(text, HasSubstr("A mark is "));
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(width_of(line), width) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
      }
    }
  }
}

TEST(ARunOnAGpu, IsDrawnInLinesOfTheWidthAskedFor) {
  GpuRun run;
  run.spec = gpu::gpu_preset("teaching");
  EXPECT_THAT(slots_chart(run, {}), HasSubstr("0.0 %"));  // nothing ran
  for (std::size_t r = 0; r < run.slots.size(); ++r) {
    run.slots[r] = std::int64_t{1} << (4 * r);
  }
  run.cycles = 1000;
  run.gap_cycles = 300;
  for (std::size_t width = 40; width <= 120; ++width) {
    for (const bool unicode : {false, true}) {
      std::istringstream lines(slots_chart(run, {unicode, width}));
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(width_of(line), width) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
      }
    }
  }
}

}  // namespace
}  // namespace metronome::cli
