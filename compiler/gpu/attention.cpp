// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/attention.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "compiler/gpu/activation.h"

namespace metronome::gpu {
namespace {

constexpr std::int64_t kWord = 4;
constexpr std::int64_t kQuad = 16;
constexpr int kMostQuads = 2;  // of a lane: 32 lanes of 4 words are 128, a head has up to 256
/// Below every score; finite, so that the difference of two of it is no NaN.
constexpr float kLowest = -1e30F;
constexpr float kNothing = -std::numeric_limits<float>::infinity();

constexpr int kMostUnroll = 4;               // rows of a group of lanes that are loaded together
constexpr std::int64_t kManyRegisters = 96;  // of a thread: room for four rows of loads
constexpr int kMergeUnroll = 4;              // warps whose results are loaded together

/// a - b.
Value difference(KernelBuilder& k, Value a, Value b) { return k.ffma(b, -1.0F, a); }

/// A running softmax: largest score, sum, and weighted values, of one group of lanes.
struct Running {
  Value highest;
  Value sum;
  std::array<Value, kMostQuads> values;
};

class AttentionEmitter {
 public:
  AttentionEmitter(KernelBuilder& k, const GpuSpec& spec, const AttentionShape& shape,
                   const AttentionPointers& at, Value position, bool split, CacheUse activations)
      : k_(k), s_(shape), at_(at), position_(position), split_(split), activations_(activations) {
    head_quads_ = s_.stride() / 4;
    lanes_ = static_cast<int>(std::min<std::uint64_t>(
        std::bit_ceil(static_cast<std::uint64_t>(head_quads_)), kWarpLanes));
    quads_ = static_cast<int>((head_quads_ + lanes_ - 1) / lanes_);
    groups_ = kWarpLanes / lanes_;
    const bool roomy = spec.registers_per_sm / k.threads() >= kManyRegisters;
    unroll_ = (roomy ? kMostUnroll : kMostUnroll / 2) / quads_;
    weights_at_ = kWord * s_.stride() * k.warps();
    k.need_shared(weights_at_ + 2 * kWord * k.warps());
  }

  void run() {
    const Value lane = k_.special(Special::kLane);
    thread_ = k_.special(Special::kThread);
    warp_ = k_.special(Special::kWarp);
    lane_ = lane;
    lane_of_row_ = k_.bit_and(lane, lanes_ - 1);
    row_ = k_.imad(warp_, groups_, k_.divide(lane, lanes_, kWarpLanes));
    if (!split_) return k_.for_items(s_.heads, [&](Value item) { take(item, {}); });
    const Value splits = k_.iadd(k_.divide(position_, s_.chunk, s_.context), 1);
    const std::int64_t limit = s_.heads * s_.most_splits();
    k_.for_items(k_.imad(splits, s_.heads), [&](Value item) {
      const Value split = k_.divide(item, s_.heads, limit);
      take(k_.imad(split, -s_.heads, item), split);
    });
  }

 private:
  void take(Value head, Value split) {
    const Value kv_head = k_.divide(head, s_.heads / s_.kv_heads, s_.heads);
    begin_ = split_ ? k_.imad(split, s_.chunk) : k_.mov(0);
    end_ = k_.iadd(position_, 1);
    if (split_) end_ = k_.smaller(end_, k_.iadd(begin_, s_.chunk));
    last_ = k_.iadd(end_, -1);
    load_query(head);
    place_rows(kv_head);
    Running r{k_.mov(kLowest), k_.mov(0), {}};
    for (int j = 0; j < quads_; ++j) {
      r.values[at(j)] = k_.value(4);
      for (int i = 0; i < 4; ++i) k_.mov(0, r.values[at(j)][i]);
    }
    const int step = k_.warps() * groups_ * unroll_;
    k_.for_each(begin_, end_, step, [&](Value first) { take_positions(first, r); });
    for (int mask = lanes_; mask < kWarpLanes; mask *= 2) merge_lanes(r, mask);
    share(r);
    k_.barrier();
    merge_warps(head, split);
    k_.barrier();
  }

  static std::size_t at(int j) { return static_cast<std::size_t>(j); }

  /// Scores are to the base 2: the query takes the factor.
  void load_query(Value head) {
    const Value head_at = k_.imad(head, kWord * s_.stride());
    for (int j = 0; j < quads_; ++j) {
      const Value quad = k_.iadd(lane_of_row_, j * lanes_);
      const Flag within = k_.compare(quad, Compare::kLt, head_quads_);
      const Value safe = k_.smaller(quad, head_quads_ - 1);
      const Value q = k_.load(4, at_.query, k_.imad(safe, kQuad, head_at), activations_);
      query_[at(j)] = k_.value(4);
      for (int i = 0; i < 4; ++i) {
        k_.select(within, k_.fmul(q[i], kLog2e), 0, query_[at(j)][i]);
      }
    }
  }

  void place_rows(Value kv_head) {
    const std::int64_t row = kWord * s_.stride();
    const Value head_at = k_.imad(kv_head, row * s_.context);
    for (int j = 0; j < quads_; ++j) {
      const Value safe = k_.smaller(k_.iadd(lane_of_row_, j * lanes_), head_quads_ - 1);
      row_at_[at(j)] = k_.imad(safe, kQuad, head_at);
    }
  }

  /// Rows beyond the last position are read as the last one and count for nothing.
  void take_positions(Value first, Running& r) {
    std::array<Value, 4> score;
    std::array<std::array<Value, kMostQuads>, 4> values;
    for (int u = 0; u < unroll_; ++u) {
      const Value t = k_.iadd(k_.iadd(first, row_), u * k_.warps() * groups_);
      const Value safe = k_.smaller(t, last_);
      Value dot;
      for (int j = 0; j < quads_; ++j) {
        const Value address = k_.imad(safe, kWord * s_.stride(), row_at_[at(j)]);
        const Value key = k_.load(4, at_.keys, address, activations_);
        values[at(u)][at(j)] = k_.load(4, at_.values, address, activations_);
        for (int i = 0; i < 4; ++i) {
          const Value& q = query_[at(j)];
          dot = dot.none() ? k_.fmul(key[i], q[i]) : k_.ffma(key[i], q[i], dot);
        }
      }
      const Flag counts = k_.compare(t, Compare::kLt, end_);
      score[at(u)] = k_.select(counts, sum_lanes(k_, dot, lanes_), kNothing);
    }
    Value highest = r.highest;
    for (int u = 0; u < unroll_; ++u) highest = k_.fmax(highest, score[at(u)]);
    scale(r, k_.ex2(difference(k_, r.highest, highest)));
    for (int u = 0; u < unroll_; ++u) {
      const Value e = k_.ex2(difference(k_, score[at(u)], highest));
      k_.fadd(r.sum, e, r.sum);
      for (int j = 0; j < quads_; ++j) {
        for (int i = 0; i < 4; ++i) {
          k_.ffma(e, values[at(u)][at(j)][i], r.values[at(j)][i], r.values[at(j)][i]);
        }
      }
    }
    k_.mov(highest, r.highest);
  }

  void scale(Running& r, Value factor) {
    k_.fmul(r.sum, factor, r.sum);
    for (int j = 0; j < quads_; ++j) {
      for (int i = 0; i < 4; ++i) k_.fmul(r.values[at(j)][i], factor, r.values[at(j)][i]);
    }
  }

  /// With the group of lanes at `mask` from here.
  void merge_lanes(Running& r, int mask) {
    const Value other_highest = k_.from_lane_xor(r.highest, mask);
    const Value other_sum = k_.from_lane_xor(r.sum, mask);
    const Value highest = k_.fmax(r.highest, other_highest);
    const Value mine = k_.ex2(difference(k_, r.highest, highest));
    const Value other = k_.ex2(difference(k_, other_highest, highest));
    std::array<std::array<Value, 4>, kMostQuads> moved;
    for (int j = 0; j < quads_; ++j) {
      for (int i = 0; i < 4; ++i) {
        moved[at(j)][at(i)] = k_.from_lane_xor(r.values[at(j)][i], mask);
      }
    }
    scale(r, mine);
    k_.ffma(other_sum, other, r.sum, r.sum);
    for (int j = 0; j < quads_; ++j) {
      for (int i = 0; i < 4; ++i) {
        const Value& v = r.values[at(j)];
        k_.ffma(moved[at(j)][at(i)], other, v[i], v[i]);
      }
    }
    k_.mov(highest, r.highest);
  }

  /// The warp's result into shared memory: [warp][stride], and [warp] largest score and sum.
  void share(const Running& r) {
    const Value mine = k_.imad(warp_, kWord * s_.stride(), k_.shift_left(lane_, 4));
    for (int j = 0; j < quads_; ++j) {
      const std::int64_t quads =
          std::min<std::int64_t>(lanes_, head_quads_ - std::int64_t{j} * lanes_);
      k_.guarded(k_.compare(lane_, Compare::kLt, quads),
                 [&] { k_.store_shared(r.values[at(j)], mine, kQuad * lanes_ * j); });
    }
    const Value pair = k_.value(2);
    k_.mov(r.highest, pair[0]);
    k_.mov(r.sum, pair[1]);
    k_.guarded(k_.compare(lane_, Compare::kEq, 0),
               [&] { k_.store_shared(pair, k_.shift_left(warp_, 3), weights_at_); });
  }

  void merge_warps(Value head, Value split) {
    Value highest;
    for (int w = 0; w < k_.warps(); ++w) {
      const Value one = k_.load_shared(1, {}, weights_at_ + 2 * kWord * w);
      highest = w == 0 ? one : k_.fmax(highest, one);
    }
    const Value row = split_ ? k_.imad(head, s_.stored_splits(), split) : head;
    const Value to = k_.imad(row, kWord * s_.stride(), k_.shift_left(thread_, 4));
    Value sum;
    for (std::int64_t first = 0; first < head_quads_; first += k_.threads()) {
      const Value quad = k_.value(4);
      sum = add_warps(highest, first, quad);
      if (!split_) {
        const Value inverse = k_.reciprocal(sum);
        for (int i = 0; i < 4; ++i) k_.fmul(quad[i], inverse, quad[i]);
      }
      k_.guarded(k_.compare(thread_, Compare::kLt, head_quads_ - first),
                 [&] { k_.store(quad, (split_ ? at_.partial : at_.result) + kQuad * first, to); });
    }
    if (!split_) return;
    const Value pair = k_.value(2);
    k_.mov(highest, pair[0]);
    k_.mov(sum, pair[1]);
    k_.guarded(k_.compare(thread_, Compare::kEq, 0),
               [&] { k_.store(pair, at_.weights, k_.shift_left(row, 3)); });
  }

  /// The sum of the exponentials of all warps, and the values of this thread's quad. Threads beyond
  /// the head add up its last quad.
  Value add_warps(Value highest, std::int64_t first, Value quad) {
    const Value sum = k_.mov(0);
    for (int i = 0; i < 4; ++i) k_.mov(0, quad[i]);
    const Value safe = k_.smaller(k_.iadd(thread_, first), head_quads_ - 1);
    const Value quad_at = k_.shift_left(safe, 4);
    const Value weight_at = k_.mov(0);
    const int together = std::min(k_.warps(), kMergeUnroll);
    k_.for_each(0, k_.warps(), together, [&](Value) {
      for (int u = 0; u < together; ++u) {
        const Value pair = k_.load_shared(2, weight_at, weights_at_ + 2 * kWord * u);
        const Value factor = k_.ex2(difference(k_, pair[0], highest));
        k_.ffma(pair[1], factor, sum, sum);
        const Value part = k_.load_shared(4, quad_at, kWord * s_.stride() * u);
        for (int i = 0; i < 4; ++i) k_.ffma(part[i], factor, quad[i], quad[i]);
      }
      k_.iadd(quad_at, kWord * s_.stride() * together, {}, quad_at);
      k_.iadd(weight_at, 2 * kWord * together, {}, weight_at);
    });
    return sum;
  }

  KernelBuilder& k_;
  AttentionShape s_;
  AttentionPointers at_;
  Value position_;
  bool split_;
  CacheUse activations_;
  std::int64_t head_quads_ = 1;
  int lanes_ = 1;   // of a row of the cache
  int quads_ = 1;   // of a lane
  int groups_ = 1;  // rows of a warp
  int unroll_ = 1;  // of them
  std::int64_t weights_at_ = 0;

  Value thread_, lane_, warp_, lane_of_row_, row_;
  Value begin_, end_, last_;
  std::array<Value, kMostQuads> query_;
  std::array<Value, kMostQuads> row_at_;
};

}  // namespace

std::int64_t attention_chunk(std::int64_t heads, std::int64_t context, const GpuSpec& spec) {
  constexpr std::int64_t kLeast = 64;
  const std::int64_t filling = heads * context / (2 * spec.sm_count);
  const std::int64_t fewest = (context + kMostSplits - 1) / kMostSplits;
  const std::int64_t chunk = std::max({kLeast, filling, fewest});
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(chunk)));
}

void emit_attention(KernelBuilder& k, const GpuSpec& spec, const AttentionShape& shape,
                    const AttentionPointers& at, Value position, bool split, CacheUse activations) {
  AttentionEmitter(k, spec, shape, at, position, split, activations).run();
}

}  // namespace metronome::gpu
