// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/simd/dot_vnni.h"

#if defined(__x86_64__)

#if defined(__GNUC__) && !defined(__clang__)
// GCC bug 105593: its intrinsics start from vectors that it then takes for uninitialised.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <algorithm>

#include "hw/isa/numerics/exact_dot.h"

// Results that stay in registers: the functions below are of one target and inline each other.
#define METRONOME_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace metronome::lpu::simd {
namespace {

constexpr size_t kBytes = 64;       // of a vector
constexpr size_t kRowsAtOnce = 16;  // their sums fill one vector

// Bytes i to i + 63 of a row as w + 128, zero where not `inside`: the host multiplies unsigned
// bytes by signed ones.
METRONOME_VNNI inline __m512i shifted_weights(const int8_t* row, size_t i, __mmask64 inside) {
  return _mm512_xor_si512(_mm512_maskz_loadu_epi8(inside, row + i), _mm512_set1_epi8(-128));
}

METRONOME_VNNI inline __m512i sum_of_row(const int8_t* row, const int8_t* activations, size_t k) {
  __m512i sum = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + kBytes <= k; i += kBytes) {
    sum = _mm512_dpbusd_epi32(sum, shifted_weights(row, i, ~__mmask64{0}),
                              _mm512_load_si512(activations + i));
  }
  if (i == k) return sum;
  const __mmask64 inside = (__mmask64{1} << (k - i)) - 1;
  return _mm512_dpbusd_epi32(sum, shifted_weights(row, i, inside),
                             _mm512_load_si512(activations + i));
}

// In each 128 bits a part of the sums of rows 0, 1, 2, 3.
METRONOME_VNNI inline __m512i fold_4(const __m512i* s) {
  const __m512i a =
      _mm512_add_epi32(_mm512_unpacklo_epi32(s[0], s[1]), _mm512_unpackhi_epi32(s[0], s[1]));
  const __m512i b =
      _mm512_add_epi32(_mm512_unpacklo_epi32(s[2], s[3]), _mm512_unpackhi_epi32(s[2], s[3]));
  return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

// Two vectors of four parts become one of two: those of `a`, then those of `b`.
METRONOME_VNNI inline __m512i fold_parts(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD));
}

METRONOME_VNNI inline __m512i fold_16(const __m512i* s) {
  const __m512i low = fold_parts(fold_4(s), fold_4(s + 4));
  const __m512i high = fold_parts(fold_4(s + 8), fold_4(s + 12));
  return fold_parts(low, high);
}

}  // namespace

// Four products at a time are summed in int32, of a (w + 128); 128 times the sum of all a comes
// off at the end.
METRONOME_VNNI void dot_rows_i8_vnni(const int8_t* activations, size_t k, const int8_t* const* rows,
                                     size_t row_count, int32_t* out) {
  alignas(kBytes) int8_t padded[numerics::kMaxDotLength + kBytes] = {};
  std::copy_n(activations, k, padded);
  int32_t excess = 0;
  for (size_t i = 0; i < k; ++i) excess += 128 * int32_t{activations[i]};
  for (size_t n = 0; n < row_count; n += kRowsAtOnce) {
    const size_t count = std::min(kRowsAtOnce, row_count - n);
    __m512i sums[kRowsAtOnce];
    for (size_t r = 0; r < kRowsAtOnce; ++r) {
      // Row after row, as they lie in memory: the host fetches ahead of what goes in one line.
      sums[r] = sum_of_row(rows[n + std::min(r, count - 1)], padded, k);
    }
    const __m512i total = _mm512_sub_epi32(fold_16(sums), _mm512_set1_epi32(excess));
    _mm512_mask_storeu_epi32(out + n, static_cast<__mmask16>((1U << count) - 1U), total);
  }
}

}  // namespace metronome::lpu::simd

#endif  // x86
