// SPDX-License-Identifier: Apache-2.0
// How the model's vectors are cut for the chip, and the tensors that hold them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/lpu/blocks.h"
#include "compiler/lpu/memory_plan.h"

namespace metronome::compiler {

/// Tiles of one row block that lie in one bank, and so go through one plane one after the other.
struct TileRun {
  int bank = 0;
  int first_column = 0;
  std::vector<std::int64_t> first_rows;  // of each tile, in the bank's tensor
};

/// A matrix over the banks of weights.
struct WeightTiles {
  std::vector<TensorId> banks;             // -1 where no tile lies
  std::vector<std::vector<TileRun>> runs;  // by row block; their columns follow one another
  int block_rows = 0;                      // rows kept a tile; a table's are all alike
  int column_blocks = 0;
};

/// Every tensor of an image, by what it is for.
struct Tensors {
  TensorId residual = -1;              // fp32
  TensorId activations[2] = {-1, -1};  // for the matrix unit, west and east copy; a block takes
                                       // `Layout::activation_rows` rows
  TensorId activation_scale = -1;      // int8: of the vector that the activations hold
  TensorId norm_scale = -1;            // int8: of a norm's vector before its root mean square
  TensorId attention = -1;             // int8: fp32 result of attention
  TensorId partial_sum = -1;           // of a norm
  TensorId scale = -1;
  TensorId highest_score = -1;
  TensorId scores[kScorePlaces] = {
      -1, -1, -1};                 // sets of them, for query vectors that are at work together
  TensorId partial[2] = {-1, -1};  // int8: sums of some of a block's tiles, west and east
  TensorId embedding_part = -1;
  TensorId logits = -1;
  TensorId cosine = -1;
  TensorId sine = -1;
  TensorId mask = -1;  // fp32: 0 at positions seen, -infinity beyond
  TensorId zero = -1;
  TensorId position_map = -1;
  TensorId token_map = -1;
  TensorId token_select = -1;
  TensorId token_group = -1;    // int8
  TensorId token_lane = -1;     // int8
  TensorId token_scales = -1;   // int8: scales of the embedding's rows, a superlane's lanes a row
  TensorId token_scale = -1;    // int8: of this token's row
  TensorId ones[2] = {-1, -1};  // 1 where row and lane are of one head
  std::map<std::string, TensorId> vectors;  // by operator part: `attn_q`, `ffn_up`
  std::map<const graph::Vector*, TensorId> parameters;
  std::map<const graph::Matrix*, WeightTiles> weights;
  std::map<const graph::Matrix*, TensorId> scales;  // int8: of the weights' rows, as the result
  std::vector<std::vector<TensorId>> keys;          // [layer][head block]
  std::vector<std::vector<TensorId>> values;
};

/// Rows for sums of some of a block's tiles; used in turn.
inline constexpr int kPartialSums = 32;

class Layout {
 public:
  /// Errors: UserError if the model does not fit the chip.
  Layout(const graph::Graph& graph, const lpu::ChipSpec& spec, ops::Precision precision,
         std::int64_t context);

  /// Values of an operator's result or operand, as blocks.
  Blocks plain(std::int64_t size) const { return {Blocks::Kind::kPlain, size, lanes_, &heads_}; }
  Blocks result_blocks(const graph::OpNode& node) const;
  Blocks input_blocks(const graph::OpNode& node, std::int64_t size) const;
  const HeadLayout& heads() const { return heads_; }
  int superlanes(std::int64_t lanes) const {
    return static_cast<int>((lanes + lanes_per_superlane_ - 1) / lanes_per_superlane_);
  }
  ops::Precision precision() const { return precision_; }
  bool quantised() const { return precision_ != ops::Precision::kFp16; }
  /// Rows that a block of activations takes: its high and low halves, or one.
  int activation_rows() const { return precision_ == ops::Precision::kInt8 ? 1 : 2; }
  std::int64_t context() const { return context_; }
  /// Query vectors whose scores are kept at a time.
  int score_sets() const;

  const Tensors& tensors() const { return tensors_; }
  MemoryPlan& plan() { return plan_; }

 private:
  void require_heads() const;
  void add_working_set();
  void add_quantised_working_set();
  void add_position_tables();
  void add_inputs();
  void add_ones();
  void add_parameters(const graph::OpNode& node);
  void add_weights(const graph::OpNode& node);
  WeightTiles table_tiles(const Blocks& rows, int columns, int stripes) const;
  WeightTiles balanced_tiles(const Blocks& rows, int columns, int stripes);
  void add_scales(const graph::OpNode& node, const std::vector<float>& scales);
  void add_token_scales(const std::vector<float>& scales);
  void add_caches();
  TensorId add_constant(std::string name, Role role, int width, std::int64_t rows, int lanes,
                        std::vector<std::uint8_t> bytes);
  TensorId scratch(const char* name, Role role, int width, std::int64_t rows);

  const graph::Graph& graph_;
  const graph::Model& model_;
  ops::Precision precision_;
  MemoryPlan plan_;
  std::int64_t lanes_;
  int lanes_per_superlane_;
  std::int64_t head_dim_;
  HeadLayout heads_;
  std::int64_t context_;
  int next_bank_ = 0;
  Tensors tensors_;
};

}  // namespace metronome::compiler
