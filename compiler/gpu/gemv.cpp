// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/gemv.h"

#include <array>

#include "compiler/gpu/activation.h"

namespace metronome::gpu {
namespace {

constexpr std::int64_t kWord = 4;   // bytes
constexpr std::int64_t kQuad = 16;  // bytes of four fp32, or of eight fp16
constexpr int kStageUnroll = 4;

class GemvEmitter {
 public:
  GemvEmitter(KernelBuilder& k, const GemvShape& shape, const GemvTiling& tiling,
              const GemvPointers& at, CacheUse activations)
      : k_(k), s_(shape), t_(tiling), at_(at), activations_(activations) {
    stored_ = shape.gated ? 2 : tiling.rows;
    chains_ = stored_ > 1 ? 2 : 4;
    slice_octs_ = shape.cols / 8 / tiling.slices;
    plane_ = shape.cols / 8 * kQuad;
    const std::int64_t groups =
        std::int64_t{k.warps() / tiling.slices} * (kWarpLanes / tiling.lanes);
    groups_ = static_cast<int>(groups);
    squares_at_ = tiling.staged ? 2 * plane_ : 0;
    slices_at_ = squares_at_ + kWord * k.warps();
    k.need_shared(slices_at_ + (tiling.slices > 1 ? kWord * groups * tiling.slices * stored_ : 0));
  }

  void run() {
    // A CTA without rows leaves the vector alone: all CTAs ask the same few lines for it.
    const std::int64_t items = gemv_items(s_, t_, k_.warps());
    k_.only_if(k_.compare(k_.special(Special::kCta), Compare::kLt, items),
               [&] { take_part(items); });
  }

 private:
  void take_part(std::int64_t items) {
    thread_ = k_.special(Special::kThread);
    lane_ = k_.special(Special::kLane);
    warp_ = k_.special(Special::kWarp);
    if (s_.normed > 0) squares_ = k_.mov(0);
    if (t_.staged || s_.normed > 0) take_vector();
    if (s_.normed > 0) add_squares();
    if (t_.staged || s_.normed > 0) k_.barrier();
    if (s_.normed > 0) find_norm();
    place_lanes();
    k_.for_items(items, [&](Value item) { take_rows(item); });
  }

  /// Every thread takes quads of the vector, a CTA's width apart.
  void take_vector() {
    const std::int64_t quads = s_.cols / 4;
    const std::int64_t full = quads / k_.threads();
    const std::int64_t rounds = full / kStageUnroll;
    const Value from = k_.shift_left(thread_, 4);
    // The quads of even and of odd number lie in planes of their own: lanes that read eight values
    // each then read 16 bytes beside each other from either.
    const Value odd = k_.bit_and(thread_, 1);
    const Value to = k_.imad(odd, plane_ - kQuad / 2, k_.shift_left(thread_, 3));
    std::int64_t pass = full;
    if (rounds > 1) {
      k_.for_each(0, static_cast<int>(rounds), 1, [&](Value) {
        for (int u = 0; u < kStageUnroll; ++u) take_quad(from, to, u);
        k_.iadd(from, kQuad * k_.threads() * kStageUnroll, {}, from);
        k_.iadd(to, kQuad / 2 * k_.threads() * kStageUnroll, {}, to);
      });
      pass -= rounds * kStageUnroll;
    }
    for (std::int64_t p = 0; p < pass; ++p) take_quad(from, to, p);
    const std::int64_t rest = quads % k_.threads();
    if (rest == 0) return;
    k_.guarded(k_.compare(thread_, Compare::kLt, rest), [&] { take_quad(from, to, pass); });
  }

  void take_quad(Value from, Value to, std::int64_t pass) {
    const std::int64_t bytes = kQuad * k_.threads() * pass;
    Value x = k_.load(4, at_.vector + bytes, from, activations_);
    if (s_.normed > 0) {
      for (int i = 0; i < 4; ++i) k_.ffma(x[i], x[i], squares_, squares_);
    }
    if (!t_.staged) return;
    if (s_.normed > 0) {
      const Value w = k_.load(4, at_.norm + bytes, from, CacheUse::kAll);
      for (int i = 0; i < 4; ++i) k_.fmul(x[i], w[i], w[i]);
      x = w;
    }
    k_.store_shared(x, to, bytes / 2);
  }

  void add_squares() {
    const Value sum = sum_lanes(k_, squares_, kWarpLanes);
    k_.guarded(k_.compare(lane_, Compare::kEq, 0),
               [&] { k_.store_shared(sum, k_.shift_left(warp_, 2), squares_at_); });
  }

  /// 1 / sqrt(mean of the squares + epsilon).
  void find_norm() {
    const Value mine = k_.shift_left(k_.bit_and(lane_, k_.warps() - 1), 2);
    const Value sum = sum_lanes(k_, k_.load_shared(1, mine, squares_at_), k_.warps());
    const float inverse = 1.0F / static_cast<float>(s_.normed);
    norm_ = k_.reciprocal_root(k_.ffma(sum, inverse, k_.mov(s_.epsilon)));
  }

  /// What a lane keeps over all rows: its group, its place within a row.
  void place_lanes() {
    const int groups_of_warp = kWarpLanes / t_.lanes;
    const Value team = t_.slices == 1 ? warp_ : k_.divide(warp_, t_.slices, kWarpLanes);
    slice_ = t_.slices == 1 ? Value{} : k_.bit_and(warp_, t_.slices - 1);
    lane_of_row_ = k_.bit_and(lane_, t_.lanes - 1);
    group_ = groups_of_warp == 1
                 ? team
                 : k_.imad(team, groups_of_warp, k_.divide(lane_, t_.lanes, kWarpLanes));
    const Value oct = t_.slices == 1 ? lane_of_row_ : k_.imad(slice_, slice_octs_, lane_of_row_);
    oct_bytes_ = k_.shift_left(oct, 4);
    const Value rank = t_.slices == 1 ? lane_of_row_ : k_.iadd(lane_of_row_, slice_);
    leader_ = k_.compare(rank, Compare::kEq, 0);
    const std::int64_t rest = slice_octs_ % t_.lanes;
    if (rest != 0) in_rest_ = k_.compare(lane_of_row_, Compare::kLt, rest);
  }

  void take_rows(Value item) {
    const Value row = k_.imad(k_.imad(item, groups_, group_), t_.rows);
    // Groups beyond the last row compute it again and write nothing.
    const Value safe_row = k_.smaller(row, s_.rows - t_.rows);
    const Value stored_row = s_.gated ? k_.shift_left(safe_row, 1) : safe_row;
    const Value weight = k_.imad(stored_row, 2 * s_.cols, oct_bytes_);
    const Value word = k_.shift_left(safe_row, 2);
    Value bias;
    Value residual;
    if (s_.bias) {
      bias = k_.load(stored_, at_.bias, k_.shift_left(stored_row, 2), CacheUse::kAll);
    }
    if (s_.residual) residual = k_.load(t_.rows, at_.residual, word, activations_);
    clear_sums();
    multiply(weight);
    std::array<Value, 2> sum = add_lanes();
    if (t_.slices > 1) sum = add_slices(sum);
    for (int m = 0; m < stored_; ++m) {
      Value& v = sum[static_cast<std::size_t>(m)];
      if (s_.normed > 0) v = k_.fmul(v, norm_);
      if (s_.bias) v = k_.fadd(v, bias[m]);
    }
    write(row, word, s_.gated ? std::array<Value, 2>{gate(sum[0], sum[1])} : sum, residual);
    if (t_.slices > 1) k_.barrier();
  }

  void clear_sums() {
    for (int c = 0; c < stored_ * chains_; ++c) sums_[static_cast<std::size_t>(c)] = k_.mov(0);
  }

  void multiply(Value weight) {
    const std::int64_t steps = slice_octs_ / t_.lanes;
    const std::int64_t rounds = steps / t_.unroll;
    std::int64_t left = steps;
    const Value vector = k_.mov(oct_bytes_);
    if (rounds > 1) {
      k_.for_each(0, static_cast<int>(rounds), 1, [&](Value) {
        for (int u = 0; u < t_.unroll; ++u) step(weight, vector, u);
        k_.iadd(weight, kQuad * t_.lanes * t_.unroll, {}, weight);
        k_.iadd(vector, kQuad * t_.lanes * t_.unroll, {}, vector);
      });
      left -= rounds * t_.unroll;
    }
    for (std::int64_t u = 0; u < left; ++u) step(weight, vector, u);
    if (!in_rest_.none()) k_.guarded(in_rest_, [&] { step(weight, vector, left); });
  }

  /// Eight weights of each row times eight values of the vector.
  void step(Value weight, Value vector, std::int64_t u) {
    const std::int64_t bytes = kQuad * t_.lanes * u;
    std::array<Value, 2> w;
    for (int m = 0; m < stored_; ++m) {
      w[static_cast<std::size_t>(m)] =
          k_.load(4, at_.weights + bytes + 2 * s_.cols * m, weight, CacheUse::kL2);
    }
    const std::array<Value, 2> x = {vector_quad(vector, bytes, 0), vector_quad(vector, bytes, 1)};
    for (int i = 0; i < 8; ++i) {
      const Value value = x[static_cast<std::size_t>(i / 4)][i % 4];
      for (int m = 0; m < stored_; ++m) {
        const Value pair = w[static_cast<std::size_t>(m)][i / 2];
        const Value half = i % 2 == 0 ? k_.half_low(pair) : k_.half_high(pair);
        const Value& sum = chain(m, i % chains_);
        k_.ffma(half, value, sum, sum);
      }
    }
  }

  Value vector_quad(Value vector, std::int64_t bytes, int odd) {
    if (t_.staged) return k_.load_shared(4, vector, bytes + odd * plane_);
    const Value at = k_.shift_left(vector, 1);
    const Value x = k_.load(4, at_.vector + 2 * bytes + odd * kQuad, at, activations_);
    if (s_.normed == 0) return x;
    const Value w = k_.load(4, at_.norm + 2 * bytes + odd * kQuad, at, CacheUse::kAll);
    for (int i = 0; i < 4; ++i) k_.fmul(x[i], w[i], w[i]);
    return w;
  }

  const Value& chain(int row, int c) const {
    const int at = row * chains_ + c;
    return sums_[static_cast<std::size_t>(at)];
  }

  std::array<Value, 2> add_lanes() {
    std::array<Value, 2> sum;
    for (int m = 0; m < stored_; ++m) {
      Value v = k_.fadd(chain(m, 0), chain(m, 1));
      if (chains_ == 4) v = k_.fadd(v, k_.fadd(chain(m, 2), chain(m, 3)));
      sum[static_cast<std::size_t>(m)] = sum_lanes(k_, v, t_.lanes);
    }
    return sum;
  }

  /// Over the warps that share the rows, through shared memory, in their order.
  std::array<Value, 2> add_slices(const std::array<Value, 2>& mine) {
    const int bytes = static_cast<int>(kWord) * stored_ * t_.slices;  // of a group
    const Value group_at = k_.imad(group_, bytes);
    const Value slice_at = k_.imad(slice_, kWord * stored_, group_at);
    k_.guarded(k_.compare(lane_of_row_, Compare::kEq, 0), [&] {
      for (int m = 0; m < stored_; ++m) {
        k_.store_shared(mine[static_cast<std::size_t>(m)], slice_at, slices_at_ + kWord * m);
      }
    });
    k_.barrier();
    std::array<Value, 2> sum;
    for (int m = 0; m < stored_; ++m) {
      Value& v = sum[static_cast<std::size_t>(m)];
      for (int s = 0; s < t_.slices; ++s) {
        const Value part =
            k_.load_shared(1, group_at, slices_at_ + kWord * (std::int64_t{stored_} * s + m));
        v = s == 0 ? part : k_.fadd(v, part);
      }
    }
    return sum;
  }

  Value gate(Value g, Value up) { return k_.fmul(s_.gelu ? gelu_tanh(k_, g) : silu(k_, g), up); }

  void write(Value row, Value word, const std::array<Value, 2>& result, Value residual) {
    Value out = t_.rows == 1 ? result[0] : k_.value(2);
    if (t_.rows == 2 || s_.residual) {
      if (t_.rows == 1) out = k_.value(1);
      for (int m = 0; m < t_.rows; ++m) {
        const Value& v = result[static_cast<std::size_t>(m)];
        if (s_.residual) {
          k_.fadd(v, residual[m], out[m]);
        } else {
          k_.mov(v, out[m]);
        }
      }
    }
    const Value written = k_.select(leader_, row, s_.rows);
    k_.guarded(k_.compare(written, Compare::kLt, s_.rows),
               [&] { k_.store(out, at_.result, word); });
  }

  KernelBuilder& k_;
  GemvShape s_;
  GemvTiling t_;
  GemvPointers at_;
  CacheUse activations_;
  int stored_ = 1;  // rows of the matrix that a group of lanes has at once
  int chains_ = 4;  // sums of each, so that multiplies need not wait for each other
  int groups_ = 1;  // of lanes, in a CTA
  std::int64_t slice_octs_ = 0;
  std::int64_t plane_ = 0;       // bytes of half the vector in shared memory
  std::int64_t squares_at_ = 0;  // sums of squares by warp, in shared memory
  std::int64_t slices_at_ = 0;   // sums [group][slice][stored row], in shared memory

  Value thread_, lane_, warp_;
  Value squares_, norm_;
  Value slice_, lane_of_row_, group_, oct_bytes_;
  Flag leader_, in_rest_;
  std::array<Value, 4> sums_;  // [stored row][chain]
};

}  // namespace

void emit_gemv(KernelBuilder& k, const GemvShape& shape, const GemvTiling& tiling,
               const GemvPointers& at, CacheUse activations) {
  GemvEmitter(k, shape, tiling, at, activations).run();
}

}  // namespace metronome::gpu
