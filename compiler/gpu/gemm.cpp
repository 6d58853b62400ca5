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
  GemmEmitter(KernelBuilder& k, const GemmShape& shape, int tile, const GemmPointers& at)
      : k_(k),
        s_(shape),
        tile_(tile),
        at_(at),
        m_tiles_(tile / 32),
        n_tiles_(tile / 16),
        operand_bytes_(tile * kRow) {
    k.need_shared(4 * std::int64_t{operand_bytes_});
  }

  void run() {
    thread_ = k_.special(Special::kThread);
    lane_ = k_.special(Special::kLane);
    const Value warp = k_.special(Special::kWarp);
    warp_row_ = k_.imad(k_.shift_right(warp, 1), tile_ / 2);
    warp_col_ = k_.imad(k_.bit_and(warp, 1), tile_ / 2);
    stage_bytes_ = k_.mov(2 * operand_bytes_);
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
    const Value stage = k_.mov(0);
    const Value depth = k_.mov(0);  // bytes along the rows, of the piece that is copied next
    const int steps = static_cast<int>((s_.depth + kDepth - 1) / kDepth);
    place_copies();
    copy_piece(stage, depth);
    k_.for_each(0, steps, 1, [&](Value step) {
      k_.await_copies(0);
      k_.barrier();  // all copies of this piece are there, nobody reads the other one any more
      const Value next = k_.imad(stage, -1, stage_bytes_);
      k_.iadd(depth, kDepth * kHalf, {}, depth);
      k_.only_if(k_.compare(step, Compare::kLt, steps - 1), [&] { copy_piece(next, depth); });
      multiply(stage);
      k_.mov(next, stage);
    });
    write();
    k_.barrier();
  }

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
    k_.close_copies();
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
  GemmPointers at_;
  int m_tiles_;  // 16 rows each, of a warp
  int n_tiles_;  // 8 columns each, of a warp
  int operand_bytes_;

  Value thread_, lane_, warp_row_, warp_col_, stage_bytes_;
  Value a_at_, b_at_;
  Value row_, col_;  // first of the tile
  Value chunk_, target_;
  std::vector<Value> from_;  // [operand][copy]
  std::vector<Value> sums_;  // [m tile][n tile]
};

}  // namespace

int gemm_tile(const GemmShape& shape, const GpuSpec& spec) {
  constexpr int kLarge = 64;
  constexpr int kSmall = 32;
  const bool fits = 4 * kLarge * kRow <= spec.shared_bytes;
  return fits && gemm_items(shape, kLarge) >= spec.sm_count ? kLarge : kSmall;
}

std::int64_t gemm_items(const GemmShape& shape, int tile) {
  return ((shape.rows + tile - 1) / tile) * ((shape.cols + tile - 1) / tile);
}

void emit_gemm(KernelBuilder& k, const GemmShape& shape, int tile, const GemmPointers& at) {
  GemmEmitter(k, shape, tile, at).run();
}

}  // namespace metronome::gpu
