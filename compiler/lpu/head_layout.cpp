// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/head_layout.h"

#include <algorithm>

namespace metronome::compiler {

HeadLayout::HeadLayout(std::int64_t heads, std::int64_t kv_heads, std::int64_t head_dim,
                       std::int64_t lanes, bool shared)
    : head_dim_(head_dim),
      stored_(shared ? kv_heads : heads),
      queries_a_stored_(heads / stored_),
      stored_a_model_(stored_ / kv_heads) {
  heads_a_block_ = std::min(stored_, lanes / head_dim_);
  kv_blocks_ = static_cast<int>((stored_ + heads_a_block_ - 1) / heads_a_block_);
  if (kv_blocks_ == 1) copies_ = std::min(queries_a_stored_, lanes / (stored_ * head_dim_));
  members_ = static_cast<int>((queries_a_stored_ + copies_ - 1) / copies_);
}

std::int64_t HeadLayout::stored_heads(int kv_block) const {
  return std::min(heads_a_block_, stored_ - kv_block * heads_a_block_);
}

std::int64_t HeadLayout::lanes(int kv_block) const {
  return stored_heads(kv_block) * copies_ * head_dim_;
}

std::int64_t HeadLayout::member(int vector, std::int64_t lane) const {
  return vector / kv_blocks_ * copies_ + lane / head_dim_ / stored_heads(kv_block(vector));
}

std::int64_t HeadLayout::value_of(int vector, std::int64_t lane, std::int64_t member) const {
  const int block = kv_block(vector);
  const std::int64_t stored = block * heads_a_block_ + lane / head_dim_ % stored_heads(block);
  return (stored * queries_a_stored_ + member) * head_dim_ + lane % head_dim_;
}

std::int64_t HeadLayout::query_value(int vector, std::int64_t lane) const {
  return value_of(vector, lane, std::min(member(vector, lane), queries_a_stored_ - 1));
}

std::int64_t HeadLayout::result_value(int vector, std::int64_t lane) const {
  const std::int64_t at = member(vector, lane);
  return at < queries_a_stored_ ? value_of(vector, lane, at) : -1;
}

std::int64_t HeadLayout::key_value(int kv_block, std::int64_t lane) const {
  const std::int64_t slot = lane / head_dim_ % stored_heads(kv_block);
  const std::int64_t head = (kv_block * heads_a_block_ + slot) / stored_a_model_;
  return head * head_dim_ + lane % head_dim_;
}

}  // namespace metronome::compiler
