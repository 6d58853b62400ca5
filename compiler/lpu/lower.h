// SPDX-License-Identifier: Apache-2.0
// Operators as works: one function an operator, one file a kind of operator; the order of
// instructions inside a stream program is the order of the maths.
#pragma once

#include "compiler/lpu/layout.h"
#include "compiler/lpu/work.h"

namespace metronome::compiler {

class Lowering {
 public:
  /// One token program whose attention covers `context` positions.
  Lowering(const graph::Graph& graph, Layout& layout, std::int64_t context);

  /// All works in program order.
  std::vector<Work> run();

 private:
  std::vector<std::size_t> order() const;
  void lower(const graph::OpNode& node, const graph::OpNode* next);
  void open_position();

  void embed(const graph::OpNode& node);
  void gather_rows(const graph::OpNode& node, int block, int bank);
  void token_scale();
  void join_rows(const graph::OpNode& node, int block);

  void rms_norm(const graph::OpNode& node);
  void half_norm(const graph::OpNode& node);
  void mean_square(const graph::OpNode& node);
  void norm_scale(const graph::OpNode& node);
  std::vector<int> superlane_shifts(int first, int end) const;
  void quantise_norm(const graph::OpNode& node);
  /// Fp32 rows become the activations of a multiply; scale as the reference's `quantise`.
  void quantise(TensorId rows, int count, std::int64_t widest, TensorId weight, TensorId scale);
  /// The fold of all lanes of an accumulation over blocks, in every lane of the superlanes in use:
  /// within superlanes by distributing each lane, then over superlanes by shifts north on one side
  /// of the chip and south on the other.
  NodeId fold_lanes(Cluster& c, lpu::Opcode opcode, NodeId accumulated, int sl) const;

  void matmul(const graph::OpNode& node, bool adds_residual);
  /// A block of activations that meets a tile.
  struct Operand {
    lpu::Hemisphere hemisphere;
    int column;
    int superlanes;
    bool first;  // of its run
    bool last;
  };
  /// A row of integer sums; in W8A16 the next one holds the low halves'.
  struct PartialSum {
    TensorId tensor;
    std::int64_t row;
  };
  void multiply_run(const graph::OpNode& node, int block, const TileRun& run, bool whole,
                    bool adds_residual, std::vector<PartialSum>& sums);
  NodeId product(Cluster& c, const Operand& x, int half);
  TensorId target_of(const graph::OpNode& node) const;
  NodeId whole_sum(Cluster& c, const Operand& x, const std::vector<PartialSum>& before, int half,
                   int sl);
  NodeId rescaled(Cluster& c, const graph::OpNode& node, const Operand& x,
                  const std::vector<PartialSum>& before, int block, int sl);
  void finish_block(Cluster& c, const graph::OpNode& node, const Operand& x,
                    const std::vector<PartialSum>& before, int block, bool adds_residual);
  PartialSum keep_sum(Cluster& c, const Operand& x);

  void rope(const graph::OpNode& node);
  void append_keys(Cluster& c, const graph::OpNode& node, int block, NodeId keys, int sl);
  void append_values(Cluster& c, const graph::OpNode& node, int block, NodeId values, int sl);
  void append(Cluster& c, TensorId cache, NodeId value, int sl);
  void attention(const graph::OpNode& node);
  /// Rows of a cache, and the cycles between them.
  struct Positions {
    int first = 0;
    int count = 0;
    int stride = 1;
  };
  /// Parts of the positions whose scores are summed side by side: where a sum takes two beats, two
  /// sides of the chip keep up with the cache, which gives a row a cycle.
  int score_parts(int vector) const;
  void score_rows(const graph::OpNode& node, int vector, int part);
  /// Sets of scores lie in three places in turn, so that as many query vectors are at work.
  TensorId scores_of(int vector) const {
    return t_.scores[vector % layout_.score_sets() % kScorePlaces];
  }
  std::int64_t score_row(int vector) const {
    return std::int64_t{vector % layout_.score_sets() / kScorePlaces} * context_;
  }
  NodeId half_scores(Cluster& c, NodeId product, int sl);
  void weigh_values(const graph::OpNode& node, int vector);
  NodeId cached(Cluster& c, TensorId cache, const Positions& positions, int sl) const;

  void gate(const graph::OpNode& node);
  NodeId activate(Cluster& c, NodeId gate, int sl) const;

  /// `sl`, here and above: the superlanes in use.
  /// Splits an fp32 value into two fp16 rows of the activations, in both hemispheres.
  void write_split(Cluster& c, NodeId value, int block, int sl);
  /// Writes the low-precision form of `scaled`, in both hemispheres, to activation row 0 and on.
  void write_quantised(Cluster& c, NodeId scaled, int sl);

  TensorPlace at(TensorId id) { return layout_.plan().place(id); }
  NodeId read(Cluster& c, TensorId id, std::int64_t row, int count = 1, int stride = 1) {
    return c.read(id, at(id), row, count, stride);
  }
  void write(Cluster& c, TensorId id, std::int64_t row, NodeId value, std::int64_t row_step = 1) {
    c.write(id, at(id), row, value, row_step);
  }
  Cluster cluster(const std::string& step) const { return {spec_, op_, step}; }
  void add(Cluster cluster, std::vector<Tile> tiles = {});
  TensorId vector_of(int id) const;
  const graph::OpNode& node(int id) const { return graph_.nodes[static_cast<std::size_t>(id)]; }

  const graph::Graph& graph_;
  Layout& layout_;
  const Tensors& t_;
  lpu::ChipSpec spec_;
  int context_;
  std::string op_;
  int layer_ = -1;
  std::int64_t next_partial_ = 0;
  std::vector<Work> works_;
};

}  // namespace metronome::compiler
