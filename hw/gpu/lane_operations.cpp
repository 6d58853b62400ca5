// SPDX-License-Identifier: Apache-2.0
// Plain loops over lanes, which Highway has compiled for every vector unit the host might have.
// Nothing is fused but FFMA, whose step is fused everywhere: all of them give the same bits.
#include "hw/gpu/lane_operations.h"

#include "hw/gpu/special_functions.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hw/gpu/lane_operations.cpp"
#include <hwy/foreach_target.h>  // must precede highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace metronome::gpu::HWY_NAMESPACE {
namespace {

using Word = std::uint32_t;

Word move(Word, Word b, Word) { return b; }
Word add3(Word a, Word b, Word c) { return a + b + c; }
Word multiply_add(Word a, Word b, Word c) { return a * b + c; }
Word bit_and(Word a, Word b, Word) { return a & b; }
Word bit_or(Word a, Word b, Word) { return a | b; }
Word bit_xor(Word a, Word b, Word) { return a ^ b; }
Word shift_left(Word a, Word b, Word) { return b < 32 ? a << (b & 31) : 0; }
Word shift_right(Word a, Word b, Word) { return b < 32 ? a >> (b & 31) : 0; }
Word smaller(Word a, Word b, Word) { return signed_of(a) < signed_of(b) ? a : b; }

/// The lowest byte as a signed number, modulo 2^32.
Word signed_byte(Word word) { return ((word & 0xFFU) ^ 0x80U) - 0x80U; }

Word dot4(Word a, Word b, Word c) {
  for (int shift = 0; shift < 32; shift += 8) {
    c += signed_byte(a >> shift) * signed_byte(b >> shift);
  }
  return c;
}

Word add_float(Word a, Word b, Word) { return canonical_bits(float_of(a) + float_of(b)); }
Word multiply_float(Word a, Word b, Word) { return canonical_bits(float_of(a) * float_of(b)); }
Word fused_multiply_add(Word a, Word b, Word c) {
  return canonical_bits(std::fma(float_of(a), float_of(b), float_of(c)));
}

/// A NaN loses against a number; of two zeros, +0 is larger.
Word larger_float(Word a, Word b, Word) {
  const float x = float_of(a);
  const float y = float_of(b);
  const Word ordered = x > y ? a : b;
  const Word number = x == y ? a & b : ordered;
  const Word left = x != x ? b : number;
  const Word right = y != y ? a : left;
  return x != x && y != y ? kNanBits : right;
}

Word pack_half(Word a, Word b, Word) { return to_half_bits(a) | to_half_bits(b) << 16; }
Word half_low(Word, Word b, Word) { return from_half_bits(b); }
Word half_high(Word, Word b, Word) { return from_half_bits(b >> 16); }
Word exp2(Word, Word b, Word) { return exp2_bits(b); }
Word reciprocal(Word, Word b, Word) { return reciprocal_bits(b); }
Word reciprocal_sqrt(Word, Word b, Word) { return reciprocal_sqrt_bits(b); }
Word to_float(Word, Word b, Word) { return std::bit_cast<Word>(static_cast<float>(signed_of(b))); }
Word to_integer(Word, Word b, Word) { return to_integer_bits(b); }

template <Word (*kFunction)(Word, Word, Word)>
void lanes(const LaneWords& a, const LaneWords& b, const LaneWords& c, LaneWords& d) {
  LaneWords result;
  for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
    result[lane] = kFunction(a[lane], b[lane], c[lane]);
  }
  d = result;
}

struct Row {
  Opcode opcode;
  LaneOperation operation;
};
constexpr Row kRows[] = {
    {Opcode::kMov, lanes<move>},
    {Opcode::kIadd3, lanes<add3>},
    {Opcode::kImad, lanes<multiply_add>},
    {Opcode::kAnd, lanes<bit_and>},
    {Opcode::kOr, lanes<bit_or>},
    {Opcode::kXor, lanes<bit_xor>},
    {Opcode::kShl, lanes<shift_left>},
    {Opcode::kShr, lanes<shift_right>},
    {Opcode::kImin, lanes<smaller>},
    {Opcode::kIdp4a, lanes<dot4>},
    {Opcode::kFadd, lanes<add_float>},
    {Opcode::kFmul, lanes<multiply_float>},
    {Opcode::kFfma, lanes<fused_multiply_add>},
    {Opcode::kFmax, lanes<larger_float>},
    {Opcode::kHcvtLow, lanes<half_low>},
    {Opcode::kHcvtHigh, lanes<half_high>},
    {Opcode::kPackHalf, lanes<pack_half>},
    {Opcode::kEx2, lanes<exp2>},
    {Opcode::kRcp, lanes<reciprocal>},
    {Opcode::kRsq, lanes<reciprocal_sqrt>},
    {Opcode::kI2f, lanes<to_float>},
    {Opcode::kF2i, lanes<to_integer>},
};

constexpr std::size_t kOpcodes = 256;  // what an Opcode can hold

constexpr std::array<LaneOperation, kOpcodes> by_opcode() {
  std::array<LaneOperation, kOpcodes> table{};
  for (const Row& row : kRows) table[static_cast<std::size_t>(row.opcode)] = row.operation;
  return table;
}
constexpr std::array<LaneOperation, kOpcodes> kOperations = by_opcode();

LaneOperation operation_of(std::size_t opcode) { return kOperations[opcode]; }

}  // namespace
}  // namespace metronome::gpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace metronome::gpu {

HWY_EXPORT(operation_of);

LaneOperation lane_operation(Opcode opcode) {
  return HWY_DYNAMIC_DISPATCH(operation_of)(static_cast<std::size_t>(opcode));
}

}  // namespace metronome::gpu
#endif  // HWY_ONCE
