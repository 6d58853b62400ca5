// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/opcode.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "hw/isa/lpu/instruction.h"
#include "hw/isa/lpu/program.h"

namespace metronome::lpu {
namespace {

TEST(Opcodes, EveryRowStandsAtItsOwnNumberAndIsFoundByItsMnemonic) {
  for (std::size_t i = 0; i < opcodes().size(); ++i) {
    const OpcodeInfo& row = opcodes()[i];
    EXPECT_EQ(static_cast<std::size_t>(row.opcode), i) << row.mnemonic;
    EXPECT_EQ(&info(row.opcode), &row) << row.mnemonic;
    EXPECT_EQ(opcode_named(row.mnemonic), row.opcode) << row.mnemonic;
  }
  EXPECT_EQ(opcode_named("read"), std::nullopt);
  EXPECT_EQ(opcode_named(""), std::nullopt);
}

TEST(Opcodes, EveryRowHasTimingMeaningAndSource) {
  for (const OpcodeInfo& row : opcodes()) {
    EXPECT_GT(row.result_cycles, 0) << row.mnemonic;
    EXPECT_GT(row.busy_cycles, 0) << row.mnemonic;
    EXPECT_GE(row.skew_cycles, 0) << row.mnemonic;
    EXPECT_TRUE(row.crossings == 0 || row.crossings == 2) << row.mnemonic;
    EXPECT_FALSE(row.meaning.empty()) << row.mnemonic;
    EXPECT_FALSE(row.source.empty()) << row.mnemonic;
    EXPECT_NE(to_string(row.unit), "?") << row.mnemonic;
  }
}

TEST(Opcodes, MnemonicsAreBareWordsThatDiffer) {
  std::set<std::string_view> seen;
  for (const OpcodeInfo& row : opcodes()) {
    EXPECT_TRUE(seen.insert(row.mnemonic).second) << row.mnemonic;
    EXPECT_EQ(row.mnemonic.find_first_of(" \t#;,=\""), std::string_view::npos) << row.mnemonic;
    EXPECT_NE(row.mnemonic.front(), '.') << row.mnemonic;
  }
}

TEST(Opcodes, FieldsOfAFormatDifferInNameAndPlaceAndFitTheirValue) {
  for (const OpcodeInfo& row : opcodes()) {
    std::set<std::string_view> names;
    std::set<Field> places;
    for (const FieldLayout& layout : fields(row.format)) {
      EXPECT_TRUE(names.insert(layout.name).second) << row.mnemonic << " " << layout.name;
      EXPECT_TRUE(places.insert(layout.field).second) << row.mnemonic << " " << layout.name;
      EXPECT_LT(static_cast<std::size_t>(layout.field), kFieldCount);
      switch (layout.kind) {
        case FieldKind::kStream:
        case FieldKind::kOptionalStream:
        case FieldKind::kSource:
        case FieldKind::kSigned:
          EXPECT_EQ(layout.bytes, 2) << layout.name;
          break;
        case FieldKind::kBits:
          EXPECT_EQ(layout.bytes, 4) << layout.name;
          break;
        case FieldKind::kNumber:
          EXPECT_TRUE(layout.bytes == 1 || layout.bytes == 2);
          break;
      }
    }
  }
}

TEST(Opcodes, EveryVectorInstructionTakesThreeCyclesAndIssuesEachCycle) {
  for (const OpcodeInfo& row : opcodes()) {
    if (row.unit != Unit::kVxm) continue;
    EXPECT_EQ(row.latency(20), 3) << row.mnemonic;
    EXPECT_EQ(row.busy_cycles, 1) << row.mnemonic;
  }
}

TEST(Opcodes, OnlyMovesAgainstTheStaggerPaySuperlaneCrossings) {
  EXPECT_EQ(info(Opcode::kShiftNorth).latency(20), 2);
  EXPECT_EQ(info(Opcode::kShiftSouth).latency(20), 2 + 2 * 19);
  EXPECT_EQ(info(Opcode::kPermute).latency(20), 2 + 2 * 19);
  EXPECT_EQ(info(Opcode::kPermute).latency(1), 2);
  EXPECT_EQ(info(Opcode::kDistribute).latency(20), 2);
}

TEST(Opcodes, TheBarrierTakesTheCyclesOfNotify) {
  EXPECT_EQ(barrier_cycles(), 35);
  EXPECT_EQ(barrier_cycles(), info(Opcode::kNotify).result_cycles);
}

TEST(StreamGroups, EveryAlignedGroupPacksAndUnpacks) {
  for (Direction direction : {Direction::kEast, Direction::kWest}) {
    for (int width : {1, 2, 4, 8, 16}) {
      for (int first = 0; first < 32; first += width) {
        const StreamGroup group{direction, static_cast<std::uint8_t>(first),
                                static_cast<std::uint8_t>(width)};
        EXPECT_EQ(unpack_stream(pack(group)), group) << to_string(group);
        EXPECT_NE(pack(group), kNoStream);
        EXPECT_EQ(unpack_source(pack(Source::from(group))), Source::from(group));
      }
    }
  }
  EXPECT_EQ(to_string(StreamGroup{Direction::kEast, 12, 1}), "E12");
  EXPECT_EQ(to_string(StreamGroup{Direction::kWest, 8, 4}), "W8:4");
}

TEST(Sources, EveryAluAndTheImmediatePackAndUnpack) {
  for (std::uint8_t alu = 0; alu < 16; ++alu) {
    EXPECT_EQ(unpack_source(pack(Source::from_alu(alu))), Source::from_alu(alu));
  }
  EXPECT_EQ(unpack_source(pack(Source::immediate())), Source::immediate());
  EXPECT_EQ(unpack_source(pack(Source{})), Source{});
}

TEST(DistributeMaps, EntriesComeBackFromTheirWords) {
  Instruction i{Opcode::kDistribute, {}};
  std::array<std::uint8_t, 16> map{};
  for (std::size_t lane = 0; lane < map.size(); ++lane) {
    map[lane] = static_cast<std::uint8_t>(kMapZero - lane);
  }
  set_distribute_map(i, map);
  EXPECT_EQ(distribute_map(i), map);
}

TEST(Operands, AreInTheOrderInWhichIdentitiesNameThem) {
  Instruction add{Opcode::kAddF32, {}};
  add.set(Field::kSourceA, Source::from_alu(3))
      .set(Field::kSourceB, Source::from({Direction::kWest, 4, 4}));
  const auto both = operands(add);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].role, OperandRole::kAlu);
  EXPECT_EQ(both[0].alu, 3);
  EXPECT_EQ(both[1].role, OperandRole::kStream);
  EXPECT_EQ(both[1].stream, (StreamGroup{Direction::kWest, 4, 4}));
  add.set(Field::kSourceB, Source::immediate());
  EXPECT_EQ(operands(add).size(), 1U);

  Instruction acc{Opcode::kAccF32, {}};
  EXPECT_EQ(operands(acc).size(), 1U);
  acc.set(Field::kFlags, kFlagAdd);
  EXPECT_EQ(operands(acc).size(), 2U);
}

}  // namespace
}  // namespace metronome::lpu
