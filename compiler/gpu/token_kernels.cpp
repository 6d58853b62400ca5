// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/token_kernels.h"

#include <algorithm>

namespace metronome::gpu {
namespace {

constexpr std::int64_t kWord = 4;
constexpr std::int64_t kPair = 8;  // bytes
constexpr std::int64_t kQuad = 16;
constexpr std::int64_t kOct = 8;  // halves of a 16-byte load

class RopeEmitter {
 public:
  RopeEmitter(KernelBuilder& k, const AttentionShape& shape, const RopePointers& at, float scale,
              Value position, CacheUse activations)
      : k_(k), s_(shape), at_(at), scale_(scale), position_(position), activations_(activations) {}

  void run() {
    lane_at_ = k_.shift_left(k_.special(Special::kLane), 3);
    lane_ = k_.special(Special::kLane);
    const Value warp = k_.special(Special::kWarp);
    const std::int64_t last_key = s_.heads + s_.kv_heads;
    k_.for_items(rope_items(s_, k_.warps()), [&](Value item) {
      const Value row = k_.imad(item, k_.warps(), warp);
      const Value from = k_.imad(row, kWord * s_.head_dim, lane_at_);
      k_.only_if(k_.compare(row, Compare::kLt, s_.heads), [&] {
        rotate(from, at_.query, k_.imad(row, kWord * s_.stride(), lane_at_), scale_);
      });
      const Value key = k_.iadd(row, -s_.heads);
      only_between(key, [&] { rotate(from, at_.keys, cache_row(key), 1.0F); });
      const Value value = k_.iadd(row, -last_key);
      only_between(value, [&] { copy(from, cache_row(value)); });
    });
  }

 private:
  /// If 0 <= head < kv_heads.
  void only_between(Value head, const std::function<void()>& body) {
    k_.only_if(k_.compare(head, Compare::kGe, 0),
               [&] { k_.only_if(k_.compare(head, Compare::kLt, s_.kv_heads), body); });
  }

  Value cache_row(Value head) {
    return k_.imad(k_.imad(head, s_.context, position_), kWord * s_.stride(), lane_at_);
  }

  /// Every lane takes pairs of the head, 32 apart.
  void each_pair(const std::function<void(std::int64_t)>& body) {
    const std::int64_t pairs = s_.head_dim / 2;
    for (std::int64_t first = 0; first < pairs; first += kWarpLanes) {
      k_.guarded(k_.compare(lane_, Compare::kLt, pairs - first), [&] { body(kPair * first); });
    }
  }

  void rotate(Value from, const Pointer& to, Value to_at, float scale) {
    const Value angle_at = k_.imad(position_, kPair * (s_.head_dim / 2), lane_at_);
    each_pair([&](std::int64_t bytes) {
      const Value x = k_.load(2, at_.input + bytes, from, activations_);
      const Value angle = k_.load(2, at_.angles + bytes, angle_at, CacheUse::kAll);
      const Value minus_sine = k_.fmul(angle[1], -1.0F);
      const Value y = k_.value(2);
      k_.ffma(x[0], angle[0], k_.fmul(x[1], minus_sine), y[0]);
      k_.ffma(x[1], angle[0], k_.fmul(x[0], angle[1]), y[1]);
      if (scale != 1.0F) {
        for (int i = 0; i < 2; ++i) k_.fmul(y[i], scale, y[i]);
      }
      k_.store(y, to + bytes, to_at);
    });
  }

  void copy(Value from, Value to_at) {
    each_pair([&](std::int64_t bytes) {
      k_.store(k_.load(2, at_.input + bytes, from, activations_), at_.values + bytes, to_at);
    });
  }

  KernelBuilder& k_;
  AttentionShape s_;
  RopePointers at_;
  float scale_;
  Value position_;
  CacheUse activations_;
  Value lane_, lane_at_;
};

}  // namespace

std::int64_t embed_items(const EmbedShape& shape, int threads) {
  return (shape.cols / kOct + threads - 1) / threads;
}

void emit_embed(KernelBuilder& k, const EmbedShape& shape, const Pointer& table,
                const Pointer& result, Value token) {
  const Value thread = k.special(Special::kThread);
  const Value row = k.imad(token, 2 * shape.cols);
  k.for_items(embed_items(shape, k.threads()), [&](Value item) {
    const Value oct = k.imad(item, k.threads(), thread);
    const Value from = k.imad(oct, kQuad, row);
    const Value to = k.imad(oct, 2 * kQuad);
    k.guarded(k.compare(oct, Compare::kLt, shape.cols / kOct), [&] {
      const Value halves = k.load(4, table, from, CacheUse::kL2);
      for (int quad = 0; quad < 2; ++quad) {
        const Value out = k.value(4);
        for (int i = 0; i < 4; ++i) {
          const Value pair = halves[2 * quad + i / 2];
          const Value x = i % 2 == 0 ? k.half_low(pair) : k.half_high(pair);
          k.fmul(x, shape.scale, out[i]);
        }
        k.store(out, result + kQuad * quad, to);
      }
    });
  });
}

std::int64_t rope_items(const AttentionShape& shape, int warps) {
  return (shape.heads + 2 * shape.kv_heads + warps - 1) / warps;
}

void emit_rope(KernelBuilder& k, const AttentionShape& shape, const RopePointers& at, float scale,
               Value position, CacheUse activations) {
  RopeEmitter(k, shape, at, scale, position, activations).run();
}

void emit_grid_barrier(KernelBuilder& k, const Pointer& counter, Value target) {
  k.iadd(target, k.special(Special::kCtas), {}, target);
  const Value lane = k.special(Special::kLane);
  const Value warp = k.special(Special::kWarp);
  k.fence();
  k.barrier();
  k.only_if(k.compare(warp, Compare::kEq, 0), [&] {
    k.guarded(k.compare(lane, Compare::kEq, 0), [&] { k.atomic_add(counter, 1); });
    k.repeat([&] {
      const Value arrived = k.load(1, counter, {}, CacheUse::kStrong);
      return k.compare(arrived, Compare::kLt, target);
    });
  });
  k.barrier();
}

}  // namespace metronome::gpu
