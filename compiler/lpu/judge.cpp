// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/judge.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/lpu/assembly.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Direction;
using lpu::Field;
using lpu::Instruction;
using lpu::OperandRole;
using lpu::StreamGroup;
using lpu::TensorKind;
using lpu::Unit;
using lpu::ValueId;

Judge::Judge(const lpu::Image& image, const lpu::Program& program)
    : image_(image),
      program_(program),
      queues_(lpu::queues(image.chip)),
      memory_(static_cast<std::size_t>(2 * image.chip.mem_slices)),
      alus_(static_cast<std::size_t>(image.chip.vxm_alus)),
      queue_free_(queues_.size(), 0),
      last_issue_(queues_.size(), -1) {
  lay_out_memory();
  find_map_reach();
}

std::optional<Conflict> Judge::verdict() {
  for (const Event& e : events()) {
    judged_ = &e;
    judge(e);
    if (conflict_) return conflict_;
  }
  judged_ = nullptr;
  check_outputs();
  check_states();
  check_end();
  return conflict_;
}

Judge::Cell& Judge::cell(lpu::QueueId queue, int address) {
  auto& slice = memory_[static_cast<std::size_t>(queue)];
  if (slice.empty()) slice.resize(static_cast<std::size_t>(image_.chip.words_per_slice()));
  return slice[static_cast<std::size_t>(address)];
}

void Judge::lay_out_memory() {
  for (std::size_t id = 0; id < image_.tensors.size(); ++id) {
    const lpu::MemoryTensor& t = image_.tensors[id];
    for (std::int64_t r = 0; r < t.rows; ++r) {
      for (int b = 0; b < t.width; ++b) {
        Cell& c = cell(lpu::mem_queue(image_.chip, t.hemisphere, t.slice(r, b)), t.address_of(r));
        if (c.tensor >= 0) {
          fail(0, fmt::format("tensors {} and {} share address {} of slice {}",
                              image_.tensors[static_cast<std::size_t>(c.tensor)].name, t.name,
                              t.address_of(r), t.slice(r, b)));
        }
        c.tensor = static_cast<int>(id);
        c.byte = b;
        c.width = t.width;
        if (t.first_value != lpu::kNoValue) {
          c.value = t.first_value + static_cast<ValueId>(r * t.value_step);
        }
      }
    }
  }
}

std::vector<Judge::Event> Judge::events() {
  std::vector<Event> all;
  for (const lpu::QueueProgram& q : program_.queues) {
    Cycle last = 0;
    for (const lpu::Issue& issue : q.issues) {
      if (issue.cycle < last) {
        fail(issue.cycle, who({issue.cycle, q.queue, &issue, 0}) +
                              " stands behind an instruction that the queue issues later");
      }
      last = issue.cycle + static_cast<Cycle>(issue.count - 1) * issue.stride;
      for (int r = 0; r < issue.count; ++r) {
        all.push_back({issue.cycle + static_cast<Cycle>(r) * issue.stride, q.queue, &issue, r});
      }
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Event& a, const Event& b) {
    return a.cycle != b.cycle ? a.cycle < b.cycle : a.queue < b.queue;
  });
  return all;
}

void Judge::fail(Cycle cycle, std::string text) {
  if (conflict_) return;
  conflict_ = Conflict{cycle, std::move(text), "", {}};
  if (judged_ == nullptr) return;
  conflict_->place = queue(*judged_).path;
  conflict_->culprits = {{judged_->queue, judged_->cycle}};
}

void Judge::fail_with(Culprit other, Cycle cycle, std::string text) {
  if (conflict_) return;
  fail(cycle, std::move(text));
  conflict_->culprits.push_back(other);
}

void Judge::fail_at(Cycle cycle, const std::string& text, std::string place, const Drive* other) {
  if (conflict_) return;
  fail(cycle, text);
  conflict_->place = std::move(place);
  if (other != nullptr) conflict_->culprits.push_back({other->by, other->issued});
}

std::string Judge::register_at(lpu::Direction d, int stream, lpu::Position x) {
  return fmt::format("stream {}{} at column {}", lpu::letter(d), stream, x);
}

std::string Judge::who(const Event& e) const {
  return fmt::format("{} at cycle {} ({} {})", queue(e).path, e.cycle + lpu::barrier_cycles(),
                     lpu::info(instruction(e).opcode).mnemonic, lpu::operand_text(instruction(e)));
}

std::string Judge::who(const Drive& d) const {
  return fmt::format("{} issued at cycle {}", queues_[static_cast<std::size_t>(d.by)].path,
                     d.issued + lpu::barrier_cycles());
}

lpu::Position Judge::position(const Event& e) const { return queue(e).position; }

int Judge::address(const Event& e) const {
  return static_cast<int>(instruction(e).get(Field::kAddress)) + e.repeat * e.issue->address_step;
}

Judge::Plane& Judge::plane(const Event& e) {
  return planes_[{static_cast<int>(queue(e).hemisphere), queue(e).index}];
}

Judge::Plane& Judge::partner(const Event& e) {
  return planes_[{static_cast<int>(queue(e).hemisphere), queue(e).index ^ 1}];
}

void Judge::judge(const Event& e) {
  bool named = e.issue->reads.size() == lpu::operands(instruction(e)).size();
  for (std::size_t k = 0; named && k < e.issue->reads.size(); ++k) {
    named = read_value(e, k) != lpu::kNoValue;
  }
  if (!named) return fail(e.cycle, who(e) + " does not name each of its operands");
  check_queue(e);
  check_widths(e);
  sample_streams(e);
  switch (lpu::info(instruction(e).opcode).unit) {
    case Unit::kMem:
      check_memory(e);
      break;
    case Unit::kVxm:
      check_alu(e);
      break;
    case Unit::kMxmWeights:
    case Unit::kMxmActivations:
      check_weights(e);
      break;
    case Unit::kMxmAccumulate:
      check_product(e);
      break;
    case Unit::kIcu:
    case Unit::kSxmShift:
    case Unit::kSxmPermute:
    case Unit::kSxmDistribute:
    case Unit::kSxmTranspose:
    case Unit::kC2c:
      break;
  }
  if (!conflict_) drive_result(e);
}

void Judge::check_queue(const Event& e) {
  Cycle& free = queue_free_[static_cast<std::size_t>(e.queue)];
  Cycle& last = last_issue_[static_cast<std::size_t>(e.queue)];
  if (e.cycle < free) {
    fail_with({e.queue, last}, e.cycle,
              fmt::format("{} while the queue is held until cycle {}", who(e),
                          free + lpu::barrier_cycles()));
  }
  last = e.cycle;
  free = e.cycle + lpu::info(instruction(e).opcode).busy_cycles;
}

void Judge::expect_stream(const Event& e, Direction d, int stream, ValueId meant, int byte,
                          int width) {
  const Cycle when = e.cycle + lpu::info(instruction(e).opcode).skew_cycles;
  const Drive* found = streams_.find(d, stream, position(e), when);
  if (found == nullptr) {
    const std::string place = register_at(d, stream, position(e));
    const Drive* made = streams_.made(meant);
    return fail_at(
        e.cycle,
        fmt::format("{} means value {} on {}, finds nothing; {}", who(e), meant, place,
                    made == nullptr ? std::string("no instruction has put it on a stream")
                                    : "it is from " + who(*made)),
        place, made);
  }
  const bool part = width != 0 && (found->byte != byte || found->width != width);
  if (found->value != meant || part) {
    const std::string place = register_at(d, stream, position(e));
    fail_at(
        e.cycle,
        fmt::format("{} means value {} byte {} on {}, finds value {} byte {} of {} from {}", who(e),
                    meant, byte, place, found->value, found->byte, found->width, who(*found)),
        place, found);
  }
}

/// One stream group arriving from both directions cannot enter one ALU (USQ).
void Judge::check_one_way(const Event& e) {
  if (lpu::info(instruction(e).opcode).unit != Unit::kVxm) return;
  const auto groups = lpu::sampled_streams(instruction(e));
  if (groups.size() == 2 && groups[0].direction != groups[1].direction &&
      groups[0].first / 4 == groups[1].first / 4) {
    fail(e.cycle, fmt::format("{} takes {} and {}: one stream group from both directions", who(e),
                              to_string(groups[0]), to_string(groups[1])));
  }
}

void Judge::sample_streams(const Event& e) {
  const Instruction& i = instruction(e);
  const lpu::OpcodeInfo& op = lpu::info(i.opcode);
  const auto all = lpu::operands(i);
  check_one_way(e);
  const bool any_byte = i.opcode == lpu::Opcode::kWrite || i.opcode == lpu::Opcode::kScatter;
  for (std::size_t k = 0; k < all.size() && !conflict_; ++k) {
    if (all[k].role != OperandRole::kStream) continue;
    const StreamGroup g = all[k].stream;
    if (op.unit == Unit::kVxm && !lpu::alu_reaches(image_.chip, queue(e).index, g)) {
      fail(e.cycle, fmt::format("{}: stream group {} is out of reach", who(e), to_string(g)));
    }
    const int row_bytes = op.format == lpu::Format::kLoadWeights
                              ? (i.opcode == lpu::Opcode::kLwF16 ? 2 : 1)
                              : g.width;
    for (int s = 0; s < g.width; ++s) {
      const ValueId meant = read_value(e, k) + static_cast<ValueId>(s / row_bytes);
      expect_stream(e, g.direction, g.first + s, meant, s % row_bytes,
                    any_byte && k == 0 ? 0 : row_bytes);
    }
  }
}

void Judge::check_alu(const Event& e) {
  const Instruction& i = instruction(e);
  Alu& alu = alus_[static_cast<std::size_t>(queue(e).index)];
  const auto all = lpu::operands(i);
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k].role == OperandRole::kAlu) {
      const Delivery& from = alus_[static_cast<std::size_t>(all[k].alu)]
                                 .results[static_cast<std::size_t>(e.cycle) % 8];
      if (!lpu::alus_chain(image_.chip, all[k].alu, queue(e).index)) {
        return fail(e.cycle, fmt::format("{}: alu_{} is out of reach", who(e), all[k].alu));
      }
      if (from.ready != e.cycle || from.value != read_value(e, k)) {
        return fail(e.cycle,
                    fmt::format("{} means value {} from vxm.alu_{}, which delivers {}", who(e),
                                read_value(e, k), all[k].alu,
                                from.ready == e.cycle ? fmt::format("value {}", from.value)
                                                      : std::string("nothing in this cycle")));
      }
    }
    if (all[k].role == OperandRole::kAccumulator && alu.accumulator != read_value(e, k)) {
      return fail(e.cycle, fmt::format("{} means value {} in its accumulator, which holds {}",
                                       who(e), read_value(e, k), alu.accumulator));
    }
  }
  const ValueId result = e.issue->write.at(e.repeat);
  const Cycle ready = e.cycle + lpu::info(i.opcode).result_cycles;
  alu.results[static_cast<std::size_t>(ready) % 8] = {ready, result};
  if (i.opcode == lpu::Opcode::kAccAddF32 || i.opcode == lpu::Opcode::kAccMaxF32 ||
      i.opcode == lpu::Opcode::kAccOr) {
    alu.accumulator = result;
  }
}

}  // namespace metronome::compiler
