// SPDX-License-Identifier: Apache-2.0
// What LPU instructions compute, lane by lane, from the definitions in hw/isa/numerics and in
// opcodes.def: the tests' own statement, sharing nothing with the units.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hw/isa/lpu/opcode.h"
#include "hw/isa/numerics/exact_dot.h"
#include "hw/isa/numerics/functions.h"
#include "hw/isa/numerics/half.h"
#include "hw/isa/numerics/integer.h"

namespace metronome::lpu::testing {

using Bytes = std::vector<std::uint8_t>;

inline float as_f32(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
inline std::int32_t as_i32(std::uint32_t bits) { return std::bit_cast<std::int32_t>(bits); }
inline std::uint32_t bits_of(std::int32_t value) { return std::bit_cast<std::uint32_t>(value); }

/// One lane of an ALU instruction: `b` is the second operand, or the accumulator before it.
struct AluDefinition {
  using Lane = std::uint32_t (*)(std::uint32_t a, std::uint32_t b);
  Opcode opcode;
  int operand_width;  // bytes a lane
  int result_width;
  Lane lane;
};

namespace definition {
namespace n = numerics;
using U = std::uint32_t;

template <float (*kFunction)(float)>
U unary_f32(U a, U) {
  return bits_of(kFunction(as_f32(a)));
}
template <float (*kFunction)(float, float)>
U binary_f32(U a, U b) {
  return bits_of(kFunction(as_f32(a), as_f32(b)));
}
template <std::int32_t (*kFunction)(std::int32_t, std::int32_t)>
U binary_i32(U a, U b) {
  return bits_of(kFunction(as_i32(a), as_i32(b)));
}

inline constexpr AluDefinition kAlu[] = {
    {Opcode::kPass, 4, 4, [](U a, U) { return a; }},
    {Opcode::kAddF32, 4, 4, binary_f32<n::vxm_add>},
    {Opcode::kSubF32, 4, 4, binary_f32<n::vxm_subtract>},
    {Opcode::kMulF32, 4, 4, binary_f32<n::vxm_multiply>},
    {Opcode::kMaxF32, 4, 4, binary_f32<n::vxm_max>},
    {Opcode::kMinF32, 4, 4, binary_f32<n::vxm_min>},
    {Opcode::kNegF32, 4, 4, unary_f32<n::vxm_negate>},
    {Opcode::kReluF32, 4, 4, unary_f32<n::vxm_relu>},
    {Opcode::kTanhF32, 4, 4, unary_f32<n::vxm_tanh>},
    {Opcode::kExpF32, 4, 4, unary_f32<n::vxm_exp>},
    {Opcode::kRsqrtF32, 4, 4, unary_f32<n::vxm_rsqrt>},
    {Opcode::kAddSatI32, 4, 4, binary_i32<n::add_saturating>},
    {Opcode::kSubSatI32, 4, 4, binary_i32<n::subtract_saturating>},
    {Opcode::kMulSatI32, 4, 4, binary_i32<n::multiply_saturating>},
    {Opcode::kAddModI32, 4, 4, binary_i32<n::add_modulo>},
    {Opcode::kAnd, 4, 4, [](U a, U b) { return a & b; }},
    {Opcode::kOr, 4, 4, [](U a, U b) { return a | b; }},
    {Opcode::kXor, 4, 4, [](U a, U b) { return a ^ b; }},
    {Opcode::kCvtF16F32, 2, 4,
     [](U a, U) { return bits_of(n::half_to_float(static_cast<std::uint16_t>(a))); }},
    {Opcode::kCvtF32F16, 4, 2, [](U a, U) { return U{n::float_to_half_saturating(as_f32(a))}; }},
    {Opcode::kCvtI8F32, 1, 4,
     [](U a, U) {
       return bits_of(static_cast<float>(std::bit_cast<std::int8_t>(static_cast<std::uint8_t>(a))));
     }},
    {Opcode::kCvtF32I8, 4, 1,
     [](U a, U) { return U{static_cast<std::uint8_t>(n::float_to_int8_saturating(as_f32(a)))}; }},
    {Opcode::kCvtI32F32, 4, 4, [](U a, U) { return bits_of(static_cast<float>(as_i32(a))); }},
    {Opcode::kCvtF32I32, 4, 4,
     [](U a, U) { return bits_of(n::float_to_int32_saturating(as_f32(a))); }},
    {Opcode::kAccAddF32, 4, 4,
     [](U a, U acc) { return bits_of(n::vxm_add(as_f32(acc), as_f32(a))); }},
    {Opcode::kAccMaxF32, 4, 4,
     [](U a, U acc) { return bits_of(n::vxm_max(as_f32(acc), as_f32(a))); }},
    {Opcode::kAccOr, 4, 4, [](U a, U acc) { return acc | a; }},
    {Opcode::kAccRead, 4, 4, [](U, U acc) { return acc; }},
};
}  // namespace definition

/// Null for opcodes of other units.
inline const AluDefinition* alu_definition(Opcode opcode) {
  for (const AluDefinition& row : definition::kAlu) {
    if (row.opcode == opcode) return &row;
  }
  return nullptr;
}

inline std::uint32_t lane_of(const Bytes& interleaved, int lane, int width) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, interleaved.data() + lane * width, static_cast<std::size_t>(width));
  return bits;
}

inline void set_lane(Bytes& interleaved, int lane, int width, std::uint32_t bits) {
  std::memcpy(interleaved.data() + lane * width, &bits, static_cast<std::size_t>(width));
}

/// `lanes` of `definition` over [lanes, width] operands.
inline Bytes alu_result(const AluDefinition& definition, const Bytes& a, const Bytes& b,
                        int lanes) {
  Bytes z(static_cast<std::size_t>(lanes * definition.result_width));
  for (int l = 0; l < lanes; ++l) {
    const std::uint32_t bits =
        definition.lane(lane_of(a, l, definition.operand_width), lane_of(b, l, 4));
    set_lane(z, l, definition.result_width, bits);
  }
  return z;
}

/// One lane of Shift: lane l of [lanes, width] takes lane l - north, zero from outside.
inline Bytes shifted(const Bytes& in, int width, int north) {
  Bytes out(in.size());
  const int lanes = static_cast<int>(in.size()) / width;
  for (int l = 0; l < lanes; ++l) {
    if (l - north >= 0 && l - north < lanes) {
      set_lane(out, l, width, lane_of(in, l - north, width));
    }
  }
  return out;
}

inline Bytes distributed(const Bytes& in, int width, const std::array<std::uint8_t, 16>& map) {
  Bytes out(in.size());
  for (int l = 0; l < static_cast<int>(in.size()) / width; ++l) {
    const int source = map[static_cast<std::size_t>(l % 16)];
    if (source < 16) set_lane(out, l, width, lane_of(in, l / 16 * 16 + source, width));
  }
  return out;
}

/// [16 streams][lanes]: within each superlane rows and columns change places.
inline std::vector<Bytes> transposed(const std::vector<Bytes>& in) {
  std::vector<Bytes> out = in;
  for (std::size_t s = 0; s < 16; ++s) {
    for (std::size_t l = 0; l < in[s].size(); ++l) out[l % 16][l / 16 * 16 + s] = in[s][l];
  }
  return out;
}

/// [n * n][lanes]: result r has the n x n block's rows turned by r / n, its columns by r % n.
inline std::vector<Bytes> rotated(const Bytes& in, int n) {
  std::vector<Bytes> out(static_cast<std::size_t>(n * n), in);
  for (int r = 0; r < n * n; ++r) {
    for (std::size_t superlane = 0; superlane < in.size() / 16; ++superlane) {
      const auto cell = [&](int row, int column) {
        return 16 * superlane + static_cast<std::size_t>(n * (row % n) + column % n);
      };
      for (int row = 0; row < n; ++row) {
        for (int column = 0; column < n; ++column) {
          out[static_cast<std::size_t>(r)][cell(row, column)] =
              in[cell(row + r / n, column + r % n)];
        }
      }
    }
  }
  return out;
}

/// [rows] int32 sums of the first `k` lanes, as bytes of `lanes` lanes.
inline Bytes multiplied_i8(const std::vector<Bytes>& weights, const Bytes& activations,
                           std::size_t k, int lanes) {
  Bytes out(static_cast<std::size_t>(4 * lanes));
  const auto* a = reinterpret_cast<const std::int8_t*>(activations.data());
  for (std::size_t r = 0; r < weights.size(); ++r) {
    const auto* w = reinterpret_cast<const std::int8_t*>(weights[r].data());
    set_lane(out, static_cast<int>(r), 4, bits_of(numerics::exact_dot_i8({a, k}, {w, k})));
  }
  return out;
}

/// The same in fp16: [rows] of [lanes, 2] interleaved bytes.
inline Bytes multiplied_f16(const std::vector<Bytes>& weights, const Bytes& activations,
                            std::size_t k, int lanes) {
  Bytes out(static_cast<std::size_t>(4 * lanes));
  std::vector<std::uint16_t> a(k);
  std::vector<std::uint16_t> w(k);
  std::memcpy(a.data(), activations.data(), 2 * k);
  for (std::size_t r = 0; r < weights.size(); ++r) {
    std::memcpy(w.data(), weights[r].data(), 2 * k);
    set_lane(out, static_cast<int>(r), 4, bits_of(numerics::exact_dot_f16(a, w)));
  }
  return out;
}

/// Random fp16 of moderate size, [lanes, 2] interleaved.
inline Bytes moderate_halves(Bytes random) {
  for (std::size_t l = 0; l + 1 < random.size(); l += 2) {
    const unsigned exponent = 8U + random[l + 1] % 15U;  // 2^-7 to 2^7
    random[l + 1] = static_cast<std::uint8_t>((random[l + 1] & 0x83U) | (exponent << 2U));
  }
  return random;
}

}  // namespace metronome::lpu::testing
