// SPDX-License-Identifier: Apache-2.0
// How attention heads lie in vectors of lanes. A position's keys (or values) take `kv_blocks`
// vectors; a token's queries take `vectors`, and query vector v meets key block v % kv_blocks lane
// by lane. Where the heads of one position leave lanes empty, they are repeated, so that one vector
// of keys serves more query heads.
#pragma once

#include <cstdint>

namespace metronome::compiler {

class HeadLayout {
 public:
  /// `shared`: query heads share the keys of their group, stored once; else each query head has a
  /// copy of its own, which keeps the query heads in their order.
  HeadLayout(std::int64_t heads, std::int64_t kv_heads, std::int64_t head_dim, std::int64_t lanes,
             bool shared);

  std::int64_t head_dim() const { return head_dim_; }
  int kv_blocks() const { return kv_blocks_; }
  int vectors() const { return kv_blocks_ * members_; }
  int kv_block(int vector) const { return vector % kv_blocks_; }
  /// Lanes in use of a block of keys, and of the vectors of queries that meet it.
  std::int64_t lanes(int kv_block) const;
  /// Value of the query in a lane, counted over all heads. Where no head is left, a head stands a
  /// second time, so that nothing that its lanes lead to is larger than what all heads have.
  std::int64_t query_value(int vector, std::int64_t lane) const;
  /// Value of the attention result in a lane; -1 where a head stands a second time.
  std::int64_t result_value(int vector, std::int64_t lane) const;
  /// Value of the key in a lane, counted over the model's key heads.
  std::int64_t key_value(int kv_block, std::int64_t lane) const;

 private:
  std::int64_t stored_heads(int kv_block) const;
  /// Of the query heads that one stored head serves, the one in a lane; may be beyond the last.
  std::int64_t member(int vector, std::int64_t lane) const;
  std::int64_t value_of(int vector, std::int64_t lane, std::int64_t member) const;

  std::int64_t head_dim_;
  std::int64_t stored_;            // heads of keys that are stored
  std::int64_t queries_a_stored_;  // query heads that one of them serves
  std::int64_t stored_a_model_;    // of them, for one of the model's key heads
  std::int64_t heads_a_block_ = 0;
  std::int64_t copies_ = 1;
  int kv_blocks_ = 1;
  int members_ = 1;
};

}  // namespace metronome::compiler
