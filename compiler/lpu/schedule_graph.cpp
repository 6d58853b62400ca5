// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/schedule_graph.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <utility>

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Direction;
using lpu::Field;
using lpu::Opcode;
using lpu::OperandRole;
using lpu::Position;
using lpu::Unit;

namespace {

constexpr int kNobody = -1;

bool accumulates(const lpu::Instruction& i) {
  return i.opcode == Opcode::kAccAddF32 || i.opcode == Opcode::kAccMaxF32 ||
         i.opcode == Opcode::kAccOr;
}

bool writes_memory(Opcode op) { return op == Opcode::kWrite || op == Opcode::kScatter; }

}  // namespace

bool carries_value(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::kStream:
    case ConstraintKind::kChain:
    case ConstraintKind::kAccumulator:
    case ConstraintKind::kProduct:
    case ConstraintKind::kMemory:
    case ConstraintKind::kInstall:
    case ConstraintKind::kWeights:
      return true;
    case ConstraintKind::kOverwrite:
    case ConstraintKind::kArray:
    case ConstraintKind::kBuffer:
      return false;
  }
  return false;
}

/// Walks the issues in order and keeps who last did what where.
class ScheduleGraphBuilder {
 public:
  ScheduleGraphBuilder(ScheduleGraph& graph, const lpu::Image& image)
      : g_(graph), image_(image), alus_(static_cast<std::size_t>(graph.spec_.vxm_alus)) {}

  void build() {
    list_issues();
    for (std::size_t i = 0; i < g_.issues_.size(); ++i) add_drives(static_cast<int>(i));
    // Reads of a cycle come before its writes: a write is seen from the next cycle on.
    for (std::size_t begin = 0; begin < g_.issues_.size();) {
      std::size_t end = begin;
      while (end < g_.issues_.size() && g_.issues_[end].cycle == g_.issues_[begin].cycle) ++end;
      for (std::size_t i = begin; i < end; ++i) add_operands(static_cast<int>(i));
      for (std::size_t i = begin; i < end; ++i) add_effects(static_cast<int>(i));
      begin = end;
    }
    hold_queues();
  }

 private:
  struct Alu {
    std::map<Cycle, int> results;  // by the cycle of delivery
    int accumulator = kNobody;
    int opened = kNobody;  // first issue of the accumulation that is held
  };
  /// Loads of one tile.
  struct Loads {
    int first = kNobody;
    int last = kNobody;
  };
  struct Plane {
    Loads buffer;
    Loads incoming;  // of the next tile, begun before the install of the one before
    int last_install = kNobody;
    std::vector<int> multiplies;  // since the install
    std::map<Cycle, int> products;
    std::map<std::uint32_t, int> accumulators;
  };
  struct Cell {
    int writer = kNobody;
    std::vector<int> readers;  // since the write
  };

  const lpu::QueueInfo& queue(int at) const {
    return g_.queues_[static_cast<std::size_t>(g_.issue(at).queue)];
  }
  void constrain(int before, int after, Cycle gap, ConstraintKind kind) {
    if (before != kNobody) g_.constraints_.push_back({before, after, gap, kind});
  }
  static Cycle diagonal(Direction d, Cycle t, Position x) {
    return d == Direction::kEast ? t - x : t + x;
  }
  int line(Direction d, int stream) const {
    return static_cast<int>(d) * g_.spec_.streams + stream;
  }

  void list_issues() {
    for (const lpu::QueueProgram& q : g_.program_.queues) {
      for (const lpu::Issue& issue : q.issues) {
        for (int r = 0; r < issue.count; ++r) {
          g_.issues_.push_back(
              {issue.cycle + static_cast<Cycle>(r) * issue.stride, q.queue, &issue, r});
        }
      }
    }
    std::stable_sort(g_.issues_.begin(), g_.issues_.end(),
                     [](const ScheduledIssue& a, const ScheduledIssue& b) {
                       return a.cycle != b.cycle ? a.cycle < b.cycle : a.queue < b.queue;
                     });
  }

  void add_drives(int at) {
    const lpu::Instruction& i = g_.issue(at).instruction();
    const lpu::OpcodeInfo& op = lpu::info(i.opcode);
    const auto group = lpu::driven_stream(i);
    if (!group) return;
    if (op.unit == Unit::kMxmAccumulate && (i.get(Field::kFlags) & lpu::kFlagEmit) == 0) return;
    const Position from =
        op.unit == Unit::kVxm ? g_.spec_.vxm_result_position(group->direction) : queue(at).position;
    const Cycle visible = g_.issue(at).cycle + op.latency(g_.spec_.superlanes);
    for (int b = 0; b < group->width; ++b) {
      const int on = line(group->direction, group->first + b);
      const Cycle where = diagonal(group->direction, visible, from);
      drives_[diagonal_key(on, where)].push_back(static_cast<int>(g_.registers_.size()));
      g_.registers_.push_back({on, where, from, from, at});
    }
  }

  /// The nearest drive upstream on the diagonal, its way extended to the reader.
  int take(Direction d, int stream, Position x, Cycle t) {
    const auto found = drives_.find(diagonal_key(line(d, stream), diagonal(d, t, x)));
    if (found == drives_.end()) return kNobody;
    RegisterHold* best = nullptr;
    for (const int r : found->second) {
      RegisterHold& hold = g_.registers_[static_cast<std::size_t>(r)];
      const bool upstream = d == Direction::kEast ? hold.low <= x : hold.high >= x;
      if (!upstream) continue;
      const bool nearer = best == nullptr ||
                          (d == Direction::kEast ? hold.low > best->low : hold.high < best->high);
      if (nearer) best = &hold;
    }
    if (best == nullptr) return kNobody;
    (d == Direction::kEast ? best->high : best->low) =
        d == Direction::kEast ? std::max(best->high, x) : std::min(best->low, x);
    return best->issue;
  }

  void add_operands(int at) {
    const ScheduledIssue& e = g_.issue(at);
    for (const lpu::Operand& operand : lpu::operands(e.instruction())) {
      switch (operand.role) {
        case OperandRole::kStream:
          for (int s = 0; s < operand.stream.width; ++s) {
            const int from = take(operand.stream.direction, operand.stream.first + s,
                                  queue(at).position, e.cycle);
            if (from != kNobody) constrain(from, at, e.cycle - g_.issue(from).cycle, kStream);
          }
          break;
        case OperandRole::kAlu: {
          const auto& results = alus_[static_cast<std::size_t>(operand.alu)].results;
          const auto found = results.find(e.cycle);
          if (found != results.end()) {
            constrain(found->second, at, e.cycle - g_.issue(found->second).cycle, kChain);
          }
          break;
        }
        case OperandRole::kAccumulator:
          constrain(accumulator(at), at, 1, ConstraintKind::kAccumulator);
          break;
        case OperandRole::kMemory:
          read_memory(at);
          break;
        case OperandRole::kWeights:
          if (lpu::info(e.instruction().opcode).unit == Unit::kMxmActivations) {
            after_op(plane(at).last_install, at, ConstraintKind::kWeights);
          } else {
            after_op(plane(at).buffer.last, at, ConstraintKind::kInstall);
          }
          break;
        case OperandRole::kProduct: {
          const auto found = plane(at).products.find(e.cycle);
          if (found != plane(at).products.end()) {
            after_op(found->second, at, ConstraintKind::kProduct);
          }
          break;
        }
      }
    }
  }

  /// `at` comes when the result of `before` is there.
  void after_op(int before, int at, ConstraintKind kind) {
    if (before == kNobody) return;
    constrain(before, at, lpu::info(g_.issue(before).instruction().opcode).result_cycles, kind);
  }

  int accumulator(int at) {
    const lpu::Instruction& i = g_.issue(at).instruction();
    if (queue(at).unit == Unit::kVxm) {
      return alus_[static_cast<std::size_t>(queue(at).index)].accumulator;
    }
    const auto found = plane(at).accumulators.find(i.get(Field::kSlot));
    return found == plane(at).accumulators.end() ? kNobody : found->second;
  }

  Plane& plane(int at) {
    return planes_[{static_cast<int>(queue(at).hemisphere), queue(at).index}];
  }

  /// Cells that the issue touches: its address, or the region that its map chooses from.
  template <typename Visit>
  void cells(int at, Visit visit) {
    const ScheduledIssue& e = g_.issue(at);
    const Opcode op = e.instruction().opcode;
    if (op != Opcode::kGather && op != Opcode::kScatter) {
      return visit(memory_[{e.queue, e.address()}]);
    }
    for (const lpu::MemoryTensor& t : image_.tensors) {
      if (t.hemisphere != queue(at).hemisphere || e.address() < t.address ||
          e.address() >= t.address + t.addresses() ||
          std::find(t.slices.begin(), t.slices.end(), queue(at).index) == t.slices.end()) {
        continue;
      }
      if (t.kind == lpu::TensorKind::kConstant) return;  // nobody writes there
      for (int a = t.address; a < t.address + t.addresses(); ++a) visit(memory_[{e.queue, a}]);
    }
  }

  void read_memory(int at) {
    cells(at, [&](Cell& cell) {
      constrain(cell.writer, at, lpu::info(Opcode::kWrite).result_cycles, ConstraintKind::kMemory);
      cell.readers.push_back(at);
    });
  }

  void write_memory(int at) {
    cells(at, [&](Cell& cell) {
      for (const int reader : cell.readers) constrain(reader, at, 1, ConstraintKind::kOverwrite);
      constrain(cell.writer, at, 1, ConstraintKind::kOverwrite);
      cell = {at, {}};
    });
  }

  void add_effects(int at) {
    const ScheduledIssue& e = g_.issue(at);
    const lpu::Instruction& i = e.instruction();
    const lpu::OpcodeInfo& op = lpu::info(i.opcode);
    switch (op.unit) {
      case Unit::kMem:
        if (writes_memory(i.opcode)) write_memory(at);
        break;
      case Unit::kVxm:
        if (accumulates(i)) alu(at).accumulator = at;
        alu(at).results[e.cycle + op.result_cycles] = at;
        break;
      case Unit::kMxmWeights:
        change_weights(at, op);
        break;
      case Unit::kMxmActivations:
        plane(at).multiplies.push_back(at);
        plane(at).products[e.cycle + op.result_cycles] = at;
        break;
      case Unit::kMxmAccumulate: {
        const bool sets = (i.get(Field::kFlags) & lpu::kFlagAdd) == 0;
        if (sets) constrain(accumulator(at), at, 1, ConstraintKind::kOverwrite);
        plane(at).accumulators[i.get(Field::kSlot)] = at;
        break;
      }
      case Unit::kIcu:
      case Unit::kSxmShift:
      case Unit::kSxmPermute:
      case Unit::kSxmDistribute:
      case Unit::kSxmTranspose:
      case Unit::kC2c:
        break;
    }
  }

  void change_weights(int at, const lpu::OpcodeInfo& op) {
    Plane& p = plane(at);
    if (op.format == lpu::Format::kLoadWeights) return load(p, at);
    for (const int multiply : p.multiplies) {
      const lpu::OpcodeInfo& held = lpu::info(g_.issue(multiply).instruction().opcode);
      constrain(multiply, at, held.busy_cycles, ConstraintKind::kArray);
    }
    p.multiplies.clear();
    after_op(p.last_install, at, ConstraintKind::kArray);
    p.last_install = at;
    p.buffer = std::exchange(p.incoming, {});
    empties_buffer(at, p.buffer.first);
  }

  void load(Plane& p, int at) {
    const ScheduledIssue& e = g_.issue(at);
    const int rows =
        e.instruction().opcode == Opcode::kLwF16 ? lpu::kWeightStreams / 2 : lpu::kWeightStreams;
    const bool begins = static_cast<int>(e.instruction().get(Field::kRow)) + e.repeat * rows == 0;
    if (begins && p.buffer.first != kNobody) p.incoming = {at, at};
    if (begins && p.buffer.first == kNobody) {
      p.buffer = {at, at};
      empties_buffer(p.last_install, at);
    }
    (p.incoming.first == kNobody ? p.buffer : p.incoming).last = at;
  }

  /// A load may be on its way when the buffer is emptied, since it arrives later.
  void empties_buffer(int install, int load) {
    if (install == kNobody || load == kNobody) return;
    const lpu::OpcodeInfo& op = lpu::info(g_.issue(load).instruction().opcode);
    constrain(install, load, 1 - op.result_cycles, ConstraintKind::kBuffer);
  }

  Alu& alu(int at) { return alus_[static_cast<std::size_t>(queue(at).index)]; }

  /// An accumulation holds its ALU from its first issue to the last that takes the accumulator.
  void hold_queues() {
    std::vector<int> open(g_.queues_.size(), kNobody);  // index into queue_holds_
    for (std::size_t at = 0; at < g_.issues_.size(); ++at) {
      const ScheduledIssue& e = g_.issues_[at];
      const lpu::Instruction& i = e.instruction();
      const Cycle end = e.cycle + lpu::info(i.opcode).busy_cycles;
      int& held = open[static_cast<std::size_t>(e.queue)];
      const bool starts = accumulates(i) && (i.get(Field::kFlags) & lpu::kFlagInit) != 0;
      const bool goes_on = (accumulates(i) && !starts) || i.opcode == Opcode::kAccRead;
      if (goes_on && held != kNobody) {
        g_.queue_holds_[static_cast<std::size_t>(held)].end = end;
        continue;
      }
      if (starts) held = static_cast<int>(g_.queue_holds_.size());
      g_.queue_holds_.push_back({e.queue, e.cycle, end, static_cast<int>(at)});
    }
  }

  static constexpr ConstraintKind kStream = ConstraintKind::kStream;
  static constexpr ConstraintKind kChain = ConstraintKind::kChain;

  ScheduleGraph& g_;
  const lpu::Image& image_;
  boost::unordered_flat_map<std::uint64_t, std::vector<int>> drives_;
  std::vector<Alu> alus_;
  std::map<std::pair<int, int>, Plane> planes_;
  boost::unordered_flat_map<std::pair<lpu::QueueId, int>, Cell> memory_;
};

ScheduleGraph::ScheduleGraph(const lpu::Image& image, const lpu::Program& program)
    : spec_(image.chip), program_(program), queues_(lpu::queues(image.chip)) {
  ScheduleGraphBuilder(*this, image).build();
}

Cycle ScheduleGraph::completion(int index) const {
  const ScheduledIssue& e = issue(index);
  const lpu::OpcodeInfo& op = lpu::info(e.instruction().opcode);
  return e.cycle + std::max(op.latency(spec_.superlanes), op.busy_cycles);
}

}  // namespace metronome::compiler
