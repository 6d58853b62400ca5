// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/dequantise.h"

#include <bit>
#include <boost/endian/conversion.hpp>

#include "hw/isa/error.h"
#include "hw/isa/numerics/bfloat16.h"
#include "hw/isa/numerics/half.h"

namespace metronome::runtime {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint16_t load16(Bytes stored, std::size_t at) {
  return boost::endian::load_little_u16(stored.subspan(at, 2).data());
}

float load_half(Bytes stored, std::size_t at) {
  return numerics::half_to_float(load16(stored, at));
}

// 34 bytes: fp16 scale, 32 signed bytes.
void read_q8_0(Bytes block, std::span<float> out) {
  const float scale = load_half(block, 0);
  for (std::size_t i = 0; i < 32; ++i) {
    out[i] = scale * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
  }
}

// 18 bytes: fp16 scale, 16 bytes whose low nibbles are values 0..15, high nibbles 16..31, minus 8.
void read_q4_0(Bytes block, std::span<float> out) {
  const float scale = load_half(block, 0);
  for (std::size_t i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>((block[2 + i] & 0x0F) - 8);
    out[i + 16] = scale * static_cast<float>((block[2 + i] >> 4) - 8);
  }
}

struct ScaleAndMin {
  int scale;
  int min;
};

// Eight 6-bit scales and eight 6-bit minima in 12 bytes: the first four of each fill bytes 0..3
// and 4..7; the last four take a nibble of bytes 8..11 and the top two bits of an earlier byte.
ScaleAndMin unpack_q4_k(Bytes packed, std::size_t group) {
  if (group < 4) return {packed[group] & 0x3F, packed[group + 4] & 0x3F};
  const int nibbles = packed[group + 4];
  return {(nibbles & 0x0F) | ((packed[group - 4] >> 6) << 4),
          (nibbles >> 4) | ((packed[group] >> 6) << 4)};
}

// 144 bytes: fp16 scale of scales, fp16 scale of minima, 12 packed bytes, 128 bytes of nibbles.
// Each 32 bytes carry two groups of 32 values: low nibbles, then high nibbles.
void read_q4_k(Bytes block, std::span<float> out) {
  const float scale = load_half(block, 0);
  const float min_scale = load_half(block, 2);
  const Bytes packed = block.subspan(4, 12);
  const Bytes nibbles = block.subspan(16, 128);
  for (std::size_t group = 0; group < 8; ++group) {
    const ScaleAndMin part = unpack_q4_k(packed, group);
    const float step = scale * static_cast<float>(part.scale);
    const float least = min_scale * static_cast<float>(part.min);
    const int shift = group % 2 == 0 ? 0 : 4;
    for (std::size_t i = 0; i < 32; ++i) {
      const int code = (nibbles[group / 2 * 32 + i] >> shift) & 0x0F;
      out[group * 32 + i] = step * static_cast<float>(code) - least;
    }
  }
}

// 210 bytes: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, fp16 scale.
// Each half of 128 values is four runs of 32: runs 0 and 1 take the low nibbles of two 32-byte
// rows, runs 2 and 3 the high ones; run r takes bit pair r. A scale serves 16 values.
void read_q6_k(Bytes block, std::span<float> out) {
  const float scale = load_half(block, 208);
  for (std::size_t at = 0; at < 256; ++at) {
    const std::size_t half = at / 128;
    const std::size_t run = at % 128 / 32;
    const std::size_t column = at % 32;
    const int low = (block[half * 64 + run % 2 * 32 + column] >> (run / 2 * 4)) & 0x0F;
    const int high = (block[128 + half * 32 + column] >> (run * 2)) & 0x03;
    const int code = (low | (high << 4)) - 32;
    const auto group_scale = static_cast<std::int8_t>(block[192 + at / 16]);
    out[at] = scale * static_cast<float>(group_scale) * static_cast<float>(code);
  }
}

void read_block(ElementType type, Bytes block, std::span<float> out) {
  switch (type) {
    case ElementType::kF32:
      out[0] = std::bit_cast<float>(boost::endian::load_little_u32(block.data()));
      return;
    case ElementType::kF16:
      out[0] = load_half(block, 0);
      return;
    case ElementType::kBf16:
      out[0] = numerics::bfloat16_to_float(load16(block, 0));
      return;
    case ElementType::kQ8_0:
      return read_q8_0(block, out);
    case ElementType::kQ4_0:
      return read_q4_0(block, out);
    case ElementType::kQ4_K:
      return read_q4_k(block, out);
    case ElementType::kQ6_K:
      return read_q6_k(block, out);
  }
}

}  // namespace

BlockLayout block_layout(ElementType type) {
  switch (type) {
    case ElementType::kF32:
      return {1, 4};
    case ElementType::kF16:
    case ElementType::kBf16:
      return {1, 2};
    case ElementType::kQ8_0:
      return {32, 34};
    case ElementType::kQ4_0:
      return {32, 18};
    case ElementType::kQ4_K:
      return {256, 144};
    case ElementType::kQ6_K:
      return {256, 210};
  }
  throw InvariantError("model_files: cycle 0: element type out of range");
}

void dequantise(ElementType type, Bytes stored, std::span<float> out) {
  const BlockLayout layout = block_layout(type);
  const auto values = static_cast<std::size_t>(layout.values);
  const auto bytes = static_cast<std::size_t>(layout.bytes);
  const std::size_t blocks = out.size() / values;
  check(out.size() % values == 0 && stored.size() == blocks * bytes, "model_files", 0,
        "a row is not whole blocks");
  for (std::size_t i = 0; i < blocks; ++i) {
    read_block(type, stored.subspan(i * bytes, bytes), out.subspan(i * values, values));
  }
}

}  // namespace metronome::runtime
