// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/placer.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/error.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Hemisphere;
using lpu::Opcode;
using lpu::QueueId;
using lpu::TensorKind;
using lpu::Unit;

namespace {

constexpr int kMaxSearchSteps = 3000;

/// Issues of a node whose result enters a stream.
int first_driving_issue(const Node& n) { return n.count - results(n); }

}  // namespace

Placer::Placer(const lpu::ChipSpec& spec, const std::vector<lpu::MemoryTensor>& tensors,
               lpu::ValueId first_value)
    : spec_(spec), tensors_(tensors), reservations_(spec), next_value_(first_value) {
  for (auto& side : planes_) side.resize(static_cast<std::size_t>(spec.mxm_planes));
  for (const lpu::MemoryTensor& t : tensors) {
    auto& rows = rows_.emplace_back();
    if (t.kind == TensorKind::kConstant) continue;
    // A state tensor is written at a place that depends on data: one region, one state.
    rows.resize(t.kind == TensorKind::kState ? 1 : static_cast<std::size_t>(t.rows));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (t.first_value != lpu::kNoValue) {
        rows[r].value =
            t.first_value + static_cast<lpu::ValueId>(r) * static_cast<lpu::ValueId>(t.value_step);
      }
    }
  }
}

Placer::RowState& Placer::row_state(TensorId tensor, std::int64_t row) {
  auto& rows = rows_[static_cast<std::size_t>(tensor)];
  return rows[rows.size() == 1 ? 0 : static_cast<std::size_t>(row)];
}

std::vector<lpu::ValueId> Placer::row_values(TensorId tensor) const {
  std::vector<lpu::ValueId> values;
  for (const RowState& row : rows_[static_cast<std::size_t>(tensor)]) values.push_back(row.value);
  return values;
}

Cycle Placer::earliest(const Cluster& c) {
  Cycle start = not_before_;
  for (const Node& n : c.nodes()) {
    if (n.kind == NodeKind::kMultiply) {
      start = std::max(start, used_plane(n.hemisphere).array_ready - n.time);
    }
    if (n.tensor < 0 ||
        tensors_[static_cast<std::size_t>(n.tensor)].kind == TensorKind::kConstant) {
      continue;
    }
    const bool writes = n.kind == NodeKind::kWrite || n.kind == NodeKind::kScatter;
    for (int i = 0; i < n.count; ++i) {
      const RowState& state = row_state(n.tensor, n.row + i * n.row_step);
      const Cycle bound = writes ? std::max(state.last_use + 1, state.ready) : state.ready;
      start = std::max(start, bound - n.time - static_cast<Cycle>(i) * n.stride);
    }
  }
  return start;
}

/// Which results travel on streams, in which direction, how far.
void Placer::plan_drives(const Cluster& c) {
  choices_.assign(c.nodes().size(), {});
  for (const Node& user : c.nodes()) {
    for (NodeId input : user.inputs) {
      const Node& p = c.node(input);
      if (user.kind == NodeKind::kAccumulatorRead || Cluster::chained(p, user)) continue;
      Choice& choice = choices_[static_cast<std::size_t>(input)];
      const lpu::Direction d = c.direction(p, user);
      if (!choice.drives) {
        choice.drives = true;
        choice.direction = d;
        choice.reach = user.position;
      }
      check(choice.direction == d, c.name(), 0, "one result is wanted in both directions");
      const bool farther =
          d == lpu::Direction::kEast ? user.position > choice.reach : user.position < choice.reach;
      if (farther) choice.reach = user.position;
    }
  }
}

std::vector<QueueId> Placer::fixed_queues(const Node& n) const {
  std::vector<QueueId> ids;
  switch (n.kind) {
    case NodeKind::kRead:
    case NodeKind::kGather:
    case NodeKind::kWrite:
    case NodeKind::kScatter:
      for (int b = 0; b < n.width; ++b) {
        const auto& t = tensors_[static_cast<std::size_t>(n.tensor)];
        ids.push_back(lpu::mem_queue(spec_, t.hemisphere, t.slice(n.row, b)));
      }
      break;
    case NodeKind::kMultiply:
      ids.push_back(mxm(n, Unit::kMxmActivations));
      break;
    case NodeKind::kDistribute:
      ids.push_back(lpu::sxm_queue(spec_, n.hemisphere, Unit::kSxmDistribute, 0));
      break;
    case NodeKind::kShift:
      ids.push_back(lpu::sxm_queue(spec_, n.hemisphere, Unit::kSxmShift, 0));
      break;
    case NodeKind::kVxm:
    case NodeKind::kAccumulatorRead:
      break;
  }
  return ids;
}

bool Placer::hold_train(QueueId queue, Cycle first, int count, int stride) {
  const Train train{queue, first, count, stride};
  if (!reservations_.hold(train)) return false;
  held_queues_.push_back(train);
  return true;
}

void Placer::undo_to(std::size_t queue_mark, std::size_t segment_mark) {
  for (; held_queues_.size() > queue_mark; held_queues_.pop_back()) {
    reservations_.release(held_queues_.back());
  }
  for (; held_segments_.size() > segment_mark; held_segments_.pop_back()) {
    reservations_.release_segment(held_segments_.back());
  }
}

bool Placer::hold_fixed(const Cluster& c, Cycle start) {
  for (const Node& n : c.nodes()) {
    for (QueueId queue : fixed_queues(n)) {
      if (!hold_train(queue, start + n.time, n.count, n.stride)) return false;
    }
    if (n.kind != NodeKind::kMultiply) continue;
    const lpu::OpcodeInfo& op = lpu::info(n.opcode);
    check(n.count == 1 || n.stride >= op.busy_cycles, c.name(), start, "multiplies too close");
    if (op.busy_cycles > 1 &&
        !hold_train(mxm(n, Unit::kMxmActivations), start + n.time + 1, n.count, n.stride)) {
      return false;
    }
    if (!hold_train(mxm(n, Unit::kMxmAccumulate), start + n.time + op.result_cycles, n.count,
                    n.stride)) {
      return false;
    }
  }
  return true;
}

bool Placer::alu_suits(const Cluster& c, std::size_t at, int alu) const {
  const Node& n = c.nodes()[at];
  lpu::StreamGroup seen{};
  bool any = false;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) {
    const Node& p = c.node(n.inputs[i]);
    if (Cluster::chained(p, n)) {
      if (!lpu::alus_chain(spec_, choices_[static_cast<std::size_t>(n.inputs[i])].alu, alu)) {
        return false;
      }
      continue;
    }
    const lpu::StreamGroup group = input_group(c, n, i);
    if (!lpu::alu_reaches(spec_, alu, group)) return false;
    // One group arriving from both directions cannot enter one ALU (USQ).
    if (any && seen.direction != group.direction && seen.first / 4 == group.first / 4) return false;
    seen = group;
    any = true;
  }
  return true;
}

bool Placer::hold_stream(const Cluster& c, std::size_t at, Cycle start, int stream) {
  const Node& n = c.nodes()[at];
  const Choice& choice = choices_[at];
  for (int i = first_driving_issue(n); i < n.count; ++i) {
    for (int b = 0; b < n.width; ++b) {
      const Segment s{choice.direction, stream + b, c.result_position(n, choice.direction),
                      choice.reach, n.issued_at(start, i) + c.latency(n)};
      if (!reservations_.segment_free(s)) return false;
      reservations_.hold_segment(s);
      held_segments_.push_back(s);
    }
  }
  return true;
}

bool Placer::assign_stream(const Cluster& c, std::size_t at, Cycle start) {
  Choice& choice = choices_[at];
  if (!choice.drives) return assign(c, at + 1, start);
  const Node& n = c.nodes()[at];
  const std::size_t queue_mark = held_queues_.size();
  const std::size_t segment_mark = held_segments_.size();
  for (int stream = spec_.streams - n.width; stream >= 0; stream -= n.width) {
    const lpu::StreamGroup group{choice.direction, static_cast<std::uint8_t>(stream),
                                 static_cast<std::uint8_t>(n.width)};
    if (choice.alu >= 0 && !lpu::alu_reaches(spec_, choice.alu, group)) continue;
    if (++search_steps_ > kMaxSearchSteps) return false;
    if (hold_stream(c, at, start, stream)) {
      choice.stream = stream;
      if (assign(c, at + 1, start)) return true;
    }
    undo_to(queue_mark, segment_mark);
  }
  return false;
}

bool Placer::assign(const Cluster& c, std::size_t at, Cycle start) {
  if (at == c.nodes().size()) return true;
  const Node& n = c.nodes()[at];
  Choice& choice = choices_[at];
  const std::size_t queue_mark = held_queues_.size();
  const std::size_t segment_mark = held_segments_.size();
  if (n.kind == NodeKind::kAccumulatorRead) {
    choice.alu = choices_[static_cast<std::size_t>(n.inputs[0])].alu;
    // Held throughout, as the accumulation: the accumulator is in use until its last emission.
    const Cycle from = c.last_issue(n.inputs[0]) + 1;
    const auto held = static_cast<int>(c.last_issue(static_cast<NodeId>(at)) + 1 - from);
    if (hold_train(lpu::vxm_queue(spec_, choice.alu), start + from, held, 1) &&
        assign_stream(c, at, start)) {
      return true;
    }
    undo_to(queue_mark, segment_mark);
    return false;
  }
  if (n.kind != NodeKind::kVxm) return assign_stream(c, at, start);
  for (int alu = 0; alu < spec_.vxm_alus; ++alu) {
    if (++search_steps_ > kMaxSearchSteps) return false;
    if (!alu_suits(c, at, alu)) continue;
    choice.alu = alu;
    // An accumulation keeps its ALU throughout, or another would overwrite the accumulator.
    const bool whole = accumulates(n);
    const int count = whole ? (n.count - 1) * n.stride + 1 : n.count;
    if (hold_train(lpu::vxm_queue(spec_, alu), start + n.time, count, whole ? 1 : n.stride) &&
        assign_stream(c, at, start)) {
      return true;
    }
    undo_to(queue_mark, segment_mark);
  }
  return false;
}

bool Placer::try_at(const Cluster& c, Cycle start) {
  held_queues_.clear();
  held_segments_.clear();
  search_steps_ = 0;
  if (hold_fixed(c, start) && assign(c, 0, start)) return true;
  undo_to(0, 0);
  return false;
}

void Placer::emit(Element element) {
  element.stream_program = static_cast<std::uint32_t>(pieces_.size() - 1);
  const lpu::OpcodeInfo& op = lpu::info(element.instruction.opcode);
  const Cycle latency = std::max(op.latency(spec_.superlanes), op.busy_cycles);
  end_ = std::max(end_, element.cycle + latency);
  elements_.push_back(std::move(element));
}

/// An int8 tile goes to the plane whose buffer is free first; fp16 takes both.
void Placer::choose_planes(const Work& work) {
  for (const Hemisphere h : {Hemisphere::kWest, Hemisphere::kEast}) {
    int& chosen = chosen_[static_cast<int>(h)];
    chosen = 0;
    for (const Step& step : work.steps) {
      for (const Tile& tile : step.tiles) {
        if (tile.hemisphere != h || tensors_[static_cast<std::size_t>(tile.tensor)].width == 2) {
          continue;
        }
        for (int p = 1; p < spec_.mxm_planes; ++p) {
          if (plane(h, p).buffer_free < plane(h, chosen).buffer_free) chosen = p;
        }
      }
      if (chosen != 0) break;
    }
  }
}

void Placer::place(const Work& work) {
  op_ = work.op;
  layer_ = work.layer;
  choose_planes(work);
  for (const Step& step : work.steps) {
    for (const Tile& tile : step.tiles) load_tile(tile);
    Cluster cluster = step.cluster;
    place(cluster);
  }
}

void Placer::place(Cluster& c) {
  c.settle();
  plan_drives(c);
  const Cycle first = earliest(c);
  Cycle start = first;
  while (!try_at(c, start)) {
    ++start;
    check(start - first < kGiveUpAfter, c.name(), start, "stream program cannot be placed");
  }
  commit(c, start);
}

}  // namespace metronome::compiler
