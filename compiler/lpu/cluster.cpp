// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/cluster.h"

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Direction;
using lpu::Hemisphere;
using lpu::Opcode;
using lpu::Position;

namespace {

int result_width(Opcode opcode) {
  if (opcode == Opcode::kCvtF32F16) return 2;
  if (opcode == Opcode::kCvtF32I8) return 1;
  return 4;
}

}  // namespace

bool accumulates(const Node& n) {
  return n.kind == NodeKind::kVxm && (n.opcode == Opcode::kAccAddF32 ||
                                      n.opcode == Opcode::kAccMaxF32 || n.opcode == Opcode::kAccOr);
}

int results(const Node& n) {
  const bool folded = n.kind == NodeKind::kMultiply && !n.fold.each;
  return folded || accumulates(n) ? 1 : n.count;
}

int Cluster::latency(const Node& n) const {
  if (n.kind == NodeKind::kMultiply) {
    return lpu::info(n.opcode).result_cycles + lpu::info(accumulate_opcode(n)).result_cycles;
  }
  return lpu::info(n.opcode).latency(spec_.superlanes);
}

Position Cluster::result_position(const Node& n, Direction d) const {
  const bool vxm = n.kind == NodeKind::kVxm || n.kind == NodeKind::kAccumulatorRead;
  return vxm ? spec_.vxm_result_position(d) : n.position;
}

Direction Cluster::direction(const Node& producer, const Node& user) const {
  if (producer.position != user.position) {
    return user.position > producer.position ? Direction::kEast : Direction::kWest;
  }
  // Within one column either direction serves; edge units look inward.
  return user.position > spec_.vxm_position() ? Direction::kEast : Direction::kWest;
}

Cycle Cluster::arrival(NodeId producer, const Node& user) const {
  const Node& p = node(producer);
  // A user with as many issues pairs with them one by one; one with fewer takes the last.
  const Cycle first = p.time + (p.count > user.count ? (p.count - 1) * p.stride : 0);
  if (chained(p, user)) return first + latency(p);
  const Direction d = direction(p, user);
  return first + latency(p) + std::abs(user.position - result_position(p, d));
}

void Cluster::merge(int from, int into, Cycle shift) {
  for (Node& n : nodes_) {
    if (n.group != from) continue;
    n.group = into;
    n.time += shift;
  }
}

/// Sets the user's time to the common arrival of its inputs: independent sources are moved against
/// each other; a value that waits inside the VXM goes through Pass.
void Cluster::align(Node& user) {
  user.group = node(user.inputs[0]).group;
  Cycle when = arrival(user.inputs[0], user);
  for (std::size_t i = 1; i < user.inputs.size(); ++i) {
    const Cycle other = arrival(user.inputs[i], user);
    if (node(user.inputs[i]).group != user.group) {
      merge(node(user.inputs[i]).group, user.group, when - other);
      continue;
    }
    if (other == when) continue;
    const std::size_t early = other < when ? i : 0;
    const Cycle late_by = std::abs(other - when);
    const int step = lpu::info(Opcode::kPass).result_cycles;
    check(chained(node(user.inputs[early]), user) && late_by % step == 0 && (early == i || i == 1),
          name_, when, "stream program cannot align its operands");
    for (Cycle waited = 0; waited < late_by; waited += step) {
      user.inputs[early] =
          unary(Opcode::kPass, user.inputs[early], node(user.inputs[early]).superlanes);
    }
    when = std::max(when, other);
  }
  user.time = when;
}

NodeId Cluster::add(Node n) {
  if (n.inputs.empty()) {
    n.group = groups_++;
  } else {
    align(n);
  }
  nodes_.push_back(std::move(n));
  return static_cast<NodeId>(nodes_.size()) - 1;
}

/// A node of the slices that hold `tensor`.
Node Cluster::memory_node(NodeKind kind, Opcode opcode, TensorId tensor, const TensorPlace& place,
                          std::int64_t row) const {
  Node n;
  n.kind = kind;
  n.opcode = opcode;
  n.position = spec_.slice_position(place.hemisphere, place.first_slice);
  n.width = place.width;
  n.superlanes = place.superlanes;
  n.tensor = tensor;
  n.row = row;
  n.hemisphere = place.hemisphere;
  return n;
}

NodeId Cluster::read(TensorId tensor, const TensorPlace& place, std::int64_t row, int count,
                     int stride, std::int64_t row_step) {
  Node n = memory_node(NodeKind::kRead, Opcode::kRead, tensor, place, row);
  n.count = count;
  n.stride = stride;
  n.row_step = row_step;
  return add(std::move(n));
}

NodeId Cluster::gather(TensorId tensor, const TensorPlace& place, std::int64_t row, NodeId map) {
  Node n = memory_node(NodeKind::kGather, Opcode::kGather, tensor, place, row);
  n.inputs = {map};
  return add(std::move(n));
}

NodeId Cluster::unary(Opcode opcode, NodeId a, int superlanes) {
  Node n;
  n.kind = NodeKind::kVxm;
  n.opcode = opcode;
  n.inputs = {a};
  n.count = results(node(a));
  n.stride = node(a).stride;
  n.position = spec_.vxm_position();
  n.width = result_width(opcode);
  n.superlanes = superlanes;
  return add(std::move(n));
}

NodeId Cluster::binary(Opcode opcode, NodeId a, NodeId b, int superlanes) {
  Node n;
  n.kind = NodeKind::kVxm;
  n.opcode = opcode;
  n.inputs = {a, b};
  n.count = std::min(results(node(a)), results(node(b)));
  n.stride = node(a).count == n.count ? node(a).stride : node(b).stride;
  n.position = spec_.vxm_position();
  n.superlanes = superlanes;
  return add(std::move(n));
}

NodeId Cluster::binary(Opcode opcode, NodeId a, float immediate, int superlanes) {
  const NodeId id = unary(opcode, a, superlanes);
  nodes_[static_cast<std::size_t>(id)].immediate = immediate;
  return id;
}

NodeId Cluster::accumulate(Opcode opcode, NodeId a, int superlanes) {
  return unary(opcode, a, superlanes);
}

NodeId Cluster::accumulator(NodeId accumulated, int count, int superlanes, int stride, int delay) {
  const Node& p = node(accumulated);
  Node n;
  n.kind = NodeKind::kAccumulatorRead;
  n.opcode = Opcode::kAccRead;
  n.inputs = {accumulated};
  n.count = count;
  n.stride = stride;
  n.position = spec_.vxm_position();
  n.superlanes = superlanes;
  n.group = p.group;
  n.time = p.time + static_cast<Cycle>(p.count - 1) * p.stride + 1 + delay;
  nodes_.push_back(std::move(n));
  return static_cast<NodeId>(nodes_.size()) - 1;
}

/// A node of a unit at the edge column, with one input.
Node Cluster::edge_node(NodeKind kind, Opcode opcode, Hemisphere h, NodeId a) const {
  Node n;
  n.kind = kind;
  n.opcode = opcode;
  n.inputs = {a};
  n.count = node(a).count;
  n.stride = node(a).stride;
  n.position = spec_.edge_position(h);
  n.superlanes = node(a).superlanes;
  n.hemisphere = h;
  return n;
}

NodeId Cluster::multiply(Hemisphere h, NodeId activations, int superlanes, Fold fold, int slot) {
  const Opcode opcode =
      node(activations).width == 1 ? Opcode::kAbcI8 : half_activation_opcode(superlanes);
  Node n = edge_node(NodeKind::kMultiply, opcode, h, activations);
  n.superlanes = superlanes;
  n.fold = fold;
  n.slot = slot;
  return add(std::move(n));
}

NodeId Cluster::distribute(Hemisphere h, NodeId a, std::vector<std::array<std::uint8_t, 16>> maps) {
  Node n = edge_node(NodeKind::kDistribute, Opcode::kDistribute, h, a);
  n.count = static_cast<int>(maps.size());
  n.maps = std::move(maps);
  return add(std::move(n));
}

NodeId Cluster::shift(Hemisphere h, Opcode opcode, NodeId a, std::vector<int> amounts) {
  Node n = edge_node(NodeKind::kShift, opcode, h, a);
  n.count = static_cast<int>(amounts.size());
  n.amounts = std::move(amounts);
  return add(std::move(n));
}

void Cluster::write(TensorId tensor, const TensorPlace& place, std::int64_t row, NodeId value,
                    std::int64_t row_step) {
  const Node& p = node(value);
  check(p.width == place.width, name_, 0, "writes a value of another width");
  Node n = memory_node(NodeKind::kWrite, Opcode::kWrite, tensor, place, row);
  n.inputs = {value};
  n.count = results(p);
  n.stride = p.stride;
  n.row_step = row_step;
  add(std::move(n));
}

void Cluster::scatter(TensorId tensor, const TensorPlace& place, std::int64_t row, NodeId value,
                      NodeId map) {
  check(node(value).width == place.width, name_, 0, "scatters a value of another width");
  Node n = memory_node(NodeKind::kScatter, Opcode::kScatter, tensor, place, row);
  n.inputs = {value, map};
  add(std::move(n));
}

void Cluster::settle() {
  Cycle first = nodes_.front().time;
  for (const Node& n : nodes_) {
    check(n.group == nodes_.front().group, name_, 0,
          "stream program falls into parts without a common time");
    first = std::min(first, n.time);
  }
  for (Node& n : nodes_) n.time -= first;
}

}  // namespace metronome::compiler
