// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/lane_math.h"

#include <bit>
#include <cmath>

#include "hw/isa/numerics/half.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hw/gpu/lane_math.cpp"
#include <hwy/foreach_target.h>  // must precede highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace metronome::gpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::CappedTag<float, kWarpLanes>;
using U32 = hn::RebindToUnsigned<F32>;

void fused(const std::uint32_t* a, const std::uint32_t* b, const std::uint32_t* c,
           std::uint32_t* d) {
#if HWY_NATIVE_FMA
  const U32 u;
  const F32 f;
  for (std::size_t i = 0; i < kWarpLanes; i += hn::Lanes(u)) {
    const auto product =
        hn::MulAdd(hn::BitCast(f, hn::LoadU(u, a + i)), hn::BitCast(f, hn::LoadU(u, b + i)),
                   hn::BitCast(f, hn::LoadU(u, c + i)));
    hn::StoreU(hn::BitCast(u, product), u, d + i);
  }
#else
  for (std::size_t i = 0; i < kWarpLanes; ++i) {
    d[i] = std::bit_cast<std::uint32_t>(std::fma(
        std::bit_cast<float>(a[i]), std::bit_cast<float>(b[i]), std::bit_cast<float>(c[i])));
  }
#endif
}

/// By integer steps: exponent and fraction move up, and subtracting a normal number of the smallest
/// exponent makes subnormals right.
void widen(const std::uint32_t* b, int shift, std::uint32_t* d) {
  const U32 u;
  const F32 f;
  const auto count = hn::Set(u, static_cast<std::uint32_t>(shift));
  for (std::size_t i = 0; i < kWarpLanes; i += hn::Lanes(u)) {
    const auto half = hn::And(hn::Shr(hn::LoadU(u, b + i), count), hn::Set(u, 0xFFFFU));
    const auto sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(u, 0x8000U)));
    const auto magnitude = hn::And(half, hn::Set(u, 0x7FFFU));
    const auto scaled = hn::Mul(hn::BitCast(f, hn::ShiftLeft<13>(magnitude)),
                                hn::BitCast(f, hn::Set(u, 0x77800000U)));  // 2^112
    const auto infinite =
        hn::MaskFromVec(hn::BitCast(f, hn::VecFromMask(u, magnitude > hn::Set(u, 0x7BFFU))));
    const auto nan = hn::VecFromMask(u, magnitude > hn::Set(u, 0x7C00U));
    const auto special = hn::BitCast(f, hn::Set(u, 0x7F800000U));
    const auto value = hn::BitCast(u, hn::IfThenElse(infinite, special, scaled));
    const auto signed_value = hn::Or(value, sign);
    hn::StoreU(hn::Or(hn::AndNot(nan, signed_value), hn::And(nan, hn::Set(u, 0x7FC00000U))), u,
               d + i);
  }
}

}  // namespace
}  // namespace metronome::gpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace metronome::gpu {

HWY_EXPORT(fused);
HWY_EXPORT(widen);

void fused_multiply_add(const LaneWords& a, const LaneWords& b, const LaneWords& c, LaneWords& d) {
  HWY_DYNAMIC_DISPATCH(fused)(a.data(), b.data(), c.data(), d.data());
}

void half_to_float(const LaneWords& b, bool upper, LaneWords& d) {
  HWY_DYNAMIC_DISPATCH(widen)(b.data(), upper ? 16 : 0, d.data());
}

}  // namespace metronome::gpu
#endif  // HWY_ONCE
