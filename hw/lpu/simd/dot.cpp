// SPDX-License-Identifier: Apache-2.0
// Dot products. fp16: a sum in fp64 with a proven error bound decides nearly every result; where
// the bound leaves two fp32 candidates, exact_dot_f16 decides. So the order of the fp64 sum, and
// with it the vector width, cannot show.
#include "hw/lpu/simd/dot.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>

#include "hw/isa/error.h"
#include "hw/isa/numerics/exact_dot.h"
#include "hw/isa/numerics/half.h"
#include "hw/lpu/simd/dot_vnni.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hw/lpu/simd/dot.cpp"
#include <hwy/foreach_target.h>  // must precede highway.h
#include <hwy/highway.h>

#include "hw/lpu/simd/loops_inl.h"

HWY_BEFORE_NAMESPACE();
namespace metronome::lpu::simd::HWY_NAMESPACE {
namespace {

using F64 = hn::ScalableTag<double>;
using VF64 = hn::Vec<F64>;

constexpr size_t kRowsAtOnce = 4;  // independent sums that hide the latency of the adder

// As many fp16 codes as a vector has doubles. Exact for finite codes, which is all we ask.
HWY_INLINE VF64 load_as_f64(const uint16_t* half) {
  const hn::Rebind<uint16_t, F64> d16;
  const hn::Rebind<hwy::float16_t, F64> df16;
  const hn::Rebind<float, F64> d32;
  return hn::PromoteTo(F64(), hn::PromoteTo(d32, hn::BitCast(df16, hn::LoadU(d16, half))));
}

HWY_INLINE VF64 load_tail_as_f64(const uint16_t* half, size_t count) {
  HWY_ALIGN uint16_t padded[hn::MaxLanes(F64())] = {};
  std::memcpy(padded, half, count * sizeof(uint16_t));
  return load_as_f64(padded);
}

// What all rows share: the activations in fp64, zero-padded, and the sum of their magnitudes,
// which is exact (multiples of 2^-24 below 2^26).
struct Activations {
  HWY_ALIGN double values[numerics::kMaxDotLength];
  double magnitude_sum;
};

HWY_INLINE void widen(const uint16_t* activations, size_t k, Activations& wide) {
  const F64 d;
  const size_t lanes = hn::Lanes(d);
  VF64 magnitudes = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= k; i += lanes) {
    const VF64 v = load_as_f64(activations + i);
    hn::Store(v, d, wide.values + i);
    magnitudes = hn::Add(magnitudes, hn::Abs(v));
  }
  if (i < k) {  // kMaxDotLength is a multiple of lanes: the padding fits
    const VF64 v = load_tail_as_f64(activations + i, k - i);
    hn::Store(v, d, wide.values + i);
    magnitudes = hn::Add(magnitudes, hn::Abs(v));
  }
  wide.magnitude_sum = hn::GetLane(hn::SumOfLanes(d, magnitudes));
}

// Products of two fp16 have 22 significant bits: exact in fp64, fused or not.
template <size_t kRows>
HWY_INLINE void sum_in_f64(const Activations& wide, size_t k, const uint16_t* const* rows,
                           double* sums) {
  const F64 d;
  const size_t lanes = hn::Lanes(d);
  VF64 sum[kRows];
  for (size_t r = 0; r < kRows; ++r) sum[r] = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= k; i += lanes) {
    const VF64 a = hn::Load(d, wide.values + i);
    for (size_t r = 0; r < kRows; ++r) sum[r] = hn::MulAdd(a, load_as_f64(rows[r] + i), sum[r]);
  }
  if (i < k) {
    const VF64 a = hn::Load(d, wide.values + i);
    for (size_t r = 0; r < kRows; ++r) {
      sum[r] = hn::MulAdd(a, load_tail_as_f64(rows[r] + i, k - i), sum[r]);
    }
  }
  for (size_t r = 0; r < kRows; ++r) sums[r] = hn::GetLane(hn::SumOfLanes(d, sum[r]));
}

// Rounds the exact sum S to fp32, given its fp64 approximation `sum`; false if undecided.
//
// Let u = 2^-53, P = sum |a_i w_i| <= B = (sum |a_i|) * row_absmax, and m the number of fp64
// additions that a product passes through. Products are exact, so |sum - S| <= m u P / (1 - m u)
// for any order (Higham, Accuracy and Stability, section 4.2). Computing sum - e and sum + e adds
// at most u (|sum| + e) <= u B (1 + 2^-40) each, and B itself is computed to a relative u. Hence
// e = (m + 3) u B makes [low, high] contain S. Rounding is monotone: if both ends round to the
// same fp32, so does S, and S was rounded once.
//
// If B < 2^5, every partial sum is a multiple of 2^-48 of magnitude below 2^5: it has at most 53
// bits, no addition rounds, and sum is S. A zero is +0 then, since the accumulators start at +0.
HWY_INLINE bool round_if_certain(double sum, double bound, double additions, float& result) {
  constexpr double kUnitRoundoff = 0x1p-53;
  if (bound < 32.0) {
    result = static_cast<float>(sum);
    return true;
  }
  const double error = (additions + 3.0) * kUnitRoundoff * bound;
  const auto low = static_cast<float>(sum - error);
  const auto high = static_cast<float>(sum + error);
  result = low;
  return low == high;  // false if the bound is infinite or NaN
}

template <size_t kRows>
HWY_INLINE void dot_block_f16(const uint16_t* activations, const Activations& wide, size_t k,
                              const uint16_t* const* rows, const float* row_absmax, float* out) {
  const size_t lanes = hn::Lanes(F64());
  const size_t rounds = (k + lanes - 1) / lanes;
  const auto additions = static_cast<double>(rounds + lanes);
  double sums[kRows];
  sum_in_f64<kRows>(wide, k, rows, sums);
  for (size_t r = 0; r < kRows; ++r) {
    const double bound = wide.magnitude_sum * static_cast<double>(row_absmax[r]);
    if (!round_if_certain(sums[r], bound, additions, out[r])) {
      out[r] = numerics::exact_dot_f16(std::span(activations, k), std::span(rows[r], k));
    }
  }
}

// The largest magnitude, as the integer that its code is; codes grow with the magnitude.
uint32_t largest_code(const uint16_t* row, size_t k) {
  const hn::ScalableTag<uint16_t> d;
  const size_t lanes = hn::Lanes(d);
  auto largest = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= k; i += lanes) {
    largest = hn::Max(largest, hn::And(hn::LoadU(d, row + i), hn::Set(d, uint16_t{0x7fff})));
  }
  HWY_ALIGN uint16_t each[hn::MaxLanes(d)];
  hn::Store(largest, d, each);
  uint32_t code = 0;
  for (size_t lane = 0; lane < lanes; ++lane) code = std::max(code, uint32_t{each[lane]});
  for (; i < k; ++i) code = std::max(code, uint32_t{row[i]} & 0x7fffU);
  return code;
}

void rows_f16(const uint16_t* activations, size_t k, const uint16_t* const* rows, size_t row_count,
              const float* row_absmax, float* out) {
  Activations wide;  // NOLINT(cppcoreguidelines-pro-type-member-init): widen() fills what is read
  widen(activations, k, wide);
  // Not every target widens infinities and NaN faithfully: leave those to exact_dot_f16.
  if (largest_code(activations, k) >= numerics::kHalfInfinity) {
    wide.magnitude_sum = std::numeric_limits<double>::quiet_NaN();
  }
  size_t n = 0;
  for (; n + kRowsAtOnce <= row_count; n += kRowsAtOnce) {
    dot_block_f16<kRowsAtOnce>(activations, wide, k, rows + n, row_absmax + n, out + n);
  }
  for (; n < row_count; ++n) {
    dot_block_f16<1>(activations, wide, k, rows + n, row_absmax + n, out + n);
  }
}

#if HWY_TARGET == HWY_SCALAR

void rows_i8(const int8_t* activations, size_t k, const int8_t* const* rows, size_t row_count,
             int32_t* out) {
  for (size_t n = 0; n < row_count; ++n) {
    out[n] = numerics::exact_dot_i8(std::span(activations, k), std::span(rows[n], k));
  }
}

#elif HWY_TARGET == HWY_AVX3_DL

void rows_i8(const int8_t* activations, size_t k, const int8_t* const* rows, size_t row_count,
             int32_t* out) {
  dot_rows_i8_vnni(activations, k, rows, row_count, out);
}

#else

// Widened to int16, two products at a time summed in int32: (-128)^2 * 2 fits.
template <size_t kRows>
HWY_INLINE void dot_block_i8(const int16_t* activations, size_t k, const int8_t* const* rows,
                             int32_t* out) {
  const I32 d32;
  const hn::Repartition<int16_t, I32> d16;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const size_t lanes = hn::Lanes(d16);
  VI32 sum[kRows];
  VI32 other[kRows];  // some targets split even and odd products
  for (size_t r = 0; r < kRows; ++r) sum[r] = other[r] = hn::Zero(d32);
  size_t i = 0;
  for (; i + lanes <= k; i += lanes) {
    const auto a = hn::Load(d16, activations + i);
    for (size_t r = 0; r < kRows; ++r) {
      const auto w = hn::PromoteTo(d16, hn::LoadU(d8, rows[r] + i));
      sum[r] = hn::ReorderWidenMulAccumulate(d32, a, w, sum[r], other[r]);
    }
  }
  for (size_t r = 0; r < kRows; ++r) {
    if (i < k) {
      HWY_ALIGN int8_t padded[hn::MaxLanes(d16)] = {};
      std::memcpy(padded, rows[r] + i, k - i);
      const auto w = hn::PromoteTo(d16, hn::LoadU(d8, padded));
      const auto a = hn::Load(d16, activations + i);
      sum[r] = hn::ReorderWidenMulAccumulate(d32, a, w, sum[r], other[r]);
    }
    out[r] = hn::GetLane(hn::SumOfLanes(d32, hn::Add(sum[r], other[r])));
  }
}

void rows_i8(const int8_t* activations, size_t k, const int8_t* const* rows, size_t row_count,
             int32_t* out) {
  HWY_ALIGN int16_t wide[numerics::kMaxDotLength] = {};  // zeros pad the last vector
  std::copy_n(activations, k, wide);
  size_t n = 0;
  for (; n + kRowsAtOnce <= row_count; n += kRowsAtOnce) {
    dot_block_i8<kRowsAtOnce>(wide, k, rows + n, out + n);
  }
  for (; n < row_count; ++n) dot_block_i8<1>(wide, k, rows + n, out + n);
}

#endif

}  // namespace
}  // namespace metronome::lpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace metronome::lpu::simd {
namespace {

HWY_EXPORT(largest_code);
HWY_EXPORT(rows_f16);
HWY_EXPORT(rows_i8);

void check_length(size_t k) {
  check(k <= numerics::kMaxDotLength, "simd", 0, "dot product longer than kMaxDotLength");
}

}  // namespace

float absmax_f16(const uint16_t* row, size_t k) {
  const uint32_t code = HWY_DYNAMIC_DISPATCH(largest_code)(row, k);
  if (code >= numerics::kHalfInfinity) return std::numeric_limits<float>::infinity();
  return numerics::half_to_float(static_cast<uint16_t>(code));
}

void dot_rows_f16(const uint16_t* activations, size_t k, const uint16_t* const* rows,
                  size_t row_count, const float* row_absmax, float* out) {
  check_length(k);
  HWY_DYNAMIC_DISPATCH(rows_f16)(activations, k, rows, row_count, row_absmax, out);
}

void dot_rows_i8(const int8_t* activations, size_t k, const int8_t* const* rows, size_t row_count,
                 int32_t* out) {
  check_length(k);
  HWY_DYNAMIC_DISPATCH(rows_i8)(activations, k, rows, row_count, out);
}

}  // namespace metronome::lpu::simd
#endif  // HWY_ONCE
