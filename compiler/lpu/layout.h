// SPDX-License-Identifier: Apache-2.0
// How the model's vectors are cut for the chip, and the tensors that hold them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/lpu/memory_plan.h"

namespace metronome::compiler {

/// A vector of `size` values in blocks of `block`, one block a row of lanes.
struct Blocks {
  std::int64_t size = 0;
  std::int64_t block = 0;

  int count() const { return static_cast<int>((size + block - 1) / block); }
  std::int64_t length(int i) const { return std::min(block, size - i * block); }
};

/// Both halves of a matrix: rows of block b are in hemisphere (b + first side) % 2.
struct WeightTiles {
  TensorId side[2] = {-1, -1};
  int first_side = 0;
  int block_rows = 0;  // rows kept a tile
  int column_blocks = 0;

  lpu::Hemisphere hemisphere(int block) const {
    return static_cast<lpu::Hemisphere>((block + first_side) % 2);
  }
  std::int64_t first_row(int block, int column_block) const {
    return (std::int64_t{block / 2} * column_blocks + column_block) * block_rows;
  }
};

/// Every tensor of an image, by what it is for.
struct Tensors {
  TensorId residual = -1;              // fp32
  TensorId activations[2] = {-1, -1};  // fp16, rows high and low of each block, west and east copy
  TensorId partial_sum = -1;           // of a norm
  TensorId scale = -1;
  TensorId highest_score = -1;
  TensorId scores = -1;
  TensorId embedding_part = -1;
  TensorId logits = -1;
  TensorId cosine = -1;
  TensorId sine = -1;
  TensorId mask = -1;  // fp32: 0 at positions seen, -infinity beyond
  TensorId zero = -1;
  TensorId position_map = -1;
  TensorId token_map = -1;
  TensorId token_select = -1;
  TensorId ones[2] = {-1, -1};              // 1 where row and lane are of one head
  std::map<std::string, TensorId> vectors;  // by operator part: `attn_q`, `ffn_up`
  std::map<const graph::Vector*, TensorId> parameters;
  std::map<const graph::Matrix*, WeightTiles> weights;
  std::vector<std::vector<TensorId>> keys;  // [layer][head block]
  std::vector<std::vector<TensorId>> values;
};

class Layout {
 public:
  Layout(const graph::Graph& graph, const lpu::ChipSpec& spec, std::int64_t context);

  /// Values of an operator's result or operand, as blocks.
  Blocks plain(std::int64_t size) const { return {size, lanes_}; }
  Blocks heads() const { return {heads_ * head_dim_, heads_per_block_ * head_dim_}; }
  Blocks result_blocks(const graph::OpNode& node) const;
  Blocks input_blocks(const graph::OpNode& node, std::int64_t size) const;
  int superlanes(std::int64_t lanes) const {
    return static_cast<int>((lanes + lanes_per_superlane_ - 1) / lanes_per_superlane_);
  }
  std::int64_t context() const { return context_; }

  const Tensors& tensors() const { return tensors_; }
  MemoryPlan& plan() { return plan_; }

 private:
  void add_working_set();
  void add_position_tables();
  void add_inputs();
  void add_ones();
  void add_parameters(const graph::OpNode& node);
  void add_weights(const graph::OpNode& node, int first_side);
  void add_caches();
  TensorId add_constant(std::string name, Role role, int width, std::int64_t rows, int lanes,
                        std::vector<std::uint8_t> bytes);

  const graph::Graph& graph_;
  const graph::Model& model_;
  MemoryPlan plan_;
  std::int64_t lanes_;
  int lanes_per_superlane_;
  std::int64_t heads_;
  std::int64_t head_dim_;
  std::int64_t heads_per_block_;
  std::int64_t context_;
  Tensors tensors_;
};

}  // namespace metronome::compiler
