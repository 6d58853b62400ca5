// SPDX-License-Identifier: Apache-2.0
// Conversion kernels. All in integer and fp32 steps that every target has: the hardware's own
// fp16 and rounding instructions differ between targets in NaN and saturation.
#include "hw/lpu/simd/convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hw/lpu/simd/convert.cpp"
#include <hwy/foreach_target.h>  // must precede highway.h
#include <hwy/highway.h>

#include "hw/lpu/simd/loops_inl.h"

HWY_BEFORE_NAMESPACE();
namespace metronome::lpu::simd::HWY_NAMESPACE {
namespace {

using VU16 = hn::Vec<Tag<uint16_t>>;  // half a vector
using VI8 = hn::Vec<Tag<int8_t>>;     // a quarter

constexpr uint32_t kSign = 0x80000000;
constexpr uint32_t kInfinity = 0x7f800000;

HWY_INLINE VU32 constant(uint32_t bits) { return hn::Set(U32(), bits); }
HWY_INLINE VU32 bits_of(VF32 v) { return hn::BitCast(U32(), v); }
HWY_INLINE VF32 float_of(VU32 bits) { return hn::BitCast(F32(), bits); }

// Unsigned compare and minimum of values below 2^31.
HWY_INLINE auto less(VU32 a, VU32 b) {
  return hn::RebindMask(U32(), hn::Lt(hn::BitCast(I32(), a), hn::BitCast(I32(), b)));
}
HWY_INLINE VU32 minimum(VU32 a, VU32 b) { return hn::IfThenElse(less(a, b), a, b); }

HWY_INLINE VU16 narrow(VU32 below_65536) {
  return hn::DemoteTo(Tag<uint16_t>(), hn::BitCast(I32(), below_65536));
}

struct HalfToFloat {
  HWY_INLINE VF32 operator()(VU16 half) const {
    const VU32 wide = hn::PromoteTo(U32(), half);
    const VU32 sign = hn::ShiftLeft<16>(hn::And(wide, constant(0x8000)));
    const VU32 magnitude = hn::And(wide, constant(0x7fff));
    const VU32 normal = hn::ShiftLeft<13>(hn::Add(magnitude, constant((127 - 15) << 10)));
    const VF32 multiple = hn::ConvertTo(F32(), hn::BitCast(I32(), magnitude));
    const VU32 subnormal = bits_of(hn::Mul(multiple, hn::Set(F32(), 0x1p-24F)));
    const VU32 special = hn::Or(hn::ShiftLeft<13>(magnitude), constant(kInfinity));
    VU32 bits = hn::IfThenElse(less(magnitude, constant(0x400)), subnormal, normal);
    bits = hn::IfThenElse(less(magnitude, constant(0x7c00)), bits, special);
    return canonical(float_of(hn::Or(bits, sign)));
  }
};

// fp32 to fp16: see float_to_half in hw/isa/numerics/half.cpp for the steps.
struct FloatToHalf {
  bool saturate;
  HWY_INLINE VU16 operator()(VF32 value) const {
    const VU32 bits = bits_of(value);
    const VU32 magnitude = hn::AndNot(constant(kSign), bits);
    const VU32 sign = hn::And(hn::ShiftRight<16>(bits), constant(0x8000));
    // 65504 where overflow saturates, else 2^16, which rounds to the code of infinity.
    const VU32 bounded = minimum(magnitude, constant(saturate ? 0x477fe000 : 0x47800000));
    const VU32 odd = hn::And(hn::ShiftRight<13>(bounded), constant(1));
    const VU32 rounded = hn::Add(hn::Add(bounded, constant(0xfff)), odd);
    const VU32 normal = hn::Sub(hn::ShiftRight<13>(rounded), constant((127 - 15) << 10));
    const VF32 half = hn::Set(F32(), 0.5F);
    const VU32 subnormal = hn::Sub(bits_of(hn::Add(float_of(bounded), half)), bits_of(half));
    const VU32 finite = hn::IfThenElse(less(bounded, constant(0x38800000)), subnormal, normal);
    const auto is_nan = less(constant(kInfinity), magnitude);
    return narrow(hn::IfThenElse(is_nan, constant(0x7e00), hn::Or(finite, sign)));
  }
};

struct Bfloat16ToFloat {
  HWY_INLINE VF32 operator()(VU16 in) const {
    return canonical(float_of(hn::ShiftLeft<16>(hn::PromoteTo(U32(), in))));
  }
};

struct FloatToBfloat16 {
  bool saturate;
  HWY_INLINE VU16 operator()(VF32 value) const {
    const VU32 bits = bits_of(value);
    const VU32 magnitude = hn::AndNot(constant(kSign), bits);
    const VU32 sign = hn::And(hn::ShiftRight<16>(bits), constant(0x8000));
    const VU32 bounded = minimum(magnitude, constant(saturate ? 0x7f7f0000 : kInfinity));
    const VU32 odd = hn::And(hn::ShiftRight<16>(bounded), constant(1));
    const VU32 rounded = hn::ShiftRight<16>(hn::Add(hn::Add(bounded, constant(0x7fff)), odd));
    const auto is_nan = less(constant(kInfinity), magnitude);
    return narrow(hn::IfThenElse(is_nan, constant(0x7fc0), hn::Or(rounded, sign)));
  }
};

struct Int8ToInt32 {
  HWY_INLINE VI32 operator()(VI8 in) const { return hn::PromoteTo(I32(), in); }
};

struct Int8ToFloat {
  HWY_INLINE VF32 operator()(VI8 in) const {
    return hn::ConvertTo(F32(), hn::PromoteTo(I32(), in));
  }
};

struct Int32ToFloat {
  HWY_INLINE VF32 operator()(VI32 in) const { return hn::ConvertTo(F32(), in); }
};

struct Int32ToInt8 {
  HWY_INLINE VI8 operator()(VI32 in) const { return hn::DemoteTo(Tag<int8_t>(), in); }
};

HWY_INLINE VF32 zero_if_nan(VF32 v) { return hn::IfThenElse(hn::Eq(v, v), v, hn::Zero(F32())); }

struct FloatToInt32 {
  HWY_INLINE VI32 operator()(VF32 value) const {
    const F32 d;
    constexpr float kBelowLimit = 2147483520.0F;  // the largest fp32 below 2^31
    const VF32 number = zero_if_nan(value);
    const VF32 in_range = hn::Min(hn::Max(number, hn::Set(d, -0x1p31F)), hn::Set(d, kBelowLimit));
    // From 2^23 upwards fp32 holds only integers; below, the adder rounds.
    const VF32 units = hn::Set(d, 0x1p23F);
    const VF32 magnitude = hn::Abs(in_range);
    const VF32 rounded =
        hn::Or(hn::Sub(hn::Add(magnitude, units), units), hn::And(in_range, hn::SignBit(d)));
    const VF32 whole = hn::IfThenElse(hn::Lt(magnitude, units), rounded, in_range);
    const VI32 result = hn::ConvertTo(I32(), whole);
    const auto too_big = hn::RebindMask(I32(), hn::Ge(number, hn::Set(d, 0x1p31F)));
    return hn::IfThenElse(too_big, hn::Set(I32(), 0x7fffffff), result);
  }
};

struct FloatToInt8 {
  HWY_INLINE VI8 operator()(VF32 value) const {
    const F32 d;
    const VF32 number = zero_if_nan(value);
    const VF32 in_range = hn::Min(hn::Max(number, hn::Set(d, -128.0F)), hn::Set(d, 127.0F));
    // The adder rounds to units and leaves the integer in the low mantissa bits.
    const VF32 units = hn::Set(d, 0x1.8p23F);
    const VU32 whole = hn::Sub(bits_of(hn::Add(in_range, units)), bits_of(units));
    return hn::DemoteTo(Tag<int8_t>(), hn::BitCast(I32(), whole));
  }
};

void convert_f16_f32(const uint16_t* in, float* out, size_t n) { map_1(in, out, n, HalfToFloat()); }
void convert_f32_f16(const float* in, uint16_t* out, size_t n, bool saturate) {
  map_1(in, out, n, FloatToHalf{saturate});
}
void convert_bf16_f32(const uint16_t* in, float* out, size_t n) {
  map_1(in, out, n, Bfloat16ToFloat());
}
void convert_f32_bf16(const float* in, uint16_t* out, size_t n, bool saturate) {
  map_1(in, out, n, FloatToBfloat16{saturate});
}
void convert_i8_i32(const int8_t* in, int32_t* out, size_t n) { map_1(in, out, n, Int8ToInt32()); }
void convert_i8_f32(const int8_t* in, float* out, size_t n) { map_1(in, out, n, Int8ToFloat()); }
void convert_i32_f32(const int32_t* in, float* out, size_t n) { map_1(in, out, n, Int32ToFloat()); }
void convert_i32_i8(const int32_t* in, int8_t* out, size_t n) { map_1(in, out, n, Int32ToInt8()); }
void convert_f32_i32(const float* in, int32_t* out, size_t n) { map_1(in, out, n, FloatToInt32()); }
void convert_f32_i8(const float* in, int8_t* out, size_t n) { map_1(in, out, n, FloatToInt8()); }

}  // namespace
}  // namespace metronome::lpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace metronome::lpu::simd {
namespace {

HWY_EXPORT(convert_f16_f32);
HWY_EXPORT(convert_f32_f16);
HWY_EXPORT(convert_bf16_f32);
HWY_EXPORT(convert_f32_bf16);
HWY_EXPORT(convert_i8_i32);
HWY_EXPORT(convert_i8_f32);
HWY_EXPORT(convert_i32_f32);
HWY_EXPORT(convert_i32_i8);
HWY_EXPORT(convert_f32_i32);
HWY_EXPORT(convert_f32_i8);

}  // namespace

void f16_to_f32(const uint16_t* in, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_f16_f32)(in, out, n);
}
void f32_to_f16(const float* in, uint16_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_f32_f16)(in, out, n, false);
}
void f32_to_f16_saturating(const float* in, uint16_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_f32_f16)(in, out, n, true);
}
void bf16_to_f32(const uint16_t* in, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_bf16_f32)(in, out, n);
}
void f32_to_bf16(const float* in, uint16_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_f32_bf16)(in, out, n, false);
}
void f32_to_bf16_saturating(const float* in, uint16_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_f32_bf16)(in, out, n, true);
}
void i8_to_i32(const int8_t* in, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_i8_i32)(in, out, n);
}
void i8_to_f32(const int8_t* in, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_i8_f32)(in, out, n);
}
void i32_to_f32(const int32_t* in, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_i32_f32)(in, out, n);
}
void i32_to_i8_saturating(const int32_t* in, int8_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_i32_i8)(in, out, n);
}
void f32_to_i32_saturating(const float* in, int32_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_f32_i32)(in, out, n);
}
void f32_to_i8_saturating(const float* in, int8_t* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(convert_f32_i8)(in, out, n);
}

}  // namespace metronome::lpu::simd
#endif  // HWY_ONCE
