// SPDX-License-Identifier: Apache-2.0
// All matrix multiplies come down to one step: four registers of d gather, lane by lane, the
// products of A's rows and B's columns that the lanes stand for. A row is the same in four lanes;
// columns repeat every four.
#include "hw/gpu/matrix_math.h"

#include <algorithm>
#include <cstring>

#include "hw/gpu/special_functions.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hw/gpu/matrix_math.cpp"
#include <hwy/foreach_target.h>  // must precede highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace metronome::gpu::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kQuad = 4;
constexpr std::size_t kTileRows = 16;
constexpr std::size_t kTileColumns = 8;

/// A of one k as its lanes see it: rows lane / 4, then rows lane / 4 + 8.
template <typename T>
using LanesOfA = T[2][kWarpLanes];
/// B of one k as the four lanes of a quad see it: even columns, then odd ones.
template <typename T>
using QuadOfB = T[2][kQuad];

template <typename Tag, typename V>
HWY_INLINE V one_nan(Tag tag, V v) {
  if constexpr (hwy::IsFloat<hn::TFromD<Tag>>()) {
    const hn::RebindToUnsigned<Tag> bits;
    return hn::IfThenElse(hn::IsNaN(v), hn::BitCast(tag, hn::Set(bits, kNanBits)), v);
  } else {
    return v;
  }
}

/// The lanes of a quad, repeated; a vector of one lane takes the one that stands for `lane`.
template <typename Tag, typename T>
HWY_INLINE hn::Vec<Tag> repeat_quad(Tag tag, const T* quad, [[maybe_unused]] std::size_t lane) {
#if HWY_TARGET == HWY_SCALAR
  return hn::LoadU(tag, quad + lane % kQuad);
#else
  return hn::LoadDup128(tag, quad);
#endif
}

/// In fp32 one rounding, fused or not, since products are exact.
template <typename Tag, typename V>
HWY_INLINE V multiply_add(Tag /*tag*/, V a, V b, V sum) {
  if constexpr (hwy::IsFloat<hn::TFromD<Tag>>()) {
    return hn::MulAdd(a, b, sum);
  } else {
    return hn::Add(hn::Mul(a, b), sum);
  }
}

/// d += A B for the 16 x 8 tile that the four registers of d hold.
template <std::size_t kDepth, typename T>
HWY_INLINE void accumulate(const LanesOfA<T>* a, const QuadOfB<T>* b, LaneWords* d) {
  const hn::CappedTag<T, kWarpLanes> tag;
  const hn::RebindToUnsigned<decltype(tag)> words;
  for (std::size_t lane = 0; lane < kWarpLanes; lane += hn::Lanes(tag)) {
    auto upper_even = hn::BitCast(tag, hn::LoadU(words, d[0].data() + lane));
    auto upper_odd = hn::BitCast(tag, hn::LoadU(words, d[1].data() + lane));
    auto lower_even = hn::BitCast(tag, hn::LoadU(words, d[2].data() + lane));
    auto lower_odd = hn::BitCast(tag, hn::LoadU(words, d[3].data() + lane));
    for (std::size_t k = 0; k < kDepth; ++k) {
      const auto even = repeat_quad(tag, b[k][0], lane);
      const auto odd = repeat_quad(tag, b[k][1], lane);
      const auto upper = hn::LoadU(tag, a[k][0] + lane);
      const auto lower = hn::LoadU(tag, a[k][1] + lane);
      upper_even = multiply_add(tag, upper, even, upper_even);
      upper_odd = multiply_add(tag, upper, odd, upper_odd);
      lower_even = multiply_add(tag, lower, even, lower_even);
      lower_odd = multiply_add(tag, lower, odd, lower_odd);
    }
    hn::StoreU(hn::BitCast(words, one_nan(tag, upper_even)), words, d[0].data() + lane);
    hn::StoreU(hn::BitCast(words, one_nan(tag, upper_odd)), words, d[1].data() + lane);
    hn::StoreU(hn::BitCast(words, one_nan(tag, lower_even)), words, d[2].data() + lane);
    hn::StoreU(hn::BitCast(words, one_nan(tag, lower_odd)), words, d[3].data() + lane);
  }
}

/// How values lie in a register.
struct Halves {
  using Value = float;
  static constexpr std::size_t kPerWord = 2;
  static float value(std::uint32_t word, std::size_t part) {
    return float_of(from_half_bits(word >> (16 * part)));
  }
};
struct Bytes {
  using Value = std::int32_t;
  static constexpr std::size_t kPerWord = 4;
  static std::int32_t value(std::uint32_t word, std::size_t part) {
    return static_cast<std::int8_t>(word >> (8 * part));
  }
};

/// One warp's fragments: 4, 2 and 4 registers at a, b and d. Register r of A holds rows of half
/// r % 2 and of k the half r / 2; register r of B holds of k the half r.
template <typename Format>
HWY_INLINE void multiply_fragments(const LaneWords* a, const LaneWords* b, LaneWords* d) {
  using Value = typename Format::Value;
  constexpr std::size_t kPerWord = Format::kPerWord;
  constexpr std::size_t kDepth = 2 * kQuad * kPerWord;
  HWY_ALIGN LanesOfA<Value> lanes_of_a[kDepth];
  HWY_ALIGN QuadOfB<Value> quads_of_b[kDepth];
  HWY_ALIGN Value values[kWarpLanes];
  const auto decode = [&](const LaneWords& words, std::size_t part) HWY_ATTR {
    for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
      values[lane] = Format::value(words[lane], part);
    }
  };
  for (std::size_t r = 0; r < 4; ++r) {
    for (std::size_t part = 0; part < kPerWord; ++part) {
      decode(a[r], part);
      for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
        const std::size_t k = (r / 2 * kQuad + lane % kQuad) * kPerWord + part;
        std::fill_n(&lanes_of_a[k][r % 2][lane / kQuad * kQuad], kQuad, values[lane]);
      }
    }
  }
  for (std::size_t r = 0; r < 2; ++r) {
    for (std::size_t part = 0; part < kPerWord; ++part) {
      decode(b[r], part);
      for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
        const std::size_t k = (r * kQuad + lane % kQuad) * kPerWord + part;
        const std::size_t column = lane / kQuad;
        quads_of_b[k][column % 2][column / 2] = values[lane];
      }
    }
  }
  accumulate<kDepth, Value>(lanes_of_a, quads_of_b, d);
}

void multiply_halves(const LaneWords* a, const LaneWords* b, LaneWords* d) {
  multiply_fragments<Halves>(a, b, d);
}
void multiply_bytes(const LaneWords* a, const LaneWords* b, LaneWords* d) {
  multiply_fragments<Bytes>(a, b, d);
}

constexpr std::size_t kGroupDepth = 16;
constexpr std::size_t kMostColumns = 256;

/// `rows` rows of 16 fp16 values each.
void widen(const std::uint8_t* bytes, std::size_t rows, float (*values)[kGroupDepth]) {
  std::uint16_t halves[kGroupDepth];
  for (std::size_t row = 0; row < rows; ++row) {
    std::memcpy(halves, bytes + row * sizeof(halves), sizeof(halves));
    for (std::size_t k = 0; k < kGroupDepth; ++k) {
      values[row][k] = float_of(from_half_bits(halves[k]));
    }
  }
}

void multiply_group(WarpValues* const* warps, Register d, std::size_t columns,
                    const std::uint8_t* a_bytes, const std::uint8_t* b_bytes) {
  constexpr std::size_t kWarps = 4;
  constexpr std::size_t kTileBytes = kTileRows * kGroupDepth * sizeof(std::uint16_t);
  HWY_ALIGN float b[kMostColumns][kGroupDepth];
  HWY_ALIGN QuadOfB<float> quads_of_b[kMostColumns / kTileColumns][kGroupDepth];
  widen(b_bytes, columns, b);
  for (std::size_t column = 0; column < columns; ++column) {
    QuadOfB<float>* quads = quads_of_b[column / kTileColumns];
    for (std::size_t k = 0; k < kGroupDepth; ++k) {
      quads[k][column % 2][column % kTileColumns / 2] = b[column][k];
    }
  }
  for (std::size_t warp = 0; warp < kWarps; ++warp) {
    HWY_ALIGN float a[kTileRows][kGroupDepth];
    HWY_ALIGN LanesOfA<float> lanes_of_a[kGroupDepth];
    widen(a_bytes + warp * kTileBytes, kTileRows, a);
    for (std::size_t row = 0; row < kTileRows; ++row) {
      for (std::size_t k = 0; k < kGroupDepth; ++k) {
        std::fill_n(&lanes_of_a[k][row / 8][row % 8 * kQuad], kQuad, a[row][k]);
      }
    }
    LaneWords* registers = warps[warp]->registers + d;
    for (std::size_t tile = 0; tile < columns / kTileColumns; ++tile) {
      accumulate<kGroupDepth, float>(lanes_of_a, quads_of_b[tile], registers + 4 * tile);
    }
  }
}

}  // namespace
}  // namespace metronome::gpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace metronome::gpu {

HWY_EXPORT(multiply_halves);
HWY_EXPORT(multiply_bytes);
HWY_EXPORT(multiply_group);

namespace {

template <std::size_t kCount>
std::array<LaneWords, kCount> group(const WarpValues& w, Register first) {
  std::array<LaneWords, kCount> words{};
  if (first != kZeroRegister) std::copy_n(w.registers + first, kCount, words.begin());
  return words;
}

}  // namespace

void multiply_tiles(const Instruction& i, WarpValues& w, LaneMask active) {
  if (i.d == kZeroRegister) return;
  const auto a = group<4>(w, i.a);
  const auto b = group<2>(w, i.b);
  auto d = group<4>(w, i.c);
  if (i.opcode == Opcode::kHmma) {
    HWY_DYNAMIC_DISPATCH(multiply_halves)(a.data(), b.data(), d.data());
  } else {
    HWY_DYNAMIC_DISPATCH(multiply_bytes)(a.data(), b.data(), d.data());
  }
  for (std::size_t r = 0; r < d.size(); ++r) {
    LaneWords& to = w.registers[i.d + r];
    for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
      to[lane] = (active >> lane & 1) != 0 ? d[r][lane] : to[lane];
    }
  }
}

void execute_warpgroup(const Instruction& i, std::span<WarpValues* const, 4> warps,
                       const std::uint8_t* a_bytes, const std::uint8_t* b_bytes) {
  HWY_DYNAMIC_DISPATCH(multiply_group)(warps.data(), i.d, i.count, a_bytes, b_bytes);
}

}  // namespace metronome::gpu
#endif  // HWY_ONCE
