// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/vxm.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/harness/lpu_bench.h"
#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr Hemisphere kWest = Hemisphere::kWest;
constexpr std::uint32_t kSeed = 1600;
constexpr Cycle kNow = 40;  // when the ALU under test samples

ChipSpec three_superlanes() {
  ChipSpec spec = groq1();
  spec.superlanes = 3;
  spec.words_per_bank = 512;
  return spec;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool accumulates(Opcode op) {
  return op == Opcode::kAccAddF32 || op == Opcode::kAccMaxF32 || op == Opcode::kAccOr;
}

/// [lanes, 4] values that arithmetic treats differently: any bits, moderate floats, small integers
/// and the special values of fp32 in turn.
Bytes telling_values(std::uint32_t seed, int lanes) {
  const std::uint32_t special[] = {0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000,
                                   0xffc00001, 0x7f7fffff, 0x00000001, 0x7fffffff, 0x3f800000};
  const Bytes raw = random_bytes(seed, static_cast<std::size_t>(4 * lanes));
  Bytes values = raw;
  for (int l = 0; l < lanes; ++l) {
    const std::uint32_t bits = lane_of(raw, l, 4);
    const auto integer = static_cast<std::int32_t>(bits % 2001) - 1000;
    switch (l % 4) {
      case 0:
        break;
      case 1:
        set_lane(values, l, 4, bits_of(static_cast<float>(integer) / 64.0F));
        break;
      case 2:
        set_lane(values, l, 4, bits_of(integer));
        break;
      case 3:
        set_lane(values, l, 4, special[bits % std::size(special)]);
        break;
    }
  }
  return values;
}

class Vxm : public ::testing::Test {
 protected:
  int lanes() const { return bench_.spec().lanes(); }
  Position exit_east() const { return bench_.spec().vxm_result_position(Direction::kEast); }
  void feed(ProgramBuilder& program, int slice, StreamGroup group, Cycle cycle, int count = 1) {
    bench_.feed(program, kWest, slice, 0, group, bench_.centre(), cycle, count, 1, 1);
  }
  std::string refusal(const Instruction& i, int alu = 0) {
    ProgramBuilder program;
    bench_.put(kWest, 0, 0, 4, Bytes(static_cast<std::size_t>(4 * lanes()), 1));
    feed(program, 0, east(0, 4), kNow);
    program.at(kNow).on(bench_.alu(alu)).issue(i);
    return bench_.error_of(program);
  }

  Bench bench_{three_superlanes()};
};

TEST_F(Vxm, EveryInstructionComputesItsDefinitionOnATrainOfRandomRows) {
  constexpr int kRows = 40;
  std::printf("seed %u\n", kSeed);
  for (int r = 0; r < kRows; ++r) {
    const auto seed = kSeed + static_cast<std::uint32_t>(2 * r);
    bench_.put(kWest, 0, r, 4, telling_values(seed, lanes()));
    bench_.put(kWest, 4, r, 4, telling_values(seed + 1, lanes()));
  }
  for (const AluDefinition& row : definition::kAlu) {
    if (row.opcode == Opcode::kAccRead) continue;  // see the accumulator test
    SCOPED_TRACE(info(row.opcode).mnemonic);
    const Source a = Source::from(east(0, row.operand_width));
    const StreamGroup out = east(8, row.result_width);
    ProgramBuilder program;
    feed(program, 0, a.stream, kNow, kRows);
    if (info(row.opcode).format == Format::kBinary) {
      feed(program, 4, east(4, 4), kNow, kRows);
      program.at(kNow)
          .on(bench_.alu(2))
          .issue(binary(row.opcode, a, Source::from(east(4, 4)), out, 3), kRows);
    } else {
      program.at(kNow).on(bench_.alu(2)).issue(unary(row.opcode, a, out, 3, kFlagInit));
      program.at(kNow + 1).on(bench_.alu(2)).issue(unary(row.opcode, a, out, 3), kRows - 1);
    }
    bench_.capture(program, kEast, 0, 0, out, exit_east(), kNow + 3, kRows, 1, 1);
    ASSERT_EQ(bench_.error_of(program), "");
    Bytes accumulator;
    for (int r = 0; r < kRows; ++r) {
      const Bytes value = bench_.get(kWest, 0, r, row.operand_width);
      const Bytes second = accumulates(row.opcode) ? accumulator : bench_.get(kWest, 4, r, 4);
      const bool starts = accumulates(row.opcode) && r == 0;
      accumulator = starts ? value : alu_result(row, value, second, lanes());
      ASSERT_EQ(bench_.get(kEast, 0, r, row.result_width), accumulator) << "row " << r;
    }
  }
}

TEST_F(Vxm, AnImmediateIsTheSecondOperandInEveryLane) {
  const Bytes a = telling_values(kSeed, lanes());
  bench_.put(kWest, 0, 0, 4, a);
  ProgramBuilder program;
  feed(program, 0, east(0, 4), kNow);
  program.at(kNow)
      .on(bench_.alu(0))
      .issue(immediate(Opcode::kMulF32, Source::from(east(0, 4)), bits_of(0.25F), east(8, 4), 3));
  bench_.capture(program, kEast, 0, 0, east(8, 4), exit_east(), kNow + 3);
  ASSERT_EQ(bench_.error_of(program), "");
  Bytes b(a.size());
  for (int l = 0; l < lanes(); ++l) set_lane(b, l, 4, bits_of(0.25F));
  EXPECT_EQ(bench_.get(kEast, 0, 0, 4),
            alu_result(*alu_definition(Opcode::kMulF32), a, b, lanes()));
}

TEST_F(Vxm, TheAccumulatorIsKeptAndReadWithoutChange) {
  const Bytes a = telling_values(kSeed, lanes());
  bench_.put(kWest, 0, 0, 4, a);
  ProgramBuilder program;
  feed(program, 0, east(0, 4), kNow);
  const QueueId alu = bench_.alu(0);
  program.at(kNow).on(alu).issue(
      unstreamed(unary(Opcode::kAccOr, Source::from(east(0, 4)), {}, 3, kFlagInit)));
  program.at(kNow + 9).on(alu).issue(unary(Opcode::kAccRead, {}, east(8, 4), 3), 2, 4);
  bench_.capture(program, kEast, 0, 0, east(8, 4), exit_east(), kNow + 9 + 3, 2, 4, 1);
  ASSERT_EQ(bench_.error_of(program), "");
  EXPECT_EQ(bench_.get(kEast, 0, 0, 4), a);
  EXPECT_EQ(bench_.get(kEast, 0, 1, 4), a);
}

TEST_F(Vxm, AnAccumulatorNeverStartedIsRefused) {
  const std::string text = "accumulator used before it was started";
  EXPECT_TRUE(
      contains(refusal(unary(Opcode::kAccAddF32, Source::from(east(0, 4)), east(4, 4), 3)), text));
  EXPECT_TRUE(contains(refusal(unary(Opcode::kAccRead, {}, east(4, 4), 3), 1), text));
}

// USQ alu finder: row r of the 4 x 4 mesh reaches groups 2r .. 2r + 3 modulo 8.
TEST_F(Vxm, AnAluReachesFourGroupsAndIsRefusedTheOthers) {
  bench_.put(kWest, 0, 0, 4, Bytes(static_cast<std::size_t>(4 * lanes()), 1));
  for (int alu = 0; alu < 16; ++alu) {
    for (int group = 0; group < 8; ++group) {
      const bool reaches = (group - 2 * (alu / 4) + 8) % 8 < 4;
      const int near = 8 * (alu / 4) % 32;  // a group within reach
      for (const bool reads : {true, false}) {
        const StreamGroup in = east(reads ? 4 * group : near, 4);
        const StreamGroup out = west(reads ? near : 4 * group, 4);
        ProgramBuilder program;
        feed(program, 0, in, kNow);
        program.at(kNow).on(bench_.alu(alu)).issue(unary(Opcode::kPass, Source::from(in), out, 3));
        const std::string error = bench_.error_of(program);
        EXPECT_EQ(error.empty(), reaches) << alu << " " << group << " " << error;
        EXPECT_EQ(contains(error, "out of reach of row"), !reaches);
      }
    }
  }
}

TEST_F(Vxm, AChainedResultMustBeTakenExactlyWhenItIsDelivered) {
  const Bytes a = telling_values(kSeed, lanes());
  bench_.put(kWest, 0, 0, 4, a);
  for (const int wait : {2, 3, 4, 11}) {
    ProgramBuilder program;
    feed(program, 0, east(0, 4), kNow);
    program.at(kNow)
        .on(bench_.alu(0))
        .issue(unstreamed(unary(Opcode::kNegF32, Source::from(east(0, 4)), {}, 3)));
    program.at(kNow + wait)
        .on(bench_.alu(5))
        .issue(unary(Opcode::kNegF32, Source::from_alu(0), east(8, 4), 3));
    bench_.capture(program, kEast, 0, wait, east(8, 4), exit_east(), kNow + wait + 3);
    const std::string error = bench_.error_of(program);
    if (wait == 3) {
      EXPECT_EQ(error, "");
      EXPECT_EQ(bench_.get(kEast, 0, wait, 4), a);
    } else {
      EXPECT_TRUE(contains(error, "vxm.alu_5: cycle "));
      EXPECT_TRUE(contains(error, "operand missing: alu_0 delivers nothing here in this cycle"));
    }
  }
}

TEST_F(Vxm, AChainLeadsToTheSameRowAndTheRowsBesideItOnly) {
  bench_.put(kWest, 0, 0, 4, Bytes(static_cast<std::size_t>(4 * lanes()), 1));
  for (int row = 0; row < 4; ++row) {
    ProgramBuilder program;
    feed(program, 0, east(0, 4), kNow);
    program.at(kNow)
        .on(bench_.alu(1))
        .issue(unstreamed(unary(Opcode::kPass, Source::from(east(0, 4)), {}, 3)));
    program.at(kNow + 3)
        .on(bench_.alu(4 * row + 2))
        .issue(unstreamed(unary(Opcode::kPass, Source::from_alu(1), {}, 3)));
    EXPECT_EQ(contains(bench_.error_of(program), "delivers nothing here"), row == 2) << row;
  }
}

TEST_F(Vxm, LanesBeyondTheActiveSuperlanesAreZero) {
  const Bytes a = telling_values(kSeed, lanes());
  bench_.put(kWest, 0, 0, 4, a);
  ProgramBuilder program;
  feed(program, 0, east(0, 4), kNow);
  program.at(kNow)
      .on(bench_.alu(0))
      .issue(unary(Opcode::kPass, Source::from(east(0, 4)), east(8, 4), 2));
  bench_.capture(program, kEast, 0, 0, east(8, 4), exit_east(), kNow + 3);
  ASSERT_EQ(bench_.error_of(program), "");
  Bytes expected = a;
  std::fill(expected.begin() + 4 * 32, expected.end(), std::uint8_t{0});
  EXPECT_EQ(bench_.get(kEast, 0, 0, 4), expected);
}

TEST_F(Vxm, BitwiseInstructionsWidenANarrowOperandWithZeros) {
  const Bytes a = random_bytes(kSeed, static_cast<std::size_t>(lanes()));
  bench_.put(kWest, 0, 0, 1, a);
  ProgramBuilder program;
  feed(program, 0, east(0), kNow);
  program.at(kNow)
      .on(bench_.alu(0))
      .issue(unary(Opcode::kPass, Source::from(east(0)), east(8, 4), 3));
  bench_.capture(program, kEast, 0, 0, east(8, 4), exit_east(), kNow + 3);
  ASSERT_EQ(bench_.error_of(program), "");
  for (int l = 0; l < lanes(); ++l) {
    EXPECT_EQ(lane_of(bench_.get(kEast, 0, 0, 4), l, 4), a[static_cast<std::size_t>(l)]);
  }
}

TEST_F(Vxm, OperandsOfTheWrongKindAreRefused) {
  const Source a = Source::from(east(0, 4));
  const Source half = Source::from(east(0, 2));
  EXPECT_TRUE(contains(refusal(unary(Opcode::kNegF32, half, east(4, 4), 3)),
                       "operand of 2 bytes a lane, 4 wanted"));
  EXPECT_TRUE(contains(refusal(unary(Opcode::kCvtF16F32, a, east(4, 4), 3)),
                       "operand of 4 bytes a lane, 2 wanted"));
  EXPECT_TRUE(contains(refusal(unary(Opcode::kCvtF32I8, a, east(4, 4), 3)),
                       "result narrower than its streams"));
  EXPECT_TRUE(contains(refusal(unary(Opcode::kNegF32, Source::immediate(), east(4, 4), 3)),
                       "takes no immediate"));
  EXPECT_TRUE(contains(refusal(binary(Opcode::kAddF32, Source::immediate(), a, east(4, 4), 3)),
                       "only operand b may be an immediate"));
  EXPECT_TRUE(contains(refusal(binary(Opcode::kAddF32, a, {}, east(4, 4), 3)), "operand missing"));
  for (int superlanes : {0, 4}) {
    EXPECT_TRUE(contains(refusal(unary(Opcode::kNegF32, a, east(4, 4), superlanes)),
                         "superlanes active, the chip has 3"));
  }
}

TEST_F(Vxm, TwoAlusCannotPutResultsOnOneGroupInOneCycle) {
  bench_.put(kWest, 0, 0, 4, Bytes(static_cast<std::size_t>(4 * lanes()), 1));
  ProgramBuilder program;
  feed(program, 0, east(0, 4), kNow);
  for (int alu : {0, 1}) {
    program.at(kNow)
        .on(bench_.alu(alu))
        .issue(unary(Opcode::kPass, Source::from(east(0, 4)), west(4, 4), 3));
  }
  const std::string error = bench_.error_of(program);
  EXPECT_TRUE(contains(error, "vxm.alu_0")) << error;
  EXPECT_TRUE(contains(error, "vxm.alu_1")) << error;
  EXPECT_TRUE(contains(error, "drives stream W4 at column 15")) << error;
}

}  // namespace
}  // namespace metronome::lpu::testing
