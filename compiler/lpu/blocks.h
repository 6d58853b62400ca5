// SPDX-License-Identifier: Apache-2.0
// How a vector of values is cut into rows of lanes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compiler/lpu/head_layout.h"

namespace metronome::compiler {

class Blocks {
 public:
  enum class Kind : std::uint8_t {
    kPlain,    // value i in lane i % lanes of block i / lanes
    kQueries,  // values of all query heads
    kResults,  // of attention, for all query heads
    kKeys,     // values of the key heads, as stored for one position
  };

  /// `heads` must outlive the blocks.
  Blocks(Kind kind, std::int64_t size, std::int64_t lanes, const HeadLayout* heads)
      : kind_(kind), size_(size), lanes_(lanes), heads_(heads) {}

  int count() const {
    switch (kind_) {
      case Kind::kPlain:
        return static_cast<int>((size_ + lanes_ - 1) / lanes_);
      case Kind::kQueries:
      case Kind::kResults:
        return heads_->vectors();
      case Kind::kKeys:
        return heads_->kv_blocks();
    }
    return 0;
  }
  /// Lanes in use.
  std::int64_t length(int block) const {
    if (kind_ == Kind::kPlain) return std::min(lanes_, size_ - block * lanes_);
    return heads_->lanes(heads_->kv_block(block));
  }
  std::int64_t widest() const { return length(0); }
  /// The value in a lane; -1 if none.
  std::int64_t value(int block, std::int64_t lane) const {
    switch (kind_) {
      case Kind::kPlain:
        return block * lanes_ + lane;
      case Kind::kQueries:
        return heads_->query_value(block, lane);
      case Kind::kResults:
        return heads_->result_value(block, lane);
      case Kind::kKeys:
        return heads_->key_value(block, lane);
    }
    return -1;
  }

 private:
  Kind kind_;
  std::int64_t size_;
  std::int64_t lanes_;
  const HeadLayout* heads_;
};

}  // namespace metronome::compiler
