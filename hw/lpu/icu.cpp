// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/icu.h"

#include <algorithm>

#include "hw/isa/lpu/assembly.h"
#include "hw/lpu/mxm.h"

namespace metronome::lpu {

InstructionQueue::InstructionQueue(const sc_core::sc_module_name& name, QueueId id,
                                   const ChipSpec& spec, FunctionalUnit* unit, Mxm* mxm,
                                   const Slices& slices, StreamFabric& fabric, Barrier& barrier)
    : sc_core::sc_module(name),
      id_(id),
      spec_(spec),
      unit_(unit),
      mxm_(mxm),
      slices_(slices),
      fabric_(fabric),
      barrier_(barrier),
      position_(queues(spec)[static_cast<std::size_t>(id)].position),
      powered_superlanes_(spec.superlanes) {
  SC_HAS_PROCESS(InstructionQueue);
  SC_METHOD(step);
  sensitive << barrier_.release;
  dont_initialize();
}

void InstructionQueue::park() {
  running_ = false;
  next_trigger(barrier_.release);
}

// After a failure every other queue wakes once more, parks, and so is fit for the next run.
void InstructionQueue::step() {
  const Cycle now = Barrier::now();
  const bool stopped = barrier_.failure && barrier_.failed_at < now;
  if (stopped || steps_.empty()) return park();
  try {
    if (!running_) {
      running_ = true;
      powered_superlanes_ = spec_.superlanes;
      at_ = 0;
      repeat_ = 0;
      last_issue_ = -1;
      free_at_ = now;
    } else {
      issue_due(now);
    }
    if (at_ == steps_.size()) return park();
    const Cycle when = next_cycle();
    require_free(steps_[at_], when);
    if (when == now) return step();
    if (when - now < static_cast<Cycle>(Barrier::kWheel)) {
      next_trigger(barrier_.due(when, now));
    } else {
      next_trigger(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(when - now)));
    }
  } catch (...) {
    barrier_.fail(id_, std::max(now, last_issue_));
    park();
  }
}

Cycle InstructionQueue::next_cycle() const {
  const QueueStep& next = steps_[at_];
  return barrier_.released_at + next.cycle + static_cast<Cycle>(repeat_) * next.stride;
}

/// What is due in this cycle, and the reads that follow it, as far as the fabric keeps values: a
/// slice is written by its own queue alone, so what they will find is there already. Whoever
/// watches sees each in its cycle.
void InstructionQueue::issue_due(Cycle now) {
  const StepKind kind = steps_[at_].kind;
  if (kind == StepKind::kLoads) return issue_loads(steps_[at_], now);
  if (kind == StepKind::kPlain || barrier_.observer != nullptr || unit_ == nullptr) {
    issue(steps_[at_], now);
    return pass_on(1);
  }
  const Cycle limit = now + kRunAheadCycles;
  for (Cycle when = now; when <= limit; when = next_cycle()) {
    const QueueStep& current = steps_[at_];
    if (current.kind != StepKind::kReads) return;
    require_free(current, when);
    issue_reads(current, when, limit);
    if (at_ == steps_.size()) return;
  }
}

void InstructionQueue::pass_on(int issues) {
  repeat_ += issues;
  if (repeat_ < steps_[at_].count) return;
  repeat_ = 0;
  ++at_;
  fetch_ahead();
}

/// Brings what the next turns will look at into the host's caches: other queues come between.
void InstructionQueue::fetch_ahead() const {
  constexpr std::size_t kStepsAhead = 2;
  if (at_ + kStepsAhead < steps_.size()) __builtin_prefetch(&steps_[at_ + kStepsAhead]);
  if (at_ < steps_.size()) __builtin_prefetch(steps_[at_].issue);
}

/// What is left of a train of reads, up to `limit`.
void InstructionQueue::issue_reads(const QueueStep& current, Cycle now, Cycle limit) {
  const auto ahead = static_cast<int>((limit - now) / current.stride) + 1;
  const IssueTrain train{now, std::min(current.count - repeat_, ahead), current.stride,
                         current.address + repeat_ * current.address_step, current.address_step};
  hold(info(Opcode::kRead), train);
  unit_->dispatch_train(current.issue->instruction, train, id_);
  pass_on(train.count);
}

/// A load and its repeats: the rows stay where they lie, so all may be taken at once.
void InstructionQueue::issue_loads(const QueueStep& current, Cycle now) {
  IssueTrain train{now, current.count, current.stride, 0, 0};
  const Instruction& i = current.issue->instruction;
  hold(info(i.opcode), train);
  const LoadSource& source = prepared_->sources[static_cast<std::size_t>(current.address)];
  Row* rows = mxm_->begin_loads(i, train, id_);
  train.address_step = source.address_step;
  for (std::size_t s = 0; s < source.slice.size(); ++s) {
    train.address = source.address[s];
    slices_[static_cast<std::size_t>(source.slice[s])]->rows_to_read(
        train, source.slice[s], rows + s, std::ssize(source.slice));
  }
  pass_on(train.count);
}

void InstructionQueue::hold(const OpcodeInfo& op, const IssueTrain& train) {
  hold(op, train.first);
  issued_ += train.count;
  if (train.count == 1) return;
  busy_cycles_ += (train.count - 2) * op.busy_cycles;
  hold(op, train.last());
}

/// The instruction holds the queue from `now` on.
void InstructionQueue::hold(const OpcodeInfo& op, Cycle now) {
  if (now != last_issue_) busy_cycles_ += op.busy_cycles;
  last_issue_ = now;
  free_at_ = now + op.busy_cycles;
  barrier_.last_effect =
      std::max(barrier_.last_effect, now + std::max(op.latency(spec_.superlanes), op.busy_cycles));
}

std::string InstructionQueue::path() const {
  return queues(spec_)[static_cast<std::size_t>(id_)].path;
}

// A slice may do one read and one write a cycle: its queue issues both, the slice judges the banks.
void InstructionQueue::require_free(const QueueStep& next, Cycle when) const {
  if (when >= free_at_) [[likely]]
    return;
  const OpcodeInfo& op = info(next.issue->instruction.opcode);
  const Cycle from = op.unit == Unit::kMem && last_issue_ >= 0 ? last_issue_ : free_at_;
  if (when >= from) return;
  check(false, path(), when,
        fmt::format("{} is due before its queue is free, in cycle {}", op.mnemonic, from));
}

/// Config powers superlanes down; Ifetch takes two vectors of text from a pair of streams. The text
/// itself is in the queue from the start, so what is fetched is counted, not decoded.
void InstructionQueue::control(const Instruction& i, Cycle now) {
  if (i.opcode == Opcode::kConfig) {
    powered_superlanes_ = static_cast<int>(i.get(Field::kSuperlanes));
    return;
  }
  check(i.opcode == Opcode::kIfetch && i.stream(Field::kIn).width == 2, path(), now,
        "a queue executes Config, or Ifetch from two streams");
  const StreamGroup in = i.stream(Field::kIn);
  for (int s = 0; s < in.width; ++s) {
    fabric_.sample(in.direction, in.first + s, position_, now, id_);
    fetched_bytes_ += spec_.lanes();
  }
}

void InstructionQueue::report(const QueueStep& current, const OpcodeInfo& op, Cycle now) const {
  const std::string operands =
      operand_text(current.issue->instruction, repeat_ * current.address_step);
  hw::IssueEvent event;
  event.track = static_cast<hw::TrackId>(id_);
  event.cycle = now;
  event.busy_cycles = op.busy_cycles;
  event.mnemonic = op.mnemonic;
  event.operands = operands;
  if (repeat_ + 1 < current.count) {
    event.next_cycle = now + current.stride;
  } else if (at_ + 1 < steps_.size()) {
    event.next_cycle = barrier_.released_at + steps_[at_ + 1].cycle;
  }
  const std::uint32_t part = current.issue->stream_program;
  if (part != kNoStreamProgram) {
    const StreamProgram& s = prepared_->program->stream_programs[part];
    event.purpose = {s.op, s.step, s.layer, part};
  }
  barrier_.observer->on_issue(event);
}

void InstructionQueue::issue(const QueueStep& current, Cycle now) {
  const Instruction& i = current.issue->instruction;
  const OpcodeInfo& op = info(i.opcode);
  ++issued_;
  hold(op, now);
  if (barrier_.observer != nullptr) [[unlikely]] {
    report(current, op, now);
  }
  if (op.unit == Unit::kIcu) [[unlikely]]
    return control(i, now);
  if (powered_superlanes_ < spec_.superlanes &&
      i.get(Field::kSuperlanes) > static_cast<std::uint32_t>(powered_superlanes_)) [[unlikely]] {
    check(false, path(), now,
          fmt::format("{} superlanes wanted, {} powered", i.get(Field::kSuperlanes),
                      powered_superlanes_));
  }
  if (unit_ == nullptr) [[unlikely]]
    check(false, path(), now, "no unit behind this queue");
  if (mxm_ != nullptr && op.format == Format::kLoadWeights) {
    mxm_->load_weights(i, repeat_, id_, now);
  } else {
    unit_->dispatch(i, current.address + repeat_ * current.address_step, id_, now);
  }
}

}  // namespace metronome::lpu
