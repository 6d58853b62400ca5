// SPDX-License-Identifier: Apache-2.0
// The small kernels of a token: its embedding, the rotation of queries and keys with the caches'
// new rows, and the barrier over a whole grid.
#pragma once

#include "compiler/gpu/attention.h"
#include "compiler/gpu/kernel_builder.h"

namespace metronome::gpu {

/// The row of the table: fp16 to fp32, times `scale`. `cols`: stored halves, a multiple of 8.
struct EmbedShape {
  std::int64_t cols = 8;
  float scale = 1.0F;
};
std::int64_t embed_items(const EmbedShape& shape, int threads);
/// table [tokens][cols] fp16, result [cols] fp32.
void emit_embed(KernelBuilder& k, const EmbedShape& shape, const Pointer& table,
                const Pointer& result, Value token);

struct RopePointers {
  Pointer input;   // [heads + 2 kv_heads][head_dim] fp32: queries, keys, values
  Pointer angles;  // [context][head_dim / 2] pairs of cosine and sine
  Pointer query;   // [heads][stride] fp32, times `scale`
  Pointer keys;    // [kv_heads][context][stride] fp32, this position's row
  Pointer values;  // as keys, not rotated
};
std::int64_t rope_items(const AttentionShape& shape, int warps);
void emit_rope(KernelBuilder& k, const AttentionShape& shape, const RopePointers& at, float scale,
               Value position, CacheUse activations);

/// No CTA goes on before all have come; what they stored before can then be loaded past L1. All
/// CTAs must be resident. `target`: arrivals awaited, raised by the CTAs each time; begins at 0,
/// as the counter does.
void emit_grid_barrier(KernelBuilder& k, const Pointer& counter, Value target);

}  // namespace metronome::gpu
