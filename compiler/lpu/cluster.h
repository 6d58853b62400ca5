// SPDX-License-Identifier: Apache-2.0
// A stream program: instructions whose times are rigid relative to each other, since values move on
// whether or not anybody is ready. It starts with reads (or accumulators), ends with writes, and is
// placed in time as one piece. Building one solves its inner times; the scheduler picks the start.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "hw/isa/lpu/chip_spec.h"
#include "hw/isa/lpu/instruction.h"

namespace metronome::compiler {

using TensorId = int;
using NodeId = int;

enum class NodeKind : std::uint8_t {
  kRead,
  kGather,
  kVxm,
  kAccumulatorRead,
  kMultiply,  // ABC and its ACC
  kDistribute,
  kShift,
  kWrite,
  kScatter,
};

/// Where a tensor's rows lie, as far as stream programs need it.
struct TensorPlace {
  lpu::Hemisphere hemisphere = lpu::Hemisphere::kWest;
  int first_slice = 0;
  int width = 4;
  int superlanes = 0;
};

/// How ACC treats the products of a multiply node.
struct Fold {
  bool each = false;       // every product set and emitted on its own
  bool continues = false;  // the first product adds to what the slot holds
  bool emits = false;      // the last one is emitted
};

struct Node {
  NodeKind kind = NodeKind::kRead;
  lpu::Opcode opcode = lpu::Opcode::kNop;
  std::vector<NodeId> inputs;
  int count = 1;               // issues
  int stride = 1;              // cycles between them
  lpu::Cycle time = 0;         // of the first issue, relative within the cluster's time group
  int group = 0;               // nodes of one group have rigid relative times
  lpu::Position position = 0;  // where it samples
  int width = 4;               // bytes a lane of its result
  int superlanes = 0;
  // memory
  TensorId tensor = -1;
  std::int64_t row = 0;
  std::int64_t row_step = 1;
  // matrix, switch
  lpu::Hemisphere hemisphere = lpu::Hemisphere::kWest;
  Fold fold;
  int slot = 0;                                    // multiply: accumulator of the plane
  std::vector<std::array<std::uint8_t, 16>> maps;  // distribute: one an issue
  std::vector<int> amounts;                        // shift: one an issue
  std::optional<float> immediate;                  // operand b of a binary VXM node

  /// Cycle of one of its issues, if the cluster starts at `start`.
  lpu::Cycle issued_at(lpu::Cycle start, int issue) const {
    return start + time + static_cast<lpu::Cycle>(issue) * stride;
  }
};

/// True for outer reductions of the VXM, whose users take the last result.
bool accumulates(const Node& node);
/// Results that users of the node see: one of a fold or an accumulation, else one an issue.
int results(const Node& node);

class Cluster {
 public:
  /// `step`: what it does of its operator's work; empty if all.
  Cluster(const lpu::ChipSpec& spec, const std::string& op, std::string step)
      : spec_(spec), name_(step.empty() ? op : op + "." + step), step_(std::move(step)) {}

  /// Rows `row`, row + row_step, ... of a tensor, `count` of them, `stride` cycles apart.
  NodeId read(TensorId tensor, const TensorPlace& place, std::int64_t row, int count = 1,
              int stride = 1, std::int64_t row_step = 1);
  /// The row that the map names, counted from `row`.
  NodeId gather(TensorId tensor, const TensorPlace& place, std::int64_t row, NodeId map);
  NodeId unary(lpu::Opcode opcode, NodeId a, int superlanes);
  NodeId binary(lpu::Opcode opcode, NodeId a, NodeId b, int superlanes);
  NodeId binary(lpu::Opcode opcode, NodeId a, float immediate, int superlanes);
  /// One accumulation over all issues of `a`; users of the node take the last result.
  NodeId accumulate(lpu::Opcode opcode, NodeId a, int superlanes);
  /// The accumulator of `accumulate` emitted `count` times, `delay` cycles after its last issue at
  /// the earliest.
  NodeId accumulator(NodeId accumulated, int count, int superlanes, int stride = 1, int delay = 0);
  /// A single value held in an accumulator and emitted `count` times: one instruction an issue,
  /// where reading it again would take one a byte.
  NodeId hold(NodeId value, int count, int superlanes, int stride = 1) {
    return accumulator(accumulate(lpu::Opcode::kAccOr, value, superlanes), count, superlanes,
                       stride);
  }
  /// Activations of one byte go through an int8 plane, of two through a pair in fp16.
  NodeId multiply(lpu::Hemisphere h, NodeId activations, int superlanes, Fold fold, int slot = 0);
  NodeId distribute(lpu::Hemisphere h, NodeId a, std::vector<std::array<std::uint8_t, 16>> maps);
  NodeId shift(lpu::Hemisphere h, lpu::Opcode opcode, NodeId a, std::vector<int> amounts);
  void write(TensorId tensor, const TensorPlace& place, std::int64_t row, NodeId value,
             std::int64_t row_step = 1);
  void scatter(TensorId tensor, const TensorPlace& place, std::int64_t row, NodeId value,
               NodeId map);

  /// The form of ABC for fp16 activations of so many superlanes, and the beats that it takes.
  lpu::Opcode half_activation_opcode(int superlanes) const {
    const bool wide = superlanes * spec_.lanes_per_superlane > spec_.lanes() / 2;
    return wide ? lpu::Opcode::kAbcF16Wide : lpu::Opcode::kAbcF16;
  }
  int beats(int superlanes) const {
    return lpu::info(half_activation_opcode(superlanes)).busy_cycles;
  }

  /// Operator and step, for messages.
  const std::string& name() const { return name_; }
  const std::string& step() const { return step_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  const lpu::ChipSpec& spec() const { return spec_; }

  /// ACC's form for a multiply node.
  static lpu::Opcode accumulate_opcode(const Node& multiply) {
    return multiply.opcode == lpu::Opcode::kAbcI8 ? lpu::Opcode::kAccI32 : lpu::Opcode::kAccF32;
  }

  /// Cycle of a node's last issue, relative within its time group.
  lpu::Cycle last_issue(NodeId id) const {
    const Node& n = node(id);
    return n.time + static_cast<lpu::Cycle>(n.count - 1) * n.stride;
  }

  /// Shifts all times so that the earliest issue is at 0. All nodes must be of one group.
  void settle();

  /// Dispatch until the result is where it enters a stream (or a neighbour ALU).
  int latency(const Node& node) const;
  lpu::Position result_position(const Node& node, lpu::Direction direction) const;
  /// The direction in which `user` must receive from `producer`.
  lpu::Direction direction(const Node& producer, const Node& user) const;
  static bool chained(const Node& producer, const Node& user) {
    const auto in_vxm = [](const Node& n) {
      return n.kind == NodeKind::kVxm || n.kind == NodeKind::kAccumulatorRead;
    };
    return in_vxm(producer) && user.kind == NodeKind::kVxm;
  }

 private:
  Node memory_node(NodeKind kind, lpu::Opcode opcode, TensorId tensor, const TensorPlace& place,
                   std::int64_t row) const;
  Node edge_node(NodeKind kind, lpu::Opcode opcode, lpu::Hemisphere h, NodeId a) const;
  NodeId add(Node node);
  lpu::Cycle arrival(NodeId producer, const Node& user) const;
  void align(Node& user);
  void merge(int from, int into, lpu::Cycle shift);

  lpu::ChipSpec spec_;
  std::string name_;
  std::string step_;
  std::vector<Node> nodes_;
  int groups_ = 0;
};

}  // namespace metronome::compiler
