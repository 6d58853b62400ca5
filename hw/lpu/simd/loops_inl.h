// SPDX-License-Identifier: Apache-2.0
// Loops over arrays that every kernel file shares. Highway compiles this text once per target,
// hence the toggled guard in place of #pragma once. Not for inclusion elsewhere.
#if defined(METRONOME_LPU_SIMD_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef METRONOME_LPU_SIMD_LOOPS_INL_H_
#undef METRONOME_LPU_SIMD_LOOPS_INL_H_
#else
#define METRONOME_LPU_SIMD_LOOPS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace metronome::lpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using I32 = hn::ScalableTag<int32_t>;
using U32 = hn::ScalableTag<uint32_t>;
using VF32 = hn::Vec<F32>;
using VI32 = hn::Vec<I32>;
using VU32 = hn::Vec<U32>;

// As many lanes of T as a vector has 32-bit lanes.
template <class T>
using Tag = hn::Rebind<T, U32>;

// out[i] = op(a[i]); the tail goes through a buffer, so nothing beyond n is touched.
template <class In, class Out, class Op>
HWY_INLINE void map_1(const In* a, Out* out, size_t n, const Op& op) {
  const Tag<In> d_in;
  const Tag<Out> d_out;
  const size_t lanes = hn::Lanes(U32());
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(op(hn::LoadU(d_in, a + i)), d_out, out + i);
  if (i == n) return;
  HWY_ALIGN In tail[hn::MaxLanes(U32())] = {};
  HWY_ALIGN Out result[hn::MaxLanes(U32())] = {};
  std::memcpy(tail, a + i, (n - i) * sizeof(In));
  hn::StoreU(op(hn::LoadU(d_in, tail)), d_out, result);
  std::memcpy(out + i, result, (n - i) * sizeof(Out));
}

// out[i] = op(a[i], b[i]).
template <class T, class Op>
HWY_INLINE void map_2(const T* a, const T* b, T* out, size_t n, const Op& op) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(U32());
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(op(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i);
  }
  if (i == n) return;
  HWY_ALIGN T tail_a[hn::MaxLanes(U32())] = {};
  HWY_ALIGN T tail_b[hn::MaxLanes(U32())] = {};
  std::memcpy(tail_a, a + i, (n - i) * sizeof(T));
  std::memcpy(tail_b, b + i, (n - i) * sizeof(T));
  hn::StoreU(op(hn::LoadU(d, tail_a), hn::LoadU(d, tail_b)), d, tail_a);
  std::memcpy(out + i, tail_a, (n - i) * sizeof(T));
}

// Arithmetic that yields a NaN yields the canonical one: hosts differ in sign and payload.
HWY_INLINE VF32 canonical(VF32 v) {
  const VF32 nan = hn::BitCast(F32(), hn::Set(U32(), 0x7fc00000U));
  return hn::IfThenElse(hn::Eq(v, v), v, nan);
}

}  // namespace metronome::lpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
