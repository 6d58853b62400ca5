// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/gemm.h"

#include <algorithm>
#include <vector>

namespace metronome::gpu {
namespace {

constexpr int kHalf = 2;    // bytes
constexpr int kDepth = 32;  // of a piece
constexpr int kChunk = 16;  // bytes that a lane copies
constexpr int kChunksOfRow = kDepth * kHalf / kChunk;
/// Bytes of a row of a piece in shared memory: eight rows lie in different banks.
constexpr int kRow = kDepth * kHalf + kChunk;

class GemmEmitter {
 public:
  GemmEmitter(KernelBuilder& k, const GemmShape& shape, const GemmTiling& tiling,
              const GemmPointers& at)
      : k_(k),
        s_(shape),
        tile_(tiling.tile),
        stages_(tiling.stages),
        at_(at),
        m_tiles_(tiling.tile / 32),
        n_tiles_(tiling.tile / 16),
        operand_bytes_(tiling.tile * kRow) {
    k.need_shared(std::int64_t{stages_} * stage_bytes());
  }

  void run() {
    thread_ = k_.special(Special::kThread);
    lane_ = k_.special(Special::kLane);
    const Value warp = k_.special(Special::kWarp);
    warp_row_ = k_.imad(k_.shift_right(warp, 1), tile_ / 2);
    warp_col_ = k_.imad(k_.bit_and(warp, 1), tile_ / 2);
    place_fragments();
    for (int v = 0; v < m_tiles_ * n_tiles_; ++v) sums_.push_back(k_.value(4));
    const std::int64_t down = (s_.rows + tile_ - 1) / tile_;
    const std::int64_t items = gemm_items(s_, tile_);
    k_.for_items(items, [&](Value item) {
      const Value across = k_.divide(item, down, items);
      row_ = k_.imad(k_.imad(across, -down, item), tile_);
      col_ = k_.imad(across, tile_);
      take_tile();
    });
  }

 private:
  void take_tile() {
    for (const Value& sum : sums_) {
      for (int i = 0; i < 4; ++i) k_.mov(0, sum[i]);
    }
    const Value stage = k_.mov(0);  // of the piece in use
    const Value free = k_.mov(0);   // of the piece that is copied next
    const Value depth = k_.mov(0);  // bytes along the rows, of that piece
    const int steps = static_cast<int>((s_.depth + kDepth - 1) / kDepth);
    const int ahead = stages_ - 1;
    place_copies();
    for (int piece = 0; piece < ahead; ++piece) {
      if (piece < steps) copy_piece(free, depth);
      k_.close_copies();
      k_.iadd(free, stage_bytes(), {}, free);
      k_.iadd(depth, kDepth * kHalf, {}, depth);
    }
    k_.for_each(0, steps, 1, [&](Value step) {
      k_.await_copies(ahead - 1);
      k_.barrier();  // all copies of this piece are there, nobody reads the free one any more
      k_.only_if(k_.compare(step, Compare::kLt, steps - ahead), [&] { copy_piece(free, depth); });
      k_.close_copies();  // of nothing at the end, so that as many are open in every step
      k_.iadd(depth, kDepth * kHalf, {}, depth);
      multiply(stage);
      k_.mov(stage, free);
      const Value next = k_.iadd(stage, stage_bytes());
      k_.select(k_.compare(next, Compare::kLt, stages_ * stage_bytes()), next, 0, stage);
    });
    write();
    k_.barrier();
  }

  int stage_bytes() const { return 2 * operand_bytes_; }
  int copies() const { return tile_ * kChunksOfRow / kGemmThreads; }

  /// Where this thread's chunks come from and go to. Rows beyond a matrix are its last one.
  void place_copies() {
    chunk_ = k_.shift_left(k_.bit_and(thread_, kChunksOfRow - 1), 4);
    const Value row = k_.divide(thread_, kChunksOfRow, kGemmThreads);
    target_ = k_.imad(row, kRow, chunk_);
    from_.assign(2 * static_cast<std::size_t>(copies()), {});
    std::size_t which = 0;
    for (int operand = 0; operand < 2; ++operand) {
      const Value first = k_.iadd(row, operand == 0 ? row_ : col_);
      const std::int64_t last = (operand == 0 ? s_.rows : s_.cols) - 1;
      for (int c = 0; c < copies(); ++c) {
        const Value safe = k_.smaller(k_.iadd(first, c * kGemmThreads / kChunksOfRow), last);
        from_[which++] = k_.imad(safe, kHalf * s_.depth, chunk_);
      }
    }
  }

  void copy_piece(Value stage, Value depth) {
    const Value to = k_.iadd(target_, stage);
    const bool whole = s_.depth % kDepth == 0;
    const Value end = whole ? Value{} : k_.iadd(chunk_, depth);
    const Flag there = whole ? Flag{} : k_.compare(end, Compare::kLt, kHalf * s_.depth);
    for (int operand = 0; operand < 2; ++operand) {
      for (int c = 0; c < copies(); ++c) {
        const int bytes = operand * operand_bytes_ + c * (kGemmThreads / kChunksOfRow) * kRow;
        const auto which = static_cast<std::size_t>(operand) * static_cast<std::size_t>(copies()) +
                           static_cast<std::size_t>(c);
        const Value from = k_.iadd(from_[which], depth);
        const Value target = k_.iadd(to, bytes);
        const auto copy = [&] { k_.copy(operand == 0 ? at_.x : at_.weights, from, target); };
        if (whole) {
          copy();
          continue;
        }
        k_.guarded(there, copy);
        const Value zeros = k_.value(4);
        for (int i = 0; i < 4; ++i) k_.mov(0, zeros[i]);
        k_.guarded(!there, [&] { k_.store_shared(zeros, target, 0); });
      }
    }
  }

  /// Shared addresses of the rows that this lane gives for the four matrices of an LDSM: of x, two
  /// times eight rows and then the next eight values along them; of the weights the other way
  /// round.
  void place_fragments() {
    const Value low = k_.bit_and(lane_, 15);
    const Value high = k_.shift_right(lane_, 4);
    a_at_ = k_.imad(k_.iadd(warp_row_, low), kRow, k_.shift_left(high, 4));
    const Value middle = k_.bit_and(k_.shift_right(lane_, 3), 1);
    const Value col = k_.imad(high, 8, k_.bit_and(lane_, 7));
    b_at_ = k_.imad(k_.iadd(warp_col_, col), kRow, k_.shift_left(middle, 4));
  }

  void multiply(Value stage) {
    const Value a_at = k_.iadd(a_at_, stage);
    const Value b_at = k_.iadd(b_at_, stage);
    for (int k = 0; k < kDepth; k += 16) {
      std::vector<Value> a(static_cast<std::size_t>(m_tiles_));
      std::vector<Value> b;
      int row = k * kHalf;  // bytes
      for (Value& fragment : a) {
        fragment = k_.load_matrices(a_at, row);
        row += 16 * kRow;
      }
      for (int n = 0; n < n_tiles_; n += 2) {
        const Value pair = k_.load_matrices(b_at, operand_bytes_ + 8 * n * kRow + k * kHalf);
        b.push_back({pair.group, 0, 2});
        b.push_back({pair.group, 2, 2});
      }
      for (int m = 0; m < m_tiles_; ++m) {
        for (int n = 0; n < n_tiles_; ++n) {
          const Value& sum = sum_of(m, n);
          k_.multiply_tile(Opcode::kHmma, sum, a[static_cast<std::size_t>(m)],
                           b[static_cast<std::size_t>(n)], sum);
        }
      }
    }
  }

  const Value& sum_of(int m, int n) const {
    const int at = m * n_tiles_ + n;
    return sums_[static_cast<std::size_t>(at)];
  }

  /// A lane has two neighbouring columns of rows lane / 4 and, eight further, of each tile.
  void write() {
    const Value row = k_.iadd(k_.shift_right(lane_, 2), row_, warp_row_);
    const Value col = k_.iadd(k_.shift_left(k_.bit_and(lane_, 3), 1), col_, warp_col_);
    for (int m = 0; m < m_tiles_; ++m) {
      for (int half = 0; half < 2; ++half) {
        const Value r = k_.iadd(row, 16 * m + 8 * half);
        const Value at = k_.imad(r, 4 * s_.cols, k_.shift_left(col, 2));
        for (int n = 0; n < n_tiles_; ++n) {
          for (int i = 0; i < 2; ++i) {
            const Flag within = k_.compare(col, Compare::kLt, s_.cols - 8 * n - i);
            const Value written = k_.select(within, r, s_.rows);
            k_.guarded(k_.compare(written, Compare::kLt, s_.rows), [&] {
              k_.store(sum_of(m, n)[2 * half + i], at_.result + 4 * (8 * n + i), at);
            });
          }
        }
      }
    }
  }

  KernelBuilder& k_;
  GemmShape s_;
  int tile_;
  int stages_;
  GemmPointers at_;
  int m_tiles_;  // 16 rows each, of a warp
  int n_tiles_;  // 8 columns each, of a warp
  int operand_bytes_;

  Value thread_, lane_, warp_row_, warp_col_;
  Value a_at_, b_at_;
  Value row_, col_;  // first of the tile
  Value chunk_, target_;
  std::vector<Value> from_;  // [operand][copy]
  std::vector<Value> sums_;  // [m tile][n tile]
};

}  // namespace

GemmTiling gemm_tiling(const GemmShape& shape, const GpuSpec& spec) {
  constexpr int kLarge = 64;
  constexpr int kSmall = 32;
  constexpr int kLeastStages = 2;
  constexpr int kMostStages = 8;
  constexpr std::int64_t kCtas = 4;  // that share an SM's memory
  const bool fits = 4 * kLarge * kRow <= spec.shared_bytes;
  const int tile = fits && gemm_items(shape, kLarge) >= spec.sm_count ? kLarge : kSmall;
  const std::int64_t stages = spec.shared_bytes / kCtas / (2 * tile * kRow);
  return {tile, static_cast<int>(std::clamp<std::int64_t>(stages, kLeastStages, kMostStages))};
}

std::int64_t gemm_items(const GemmShape& shape, int tile) {
  return ((shape.rows + tile - 1) / tile) * ((shape.cols + tile - 1) / tile);
}

void emit_gemm(KernelBuilder& k, const GemmShape& shape, const GemmTiling& tiling,
               const GemmPointers& at) {
  GemmEmitter(k, shape, tiling, at).run();
}

}  // namespace metronome::gpu
