// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "compiler/gpu/attention.h"

namespace metronome::gpu {
namespace {

constexpr std::int64_t kWord = 4;
constexpr std::int64_t kQuad = 16;
constexpr int kUnroll = 4;  // splits whose values are loaded together

/// What the split of this lane weighs in the result; zero where there is none.
Value split_weight(KernelBuilder& k, const AttentionShape& s, const AttentionPointers& at,
                   Value head, Value splits, CacheUse activations) {
  const Value lane = k.special(Special::kLane);
  const Value split = k.smaller(lane, k.iadd(splits, -1));
  const Value row = k.imad(head, s.stored_splits(), split);
  const Value pair = k.load(2, at.weights, k.shift_left(row, 3), activations);
  const Flag mine = k.compare(lane, Compare::kLt, splits);
  const Value highest = k.select(mine, pair[0], -std::numeric_limits<float>::infinity());
  const Value factor = k.ex2(k.ffma(max_lanes(k, highest, kWarpLanes), -1.0F, highest));
  const Value total = sum_lanes(k, k.fmul(pair[1], factor), kWarpLanes);
  return k.fmul(factor, k.reciprocal(total));
}

}  // namespace

void emit_attention_reduce(KernelBuilder& k, const AttentionShape& s, const AttentionPointers& at,
                           Value position, CacheUse activations) {
  const Value lane = k.special(Special::kLane);
  const Value warp = k.special(Special::kWarp);
  const Value splits = k.iadd(k.divide(position, s.chunk, s.context), 1);
  const std::int64_t quads = s.stride() / 4;
  k.for_items((s.heads + k.warps() - 1) / k.warps(), [&](Value item) {
    const Value head = k.imad(item, k.warps(), warp);
    k.only_if(k.compare(head, Compare::kLt, s.heads), [&] {
      const Value weight = split_weight(k, s, at, head, splits, activations);
      const Value to = k.imad(head, kWord * s.stride(), k.shift_left(lane, 4));
      for (std::int64_t first = 0; first < quads; first += kWarpLanes) {
        const std::int64_t here = std::min<std::int64_t>(kWarpLanes, quads - first);
        const Value safe = k.smaller(lane, here - 1);
        const Value row = k.imad(head, kWord * s.stride() * s.stored_splits());
        const Value from = k.imad(safe, kQuad, row);
        const Value sum = k.value(4);
        for (int i = 0; i < 4; ++i) k.mov(0, sum[i]);
        k.for_each(0, splits, kUnroll, [&](Value split) {
          for (int u = 0; u < kUnroll; ++u) {
            const Value part =
                k.load(4, at.partial + kQuad * first + kWord * s.stride() * u, from, activations);
            const Value w = k.from_lane(weight, k.iadd(split, u));
            for (int i = 0; i < 4; ++i) k.ffma(part[i], w, sum[i], sum[i]);
          }
          k.iadd(from, kWord * s.stride() * kUnroll, {}, from);
        });
        k.guarded(k.compare(lane, Compare::kLt, here),
                  [&] { k.store(sum, at.result + kQuad * first, to); });
      }
    });
  });
}

}  // namespace metronome::gpu
