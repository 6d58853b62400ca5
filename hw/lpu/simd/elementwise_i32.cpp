// SPDX-License-Identifier: Apache-2.0
// Integer kernels of elementwise.h.
#include "hw/isa/error.h"
#include "hw/isa/numerics/integer.h"
#include "hw/lpu/simd/elementwise.h"
#include "hw/lpu/simd/elementwise_operations.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hw/lpu/simd/elementwise_i32.cpp"
#include <hwy/foreach_target.h>  // must precede highway.h
#include <hwy/highway.h>

#include "hw/lpu/simd/loops_inl.h"

HWY_BEFORE_NAMESPACE();
namespace metronome::lpu::simd::HWY_NAMESPACE {
namespace {

// What a result saturates to, by the sign of the exact value: 2^31 - 1, or -2^31 if negative.
HWY_INLINE VI32 limit_by_sign(VI32 exact) {
  return hn::Xor(hn::BroadcastSignBit(exact), hn::Set(I32(), 0x7fffffff));
}

HWY_INLINE VI32 wrapped_sum(VI32 a, VI32 b) {
  const U32 du;
  return hn::BitCast(I32(), hn::Add(hn::BitCast(du, a), hn::BitCast(du, b)));
}

HWY_INLINE VI32 wrapped_difference(VI32 a, VI32 b) {
  const U32 du;
  return hn::BitCast(I32(), hn::Sub(hn::BitCast(du, a), hn::BitCast(du, b)));
}

struct AddModulo {
  HWY_INLINE VI32 operator()(VI32 a, VI32 b) const { return wrapped_sum(a, b); }
};

struct SubtractModulo {
  HWY_INLINE VI32 operator()(VI32 a, VI32 b) const { return wrapped_difference(a, b); }
};

struct MultiplyModulo {
  HWY_INLINE VI32 operator()(VI32 a, VI32 b) const {
    const U32 du;
    return hn::BitCast(I32(), hn::Mul(hn::BitCast(du, a), hn::BitCast(du, b)));
  }
};

// A sum overflows when both operands have the sign that the wrapped sum lacks.
struct AddSaturating {
  HWY_INLINE VI32 operator()(VI32 a, VI32 b) const {
    const VI32 sum = wrapped_sum(a, b);
    const VI32 overflow = hn::And(hn::Xor(a, sum), hn::Xor(b, sum));
    return hn::IfThenElse(hn::Lt(overflow, hn::Zero(I32())), limit_by_sign(a), sum);
  }
};

// A difference overflows when the operands' signs differ and the result lacks that of a.
struct SubtractSaturating {
  HWY_INLINE VI32 operator()(VI32 a, VI32 b) const {
    const VI32 difference = wrapped_difference(a, b);
    const VI32 overflow = hn::And(hn::Xor(a, b), hn::Xor(a, difference));
    return hn::IfThenElse(hn::Lt(overflow, hn::Zero(I32())), limit_by_sign(a), difference);
  }
};

// A product fits in int32 when its upper half only repeats the sign of its lower half.
struct MultiplySaturating {
  HWY_INLINE VI32 operator()(VI32 a, VI32 b) const {
    const I32 d;
#if HWY_TARGET == HWY_SCALAR
    return hn::Set(d, numerics::multiply_saturating(hn::GetLane(a), hn::GetLane(b)));
#else
    const hn::Repartition<uint64_t, I32> d64;
    const VI32 odd_a = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(d64, a)));
    const VI32 odd_b = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(d64, b)));
    const auto even = hn::BitCast(d64, hn::MulEven(a, b));
    const auto odd = hn::BitCast(d64, hn::MulEven(odd_a, odd_b));
    const VI32 low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
    const VI32 high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
    return hn::IfThenElse(hn::Eq(high, hn::BroadcastSignBit(low)), low, limit_by_sign(high));
#endif
  }
};

struct And {
  HWY_INLINE VU32 operator()(VU32 a, VU32 b) const { return hn::And(a, b); }
};

struct Or {
  HWY_INLINE VU32 operator()(VU32 a, VU32 b) const { return hn::Or(a, b); }
};

struct ExclusiveOr {
  HWY_INLINE VU32 operator()(VU32 a, VU32 b) const { return hn::Xor(a, b); }
};

struct ShiftLeftBy {
  int count;
  HWY_INLINE VU32 operator()(VU32 a) const { return hn::ShiftLeftSame(a, count); }
};

struct ShiftRightBy {
  int count;
  HWY_INLINE VI32 operator()(VI32 a) const { return hn::ShiftRightSame(a, count); }
};

void binary_i32(BinaryI32 operation, const int32_t* a, const int32_t* b, int32_t* out, size_t n) {
  switch (operation) {
    case BinaryI32::kAddSaturating:
      return map_2(a, b, out, n, AddSaturating());
    case BinaryI32::kSubtractSaturating:
      return map_2(a, b, out, n, SubtractSaturating());
    case BinaryI32::kMultiplySaturating:
      return map_2(a, b, out, n, MultiplySaturating());
    case BinaryI32::kAddModulo:
      return map_2(a, b, out, n, AddModulo());
    case BinaryI32::kSubtractModulo:
      return map_2(a, b, out, n, SubtractModulo());
    case BinaryI32::kMultiplyModulo:
      return map_2(a, b, out, n, MultiplyModulo());
  }
}

void bitwise_u32(Bitwise operation, const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n) {
  switch (operation) {
    case Bitwise::kAnd:
      return map_2(a, b, out, n, And());
    case Bitwise::kOr:
      return map_2(a, b, out, n, Or());
    case Bitwise::kXor:
      return map_2(a, b, out, n, ExclusiveOr());
  }
}

void shift_left(const uint32_t* a, int count, uint32_t* out, size_t n) {
  map_1(a, out, n, ShiftLeftBy{count});
}

void shift_right(const int32_t* a, int count, int32_t* out, size_t n) {
  map_1(a, out, n, ShiftRightBy{count});
}

}  // namespace
}  // namespace metronome::lpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace metronome::lpu::simd {
namespace {

HWY_EXPORT(binary_i32);
HWY_EXPORT(bitwise_u32);
HWY_EXPORT(shift_left);
HWY_EXPORT(shift_right);

void check_count(int count) {
  check(count >= 0 && count <= 31, "simd", 0, "shift count outside [0, 31]");
}

}  // namespace

void add_saturating_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_i32)(BinaryI32::kAddSaturating, a, b, out, n);
}
void subtract_saturating_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_i32)(BinaryI32::kSubtractSaturating, a, b, out, n);
}
void multiply_saturating_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_i32)(BinaryI32::kMultiplySaturating, a, b, out, n);
}
void add_modulo_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_i32)(BinaryI32::kAddModulo, a, b, out, n);
}
void subtract_modulo_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_i32)(BinaryI32::kSubtractModulo, a, b, out, n);
}
void multiply_modulo_i32(const int32_t* a, const int32_t* b, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_i32)(BinaryI32::kMultiplyModulo, a, b, out, n);
}

void and_u32(const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(bitwise_u32)(Bitwise::kAnd, a, b, out, n);
}
void or_u32(const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(bitwise_u32)(Bitwise::kOr, a, b, out, n);
}
void xor_u32(const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(bitwise_u32)(Bitwise::kXor, a, b, out, n);
}

void shift_left_u32(const uint32_t* a, int count, uint32_t* out, size_t n) {
  check_count(count);
  HWY_DYNAMIC_DISPATCH(shift_left)(a, count, out, n);
}
void shift_right_arithmetic_i32(const int32_t* a, int count, int32_t* out, size_t n) {
  check_count(count);
  HWY_DYNAMIC_DISPATCH(shift_right)(a, count, out, n);
}

}  // namespace metronome::lpu::simd
#endif  // HWY_ONCE
