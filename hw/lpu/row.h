// SPDX-License-Identifier: Apache-2.0
// A vector of the chip, one byte a lane, passed by reference. Values of 2 or 4 bytes a lane are
// kept as one block of interleaved bytes, of which each stream and each memory cell holds one byte
// plane; a consumer that finds all planes of one block together uses it as it lies. Blocks never
// change.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "hw/lpu/ecc.h"

namespace metronome::lpu {

class BlockPool;

struct RowBlock {
  const std::uint8_t* data = nullptr;  // [lanes, width] interleaved, little-endian
  std::uint16_t lanes = 0;             // lanes beyond are zero
  std::uint8_t width = 1;              // bytes a lane
  float absmax = -1.0F;                // largest fp16 magnitude, once known
  std::int32_t references = 0;         // counted only for pooled blocks
  std::uint32_t followers = 0;         // blocks after it of the same table, its bytes after its own
  BlockPool* pool = nullptr;           // null for blocks that outlive the chip's runs
  std::uint8_t* storage = nullptr;     // pooled blocks: where `data` may be written at birth
  std::unique_ptr<EccFault> fault;     // set when check bits no longer match the data
};

/// A handle on one byte plane of a block. Empty means that no value is there. Copying one of a
/// block that outlives the runs does not touch the block: most rows are weights on their way.
class Row {
 public:
  Row() = default;
  Row(RowBlock* block, std::uint8_t byte)
      : block_(block), byte_(byte), counted_(block != nullptr && block->pool != nullptr) {
    retain();
  }
  Row(const Row& o) : block_(o.block_), byte_(o.byte_), counted_(o.counted_) { retain(); }
  Row(Row&& o) noexcept
      : block_(std::exchange(o.block_, nullptr)),
        byte_(o.byte_),
        counted_(std::exchange(o.counted_, false)) {}
  Row& operator=(const Row& o) {
    if (this == &o) return *this;
    o.retain();
    release();
    block_ = o.block_;
    byte_ = o.byte_;
    counted_ = o.counted_;
    return *this;
  }
  Row& operator=(Row&& o) noexcept {
    std::swap(block_, o.block_);
    std::swap(byte_, o.byte_);
    std::swap(counted_, o.counted_);
    return *this;
  }
  ~Row() { release(); }

  bool empty() const { return block_ == nullptr; }
  RowBlock* block() const { return block_; }
  std::uint8_t byte() const { return byte_; }
  std::uint8_t at(int lane) const {
    return lane < block_->lanes ? block_->data[lane * block_->width + byte_] : std::uint8_t{0};
  }

 private:
  void retain() const {
    if (counted_) ++block_->references;
  }
  void release();

  RowBlock* block_ = nullptr;
  std::uint8_t byte_ = 0;
  bool counted_ = false;
};

/// Where results live: freed blocks are used again, so the hot path allocates nothing.
class BlockPool {
 public:
  explicit BlockPool(int max_lanes) : bytes_per_block_(static_cast<std::size_t>(max_lanes) * 4) {}
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// A block of the given shape, its `storage` uninitialised.
  RowBlock* make(int lanes, int width) {
    if (free_.empty()) grow();
    RowBlock* block = free_.back();
    free_.pop_back();
    block->lanes = static_cast<std::uint16_t>(lanes);
    block->width = static_cast<std::uint8_t>(width);
    block->absmax = -1.0F;
    return block;
  }
  void recycle(RowBlock* block) {
    block->fault.reset();
    free_.push_back(block);
  }
  std::size_t blocks() const { return chunks_.size() * kChunk; }

 private:
  static constexpr std::size_t kChunk = 256;
  struct Chunk {
    std::array<RowBlock, kChunk> headers;
    std::unique_ptr<std::uint8_t[]> bytes;
  };
  void grow();

  std::size_t bytes_per_block_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<RowBlock*> free_;
};

inline void Row::release() {
  if (counted_ && --block_->references == 0) block_->pool->recycle(block_);
}

/// `width` rows that make one value, least significant byte first.
using RowGroup = std::array<Row, 16>;

/// Interleaved bytes [lanes, width] of the value on `rows`, at least `lanes` lanes of them: the
/// block itself where all planes are its own and long enough, else gathered into `scratch`.
const std::uint8_t* interleaved(const Row* rows, int width, int lanes,
                                std::vector<std::uint8_t>& scratch);

}  // namespace metronome::lpu
