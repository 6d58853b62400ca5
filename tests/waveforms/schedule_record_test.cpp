// SPDX-License-Identifier: Apache-2.0
// What the record says of a stream register is what the chip holds there: a probe inside the
// simulation samples the fabric itself, at random places and cycles.
#include "waveforms/schedule_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <random>

#include "compiler/lpu/compile.h"
#include "compiler/lpu/schedule_graph.h"
#include "runtime/devices/lpu_device.h"
#include "tests/harness/fabric_probe.h"
#include "tests/harness/random_model.h"

namespace metronome::waveforms::testing {
namespace {

constexpr std::uint64_t kSeed = 42;
constexpr int kProbes = 400;

using harness::RegisterLanes;
using harness::RegisterPlace;

/// The rule by which the page finds a value: nearest upstream on the same diagonal.
std::optional<RegisterLanes> recorded(const ScheduleRecord& record, const RegisterPlace& place) {
  const RecordedDrive* best = nullptr;
  for (const RecordedDrive& d : record.drives()) {
    const int hops = place.eastward ? place.position - d.position : d.position - place.position;
    if (d.eastward != place.eastward || d.stream != place.stream || hops < 0) continue;
    if (d.visible + hops != place.cycle) continue;
    const bool nearer = best == nullptr || (place.eastward ? d.position > best->position
                                                           : d.position < best->position);
    if (nearer) best = &d;
  }
  return best == nullptr ? std::nullopt : std::optional<RegisterLanes>(best->lanes);
}

TEST(ScheduleRecord, HoldsWhatTheChipHoldsAtRandomPlacesAndCycles) {
  const graph::Model model = harness::random_model({});
  const lpu::Image image = compiler::compile(model, lpu::teaching(), {});
  runtime::LpuDevice device(image);
  std::mt19937_64 random(kSeed);
  std::cout << "seed " << kSeed << '\n';
  const std::int64_t cycles = image.programs.front().predicted_cycles;
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  const compiler::ScheduleGraph graph(image, image.programs.front());
  std::vector<RegisterPlace> places;
  for (int i = 0; i < kProbes / 2; ++i) {
    places.push_back({1 + below(cycles - 1), below(2) == 0,
                      static_cast<int>(below(image.chip.streams)),
                      static_cast<int>(below(image.chip.positions()))});
    // And one on the way of a value, where something is to be seen.
    const auto& holds = graph.registers();
    const auto& hold = holds[static_cast<std::size_t>(below(std::ssize(holds)))];
    const bool east = hold.line < image.chip.streams;
    const auto column = static_cast<int>(east ? hold.low + below(image.chip.positions() - hold.low)
                                              : below(hold.high + 1));
    const std::int64_t cycle = lpu::barrier_cycles() + hold.diagonal + (east ? column : -column);
    if (cycle < cycles) places.push_back({cycle, east, hold.line % image.chip.streams, column});
  }
  std::ranges::sort(places, {}, &RegisterPlace::cycle);
  harness::FabricProbe probe("probe", device.chip(), places);
  ScheduleRecord record;
  device.chip().observe(&record);
  probe.arm();
  device.step(1);
  device.chip().observe(nullptr);
  ASSERT_EQ(probe.seen().size(), places.size());
  int there = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const RegisterPlace& place = places[i];
    EXPECT_EQ(recorded(record, place), probe.seen()[i])
        << (place.eastward ? 'E' : 'W') << place.stream << " column " << place.position << " cycle "
        << place.cycle;
    if (probe.seen()[i]) ++there;
  }
  EXPECT_GT(there, kProbes / 3) << "too few registers held a value to tell anything";
}

TEST(ScheduleRecord, SortsIssuesAndKeepsWhoWroteAndWhoRead) {
  const graph::Model model = harness::random_model({});
  const lpu::Image image = compiler::compile(model, lpu::teaching(), {});
  runtime::LpuDevice device(image);
  ScheduleRecord record;
  device.chip().observe(&record);
  device.step(1);
  device.chip().observe(nullptr);
  record.sort();
  const auto& issues = record.issues();
  for (std::size_t i = 1; i < issues.size(); ++i) {
    const auto key = [&](std::size_t k) { return std::pair(issues[k].cycle, issues[k].queue); };
    ASSERT_LE(key(i - 1), key(i));
  }
  std::vector<int> readers(record.drives().size());
  for (const RecordedSample& sample : record.samples()) {
    const RecordedDrive& drive = record.drives()[sample.drive];
    ASSERT_GE(issues[sample.issue].cycle, drive.visible);
    ++readers[sample.drive];
  }
  for (std::size_t d = 0; d < readers.size(); ++d) {
    const RecordedDrive& drive = record.drives()[d];
    ASSERT_LT(issues[drive.issue].cycle, drive.visible);
    ASSERT_GE(issues[drive.issue].piece, 0);
    ASSERT_TRUE(readers[d] > 0 || drive.reach == drive.position);
  }
}

}  // namespace
}  // namespace metronome::waveforms::testing
