// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/chip_spec.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "hw/isa/error.h"

namespace metronome::lpu {
namespace {

std::string error_of(const ChipSpec& spec) {
  try {
    validate(spec, "chip.json");
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(ChipSpec, PresetsAreValidAndDiffer) {
  std::set<std::string> names;
  for (const ChipSpec& spec : chip_presets()) {
    EXPECT_EQ(error_of(spec), "none") << spec.name;
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"groq1", "teaching"}));
}

TEST(ChipSpec, Groq1IsTheChipOfThePapers) {
  const ChipSpec spec = groq1();
  EXPECT_EQ(spec.queue_count(), 144);
  EXPECT_EQ(queues(spec).size(), 144U);
  EXPECT_EQ(2 * spec.mem_slices, 88);
  EXPECT_EQ(spec.lanes(), 320);
  EXPECT_EQ(spec.sram_bytes(), 230'686'720);
  EXPECT_EQ(spec.sram_bytes(), std::int64_t{220} * 1024 * 1024);
  EXPECT_EQ(spec.words_per_slice(), 8192);
  EXPECT_EQ(spec.clock_hz, 900'000'000);
}

TEST(ChipSpec, Groq1HopCountsAreThoseOfTheSources) {
  const ChipSpec spec = groq1();
  const Position edge_of_memory = spec.vxm_position() + spec.vxm_entry_hops + spec.quads();
  EXPECT_EQ(edge_of_memory - spec.slice_position(Hemisphere::kEast, 14), 8);
  EXPECT_EQ(edge_of_memory - spec.slice_position(Hemisphere::kEast, 0), 11);
  EXPECT_EQ(spec.slice_position(Hemisphere::kWest, 14) - (2 * spec.vxm_position() - edge_of_memory),
            8);
  EXPECT_EQ(spec.quads(), 11);
}

TEST(ChipSpec, PositionsMirrorAboutTheVectorUnit) {
  for (const ChipSpec& spec : chip_presets()) {
    for (int slice = 0; slice < spec.mem_slices; ++slice) {
      EXPECT_EQ(spec.slice_position(Hemisphere::kEast, slice) - spec.vxm_position(),
                spec.vxm_position() - spec.slice_position(Hemisphere::kWest, slice));
    }
    EXPECT_EQ(spec.edge_position(Hemisphere::kWest), 0);
    EXPECT_EQ(spec.edge_position(Hemisphere::kEast), spec.positions() - 1);
    EXPECT_EQ(spec.vxm_result_position(Direction::kEast),
              spec.slice_position(Hemisphere::kEast, 0));
    EXPECT_EQ(spec.vxm_result_position(Direction::kWest),
              spec.slice_position(Hemisphere::kWest, 0));
  }
}

TEST(ChipSpec, TheBankIsTheTopAddressBit) {
  const ChipSpec spec = groq1();
  EXPECT_EQ(spec.bank_of(0), 0);
  EXPECT_EQ(spec.bank_of(4095), 0);
  EXPECT_EQ(spec.bank_of(4096), 1);
  EXPECT_EQ(spec.bank_of(8191), 1);
}

TEST(ChipSpec, EveryQueueIsFoundByItsUnitAndHasItsOwnPath) {
  for (const ChipSpec& spec : chip_presets()) {
    const auto all = queues(spec);
    ASSERT_EQ(static_cast<int>(all.size()), spec.queue_count());
    std::set<std::string> paths;
    for (int id = 0; id < spec.queue_count(); ++id) {
      const QueueInfo& q = all[static_cast<std::size_t>(id)];
      EXPECT_TRUE(paths.insert(q.path).second) << q.path;
      switch (q.unit) {
        case Unit::kMem:
          EXPECT_EQ(mem_queue(spec, q.hemisphere, q.index), id);
          break;
        case Unit::kVxm:
          EXPECT_EQ(vxm_queue(spec, q.index), id);
          break;
        case Unit::kMxmWeights:
        case Unit::kMxmActivations:
        case Unit::kMxmAccumulate:
          EXPECT_EQ(mxm_queue(spec, q.hemisphere, q.index, q.unit), id);
          break;
        case Unit::kSxmShift:
        case Unit::kSxmPermute:
        case Unit::kSxmDistribute:
        case Unit::kSxmTranspose:
          EXPECT_EQ(sxm_queue(spec, q.hemisphere, q.unit, q.index), id);
          break;
        case Unit::kC2c:
          break;
        case Unit::kIcu:
          ADD_FAILURE() << q.path;
          break;
      }
    }
    EXPECT_EQ(all[static_cast<std::size_t>(mem_queue(spec, Hemisphere::kEast, 12))].path,
              "mem_e.slice_12");
    EXPECT_EQ(
        all[static_cast<std::size_t>(mxm_queue(spec, Hemisphere::kWest, 0, Unit::kMxmWeights))]
            .path,
        "mxm_w.plane_0.weights");
  }
}

TEST(ChipSpec, AnAluReachesSixteenStreamsAndChainsWithItsOwnAndTheRowsBeside) {
  const ChipSpec spec = groq1();
  for (int alu = 0; alu < spec.vxm_alus; ++alu) {
    int reached = 0;
    for (int first = 0; first < spec.streams; first += 4) {
      reached +=
          alu_reaches(spec, alu, {Direction::kEast, static_cast<std::uint8_t>(first), 4}) ? 1 : 0;
    }
    EXPECT_EQ(reached, 4) << alu;
    int chained = 0;
    for (int to = 0; to < spec.vxm_alus; ++to) {
      chained += alus_chain(spec, alu, to) ? 1 : 0;
      EXPECT_EQ(alus_chain(spec, alu, to), alus_chain(spec, to, alu));
    }
    EXPECT_EQ(chained, 12) << alu;
  }
  EXPECT_TRUE(alu_reaches(spec, 15, {Direction::kWest, 4, 4}));
  EXPECT_FALSE(alu_reaches(spec, 15, {Direction::kWest, 8, 4}));
}

TEST(ChipSpecValidation, EachFieldBelowOrAboveItsRangeIsNamed) {
  struct Case {
    const char* field;
    int ChipSpec::*member;
    int low;
    int high;
  };
  const Case cases[] = {
      {"lanes_per_superlane", &ChipSpec::lanes_per_superlane, 16, 16},
      {"superlanes", &ChipSpec::superlanes, 1, 20},
      {"streams", &ChipSpec::streams, 24, 32},
      {"mem_slices", &ChipSpec::mem_slices, 32, 128},
      {"banks", &ChipSpec::banks, 2, 2},
      {"words_per_bank", &ChipSpec::words_per_bank, 16, 32768},
      {"slices_per_hop", &ChipSpec::slices_per_hop, 4, 64},
      {"vxm_entry_hops", &ChipSpec::vxm_entry_hops, 0, 16},
      {"io_hops", &ChipSpec::io_hops, 0, 16},
      {"mxm_planes", &ChipSpec::mxm_planes, 2, 2},
      {"vxm_alus", &ChipSpec::vxm_alus, 16, 16},
      {"sxm_distributors", &ChipSpec::sxm_distributors, 4, 4},
      {"sxm_transposers", &ChipSpec::sxm_transposers, 2, 2},
      {"c2c_ports", &ChipSpec::c2c_ports, 0, 16},
      {"accumulators", &ChipSpec::accumulators, 2, 2},
  };
  for (const Case& c : cases) {
    for (int value : {c.low - 1, c.high + 1}) {
      ChipSpec spec = teaching();
      spec.*c.member = value;
      EXPECT_EQ(error_of(spec), fmt::format("chip.json: {}: found {}, allowed {} to {}", c.field,
                                            value, c.low, c.high));
    }
    for (int value : {c.low, c.high}) {
      ChipSpec spec = teaching();
      spec.slices_per_hop = 16;
      spec.*c.member = value;
      EXPECT_EQ(error_of(spec), "none") << c.field << " " << value;
    }
  }
  for (std::int64_t hz : {std::int64_t{999'999}, std::int64_t{10'000'000'001}}) {
    ChipSpec spec = teaching();
    spec.clock_hz = hz;
    EXPECT_EQ(error_of(spec),
              fmt::format("chip.json: clock_hz: found {}, allowed 1000000 to 10000000000", hz));
  }
}

TEST(ChipSpecValidation, FieldsThatDoNotFitTogetherAreNamedTogether) {
  ChipSpec spec = teaching();
  spec.streams = 28;
  EXPECT_EQ(error_of(spec),
            "chip.json: streams: found 28, must be a multiple of 8 (the VXM's vxm_alus work on "
            "groups of 4 streams)");
  spec = teaching();
  spec.slices_per_hop = 6;
  EXPECT_EQ(error_of(spec),
            "chip.json: slices_per_hop: found 6, must be a multiple of 4 so that the bytes of a "
            "value in mem_slices share a column");
  spec = teaching();
  spec.mem_slices = 34;
  EXPECT_EQ(error_of(spec),
            "chip.json: mem_slices: found 34, must be a multiple of 4 to match slices_per_hop 4");
  spec = teaching();
  spec.mem_slices = 96;
  EXPECT_EQ(error_of(spec),
            "chip.json: mem_slices and slices_per_hop: 96 slices in columns of 4 give 65 "
            "stream-register columns, at most 63");
}

}  // namespace
}  // namespace metronome::lpu
