// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/execute.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "hw/isa/error.h"
#include "hw/isa/numerics/half.h"
#include "tests/gpu/execute_bench.h"

namespace metronome::gpu {
namespace {

using Word = std::uint32_t;

/// What a lane must give, written as plainly as can be.
struct Row {
  Opcode opcode;
  Word (*oracle)(Word a, Word b, Word c);
  bool gives_float = false;  // any NaN will do for a NaN, either zero for a zero
};

std::int64_t as_wide(Word bits) { return std::bit_cast<std::int32_t>(bits); }
Word low(std::int64_t value) { return static_cast<Word>(static_cast<std::uint64_t>(value)); }

Word dot4(Word a, Word b, Word c) {
  std::int64_t sum = as_wide(c);
  for (int byte = 0; byte < 4; ++byte) {
    sum += std::int64_t{static_cast<std::int8_t>(a >> (8 * byte))} *
           static_cast<std::int8_t>(b >> (8 * byte));
  }
  return low(sum);
}

Word nearest_integer(Word bits) {
  const double x = static_cast<double>(as_float(bits));
  if (std::isnan(x)) return 0;
  const double rounded = std::nearbyint(x);
  if (rounded <= -2147483648.0) return 0x80000000U;
  if (rounded >= 2147483647.0) return 0x7FFFFFFFU;
  return low(static_cast<std::int64_t>(rounded));
}

Word larger(Word a, Word b, Word) {
  if (std::isnan(as_float(a))) return b;  // a NaN loses; signalling ones as well
  if (std::isnan(as_float(b))) return a;
  return as_float(a) < as_float(b) ? b : a;
}

Word half_of(Word bits) { return numerics::float_to_half(as_float(bits)); }
Word float_of(Word half) {
  return as_bits(numerics::half_to_float(static_cast<std::uint16_t>(half)));
}

const Row kRows[] = {
    {Opcode::kMov, [](Word, Word b, Word) { return b; }},
    {Opcode::kIadd3,
     [](Word a, Word b, Word c) { return low(as_wide(a) + as_wide(b) + as_wide(c)); }},
    {Opcode::kImad, [](Word a, Word b, Word c) { return a * b + c; }},
    {Opcode::kAnd, [](Word a, Word b, Word) { return a & b; }},
    {Opcode::kOr, [](Word a, Word b, Word) { return a | b; }},
    {Opcode::kXor, [](Word a, Word b, Word) { return a ^ b; }},
    {Opcode::kShl,
     [](Word a, Word b, Word) { return b > 31 ? 0 : static_cast<Word>(std::uint64_t{a} << b); }},
    {Opcode::kShr, [](Word a, Word b, Word) { return b > 31 ? 0 : a >> b; }},
    {Opcode::kImin, [](Word a, Word b, Word) { return low(std::min(as_wide(a), as_wide(b))); }},
    {Opcode::kIdp4a, dot4},
    {Opcode::kFadd, [](Word a, Word b, Word) { return as_bits(as_float(a) + as_float(b)); }, true},
    {Opcode::kFmul, [](Word a, Word b, Word) { return as_bits(as_float(a) * as_float(b)); }, true},
    {Opcode::kFfma,
     [](Word a, Word b, Word c) {
       return as_bits(std::fma(as_float(a), as_float(b), as_float(c)));
     },
     true},
    {Opcode::kFmax, larger, true},
    {Opcode::kHcvtLow, [](Word, Word b, Word) { return float_of(b); }},
    {Opcode::kHcvtHigh, [](Word, Word b, Word) { return float_of(b >> 16); }},
    {Opcode::kPackHalf, [](Word a, Word b, Word) { return half_of(a) | half_of(b) << 16; }},
    {Opcode::kRcp, [](Word, Word b, Word) { return as_bits(1.0F / as_float(b)); }, true},
    {Opcode::kI2f, [](Word, Word b, Word) { return as_bits(static_cast<float>(as_wide(b))); },
     true},
    {Opcode::kF2i, [](Word, Word b, Word) { return nearest_integer(b); }},
};

std::string name(const Row& row) { return std::string(info(row.opcode).mnemonic); }

bool equal(const Row& row, Word found, Word expected) {
  if (!row.gives_float) return found == expected;
  if (std::isnan(as_float(expected))) return std::isnan(as_float(found));
  if (as_float(expected) == 0.0F) return as_float(found) == 0.0F;
  return found == expected;
}

/// Zeros, ones, ends of the ranges, halves between integers, subnormals, infinities, NaN, fp16
/// ends.
constexpr Word kCorners[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x3F800000, 0xBF800000,
    0x3F000000, 0x3FC00000, 0x40200000, 0xC0200000, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000,
    0x7FC00000, 0xFFC00001, 0x7FFFFFFF, 0xFFFFFFFF, 0x4F000000, 0xCF000000, 0x4EFFFFFF, 0x4B000001,
    0x33000000, 0x33000001, 0x387FC000, 0x387FE000, 0x477FE000, 0x477FEFFF, 0x477FF000, 0x00000020,
    0x7C007C01, 0x03FF0400, 0x80018001, 0x7BFFFC00, 0x80808080, 0x7F7F7F7F, 0x38800000, 0xC2FC0000,
};
constexpr std::size_t kCornerCount = std::size(kCorners);

/// Half of all words are corners; the other half any bits, or floats of an everyday size.
Word interesting(WarpBench& bench) {
  const Word choice = bench.bits() % 4;
  if (choice < 2) return kCorners[bench.bits() % kCornerCount];
  if (choice == 2) return bench.bits();
  return as_bits(std::ldexp(static_cast<float>(static_cast<int>(bench.bits() % 2001) - 1000),
                            static_cast<int>(bench.bits() % 20) - 15));
}

void fill(WarpBench& bench) {
  for (int r = 0; r < 8; ++r) {
    for (Word& word : bench[r]) word = interesting(bench);
  }
}

TEST(Execute, EveryLanewiseInstructionGivesWhatItsOracleGives) {
  WarpBench bench;
  for (const Row& row : kRows) {
    for (int round = 0; round < 500; ++round) {
      fill(bench);
      bench.run(three_operands(row.opcode, 4, 1, 2, 3));
      for (std::size_t l = 0; l < kWarpLanes; ++l) {
        const Word expected = row.oracle(bench[1][l], bench[2][l], bench[3][l]);
        ASSERT_TRUE(equal(row, bench[4][l], expected))
            << name(row) << std::hex << " a " << bench[1][l] << " b " << bench[2][l] << " c "
            << bench[3][l] << " gave " << bench[4][l] << ", not " << expected;
      }
    }
  }
}

TEST(Execute, EveryPairOfCornersIsRight) {
  WarpBench bench;
  for (const Row& row : kRows) {
    for (const Word a : kCorners) {
      for (std::size_t first = 0; first < kCornerCount; first += kWarpLanes) {
        bench[1].fill(a);
        bench[3].fill(kCorners[(first + a) % kCornerCount]);
        for (std::size_t l = 0; l < kWarpLanes; ++l) {
          bench[2][l] = kCorners[(first + l) % kCornerCount];
        }
        bench.run(three_operands(row.opcode, 4, 1, 2, 3));
        for (std::size_t l = 0; l < kWarpLanes; ++l) {
          const Word expected = row.oracle(a, bench[2][l], bench[3][l]);
          ASSERT_TRUE(equal(row, bench[4][l], expected))
              << name(row) << std::hex << " of " << a << " and " << bench[2][l];
        }
      }
    }
  }
}

TEST(Execute, ADestinationMayBeAnyOfTheOperands) {
  WarpBench bench;
  for (const Row& row : kRows) {
    for (int d = 1; d <= 3; ++d) {
      fill(bench);
      const std::array<LaneWords, 4> before{bench[0], bench[1], bench[2], bench[3]};
      bench.run(three_operands(row.opcode, d, 1, 2, 3));
      for (std::size_t l = 0; l < kWarpLanes; ++l) {
        ASSERT_TRUE(equal(row, bench[d][l], row.oracle(before[1][l], before[2][l], before[3][l])))
            << name(row) << " d " << d;
      }
    }
  }
}

TEST(Execute, BMayBeAnImmediateOrTheLowerHalfOfAParameter) {
  WarpBench bench;
  for (const Row& row : kRows) {
    for (const Source source : {Source::kImmediate, Source::kParameter}) {
      fill(bench);
      Instruction i = three_operands(row.opcode, 4, 1, 2, 3);
      i.b_source = source;
      i.immediate = 0x40490FDBU;
      i.parameter = 0;
      const Word b = source == Source::kImmediate ? i.immediate : 3;
      bench.run(i);
      for (std::size_t l = 0; l < kWarpLanes; ++l) {
        ASSERT_TRUE(equal(row, bench[4][l], row.oracle(bench[1][l], b, bench[3][l]))) << name(row);
      }
    }
  }
}

TEST(Execute, LanesThatTakeNoPartKeepWhatTheyHad) {
  WarpBench bench;
  for (const Row& row : kRows) {
    for (const LaneMask active : {LaneMask{0}, LaneMask{1}, LaneMask{0x80000000U}, 0xA5A5A5A5U}) {
      fill(bench);
      const LaneWords before = bench[4];
      bench.run(three_operands(row.opcode, 4, 1, 2, 3), active);
      for (std::size_t l = 0; l < kWarpLanes; ++l) {
        if ((active >> l & 1) != 0) {
          ASSERT_TRUE(equal(row, bench[4][l], row.oracle(bench[1][l], bench[2][l], bench[3][l])))
              << name(row);
        } else {
          ASSERT_EQ(bench[4][l], before[l]) << name(row);
        }
      }
    }
  }
}

TEST(Execute, TheZeroRegisterReadsZeroAndLosesWhatIsWritten) {
  WarpBench bench;
  for (const Row& row : kRows) {
    const auto zero = static_cast<int>(kZeroRegister);
    bench.run(three_operands(row.opcode, 4, zero, zero, zero));
    for (const Word found : bench[4]) ASSERT_TRUE(equal(row, found, row.oracle(0, 0, 0)));
    const std::vector<LaneWords> before = bench.registers;
    bench.run(three_operands(row.opcode, zero, 1, 2, 3));
    ASSERT_EQ(bench.registers, before) << name(row);
  }
}

TEST(Execute, EveryNanIsTheSameOneWhateverTheHostGives) {
  constexpr Word kInfinity = 0x7F800000;
  for (const Opcode opcode : {Opcode::kFadd, Opcode::kFmul, Opcode::kFfma, Opcode::kFmax}) {
    for (const Word nan : {0x7FC00001U, 0xFFC00000U, 0x7F800001U}) {
      WarpBench bench;
      bench[1].fill(nan);
      bench[2].fill(nan);
      bench[3].fill(kInfinity);
      bench.run(three_operands(opcode, 4, 1, 2, 3));
      for (const Word found : bench[4]) ASSERT_EQ(found, 0x7FC00000U) << info(opcode).mnemonic;
    }
  }
  WarpBench bench;
  bench[1].fill(kInfinity);
  bench[2].fill(kInfinity | 0x80000000U);
  bench.run(three_operands(Opcode::kFadd, 4, 1, 2, 3));
  for (const Word found : bench[4]) EXPECT_EQ(found, 0x7FC00000U);
}

TEST(Execute, FfmaRoundsOnce) {
  WarpBench bench;
  bench[1].fill(as_bits(1.0F + 0x1p-12F));
  bench[2].fill(as_bits(1.0F + 0x1p-12F));
  bench[3].fill(as_bits(-1.0F - 0x1p-11F));
  bench.run(three_operands(Opcode::kFfma, 4, 1, 2, 3));
  for (const Word found : bench[4]) EXPECT_EQ(as_float(found), 0x1p-24F);  // 0 if rounded twice
}

struct CompareRow {
  Compare compare;
  bool less;
  bool equal;
  bool greater;
  bool unordered;
};
constexpr CompareRow kCompares[] = {
    {Compare::kLt, true, false, false, false}, {Compare::kLe, true, true, false, false},
    {Compare::kGt, false, false, true, false}, {Compare::kGe, false, true, true, false},
    {Compare::kEq, false, true, false, false}, {Compare::kNe, true, false, true, true},
};

TEST(Execute, ComparesSetTheBitsOfActiveLanesAlone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const CompareRow& row : kCompares) {
    for (const Opcode opcode : {Opcode::kIsetp, Opcode::kFsetp}) {
      const bool floats = opcode == Opcode::kFsetp;
      WarpBench bench;
      const float of_a[] = {-2.0F, 3.0F, 7.0F, nan};
      const float of_b[] = {3.0F, 3.0F, -1.0F, 1.0F};
      for (std::size_t l = 0; l < kWarpLanes; ++l) {
        const std::size_t kind = floats ? l % 4 : l % 3;
        bench[1][l] = floats ? as_bits(of_a[kind]) : low(static_cast<std::int64_t>(of_a[kind]));
        bench[2][l] = floats ? as_bits(of_b[kind]) : low(static_cast<std::int64_t>(of_b[kind]));
      }
      Instruction i = three_operands(opcode, kZeroRegister, 1, 2, kZeroRegister);
      i.compare = row.compare;
      i.predicate = 2;
      bench.values.predicates[2] = 0xF0F0F0F0U;
      bench.run(i, 0x0FFFFFFFU);
      const bool expected[] = {row.less, row.equal, row.greater, row.unordered};
      for (std::size_t l = 0; l < 28; ++l) {
        EXPECT_EQ((bench.values.predicates[2] >> l & 1) != 0, expected[floats ? l % 4 : l % 3])
            << info(opcode).mnemonic << " lane " << l;
      }
      EXPECT_EQ(bench.values.predicates[2] >> 28, 0xFU);
      i.predicate = kTruePredicate;
      bench.run(i);
      EXPECT_EQ(bench.values.predicates[kTruePredicate], kAllLanes);
    }
  }
}

TEST(Execute, SelTakesAWhereThePredicateHolds) {
  WarpBench bench;
  Instruction i = three_operands(Opcode::kSel, 4, 1, 2, kZeroRegister);
  i.predicate = 3;
  bench.values.predicates[3] = 0x0000FFFFU;
  bench.run(i);
  for (std::size_t l = 0; l < kWarpLanes; ++l) {
    EXPECT_EQ(bench[4][l], l < 16 ? bench[1][l] : bench[2][l]);
  }
}

TEST(Execute, ShflTakesFromOtherLanesAndFromItselfWhereTheyTakeNoPart) {
  WarpBench bench;
  Instruction i = three_operands(Opcode::kShfl, 4, 1, 2, kZeroRegister);
  i.b_source = Source::kImmediate;
  i.immediate = 16;
  bench.run(i);
  for (std::size_t l = 0; l < kWarpLanes; ++l) EXPECT_EQ(bench[4][l], bench[1][l ^ 16]);
  const LaneWords before = bench[4];
  bench.run(i, 0x0000FFFFU);
  for (std::size_t l = 0; l < kWarpLanes; ++l) {
    EXPECT_EQ(bench[4][l], l < 16 ? bench[1][l] : before[l]);
  }
  Instruction idx = three_operands(Opcode::kShflIdx, 1, 1, 2, kZeroRegister);  // d is a
  const LaneWords from = bench[1];
  bench.run(idx);
  for (std::size_t l = 0; l < kWarpLanes; ++l) EXPECT_EQ(bench[1][l], from[bench[2][l] % 32]);
}

struct SpecialRow {
  Special special;
  Word base;
  bool by_lane;
};
TEST(Execute, S2rReadsTheSpecialRegisters) {
  WarpBench bench;
  bench.values.warp_in_cta = 3;
  bench.values.cta = 17;
  bench.values.ctas = 40;
  bench.values.cluster_rank = 5;
  bench.values.sm = 99;
  const SpecialRow rows[] = {{Special::kLane, 0, true},    {Special::kWarp, 3, false},
                             {Special::kThread, 96, true}, {Special::kCta, 17, false},
                             {Special::kCtas, 40, false},  {Special::kClusterRank, 5, false},
                             {Special::kSm, 99, false}};
  for (const SpecialRow& row : rows) {
    Instruction i = three_operands(Opcode::kS2r, 4, 1, 2, 3);
    i.special = row.special;
    bench.run(i);
    for (std::size_t l = 0; l < kWarpLanes; ++l) {
      EXPECT_EQ(bench[4][l], row.base + (row.by_lane ? static_cast<Word>(l) : 0));
    }
  }
  bench.run(three_operands(Opcode::kClock, 4, 1, 2, 3), kAllLanes, 0x1'0000'0007);
  for (const Word found : bench[4]) EXPECT_EQ(found, 7U);
}

TEST(Execute, RefusesWhatIsNoArithmetic) {
  WarpBench bench;
  for (const Opcode opcode : {Opcode::kLdg, Opcode::kBra, Opcode::kNop, Opcode::kHgmma}) {
    EXPECT_THROW(bench.run(three_operands(opcode, 4, 1, 2, 3)), InvariantError)
        << info(opcode).mnemonic;
  }
}

}  // namespace
}  // namespace metronome::gpu
