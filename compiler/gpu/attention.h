// SPDX-License-Identifier: Apache-2.0
// Attention of one query over a cache of keys and values in fp32, cut into splits of the positions.
// A CTA takes a head and a split: its warps go over the positions, several at once, and keep the
// largest score, the sum of the exponentials and the weighted values as they go. With several
// splits a second kernel weighs their results.
#pragma once

#include "compiler/gpu/kernel_builder.h"

namespace metronome::gpu {

inline constexpr std::int64_t kMostSplits = 32;  // as many as lanes, which weigh one each
inline constexpr std::int64_t kMostHeadDim = 256;

struct AttentionShape {
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;  // divides heads
  std::int64_t head_dim = 2;
  std::int64_t context = 1;  // positions of the caches
  std::int64_t chunk = 64;   // positions of a split, a power of two

  /// Words of a head in memory, a multiple of 16 bytes; zeros beyond the head.
  std::int64_t stride() const { return (head_dim + 3) / 4 * 4; }
  std::int64_t splits(std::int64_t position) const { return position / chunk + 1; }
  std::int64_t most_splits() const { return splits(context - 1); }
  /// Room for splits in memory; the second kernel reads four at a time.
  std::int64_t stored_splits() const { return (most_splits() + 3) / 4 * 4; }
};

/// Positions of a split so that heads and splits fill the SMs at full context.
std::int64_t attention_chunk(std::int64_t heads, std::int64_t context, const GpuSpec& spec);

struct AttentionPointers {
  Pointer query;    // [heads][stride] fp32, scaled
  Pointer keys;     // [kv_heads][context][stride] fp32
  Pointer values;   // as keys
  Pointer result;   // [heads][stride] fp32
  Pointer partial;  // [heads][stored_splits][stride] fp32, of several splits
  Pointer weights;  // [heads][stored_splits][2] fp32: largest score (base 2), sum
};

/// Items: heads, or heads times splits. `position` is that of the query, in a register.
void emit_attention(KernelBuilder& k, const GpuSpec& spec, const AttentionShape& shape,
                    const AttentionPointers& at, Value position, bool split, CacheUse activations);

/// Items: heads over the warps of a CTA.
void emit_attention_reduce(KernelBuilder& k, const AttentionShape& shape,
                           const AttentionPointers& at, Value position, CacheUse activations);

}  // namespace metronome::gpu
