// SPDX-License-Identifier: Apache-2.0
// Operators as stream programs. One function an operator; the order of instructions inside a
// program is the order of the maths.
#pragma once

#include "compiler/lpu/layout.h"
#include "compiler/lpu/scheduler.h"

namespace metronome::compiler {

class Lowering {
 public:
  /// One token program whose attention covers `context` positions.
  Lowering(const graph::Graph& graph, Layout& layout, Scheduler& scheduler, std::int64_t context);

  void run();

 private:
  void embed(const graph::OpNode& node);
  void open_position();
  void rms_norm(const graph::OpNode& node);
  void matmul(const graph::OpNode& node, bool adds_residual);
  void rope(const graph::OpNode& node);
  void append(const graph::OpNode& node);
  void attention(const graph::OpNode& node);
  void score_rows(const graph::OpNode& node, int block);
  void weigh_values(const graph::OpNode& node, int block);
  void gate(const graph::OpNode& node);

  /// `sl`, here and below: the superlanes in use.
  NodeId activate(Cluster& c, NodeId gate, int sl) const;
  /// Splits an fp32 value into two fp16 rows of the activations, in both hemispheres.
  void write_split(Cluster& c, NodeId value, int block, int sl);
  TensorPlace at(TensorId id) { return layout_.plan().place(id); }
  Cluster cluster(const std::string& step) const { return {spec_, scheduler_.op(), step}; }
  TensorId vector_of(int id) const;
  const graph::OpNode& node(int id) const { return graph_.nodes[static_cast<std::size_t>(id)]; }

  const graph::Graph& graph_;
  Layout& layout_;
  const Tensors& t_;
  Scheduler& scheduler_;
  lpu::ChipSpec spec_;
  int context_;
};

}  // namespace metronome::compiler
