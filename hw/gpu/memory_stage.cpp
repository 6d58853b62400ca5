// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/memory_stage.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "hw/gpu/sm.h"
#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

enum EventKind : std::uint32_t { kArrive, kServe, kWriteBack, kOperandsRead };

constexpr int kWordBytes = 4;
constexpr int kCopyBytes = 16;  // LDGSTS, a lane
/// Of a load's latency, what a 32-bit load spends on the way back to the registers.
constexpr Cycle kShortReturnCycles = 2;

bool is_shared(Opcode opcode) {
  return opcode == Opcode::kLds || opcode == Opcode::kSts || opcode == Opcode::kLdsm ||
         opcode == Opcode::kLdsRemote;
}
bool is_shuffle(Opcode opcode) { return opcode == Opcode::kShfl || opcode == Opcode::kShflIdx; }
bool is_global(Opcode opcode) {
  return opcode == Opcode::kLdg || opcode == Opcode::kStg || opcode == Opcode::kAtomAdd ||
         opcode == Opcode::kLdgsts;
}
/// Its value is taken at the L2, not at issue.
bool is_late(const Instruction& i) {
  return i.opcode == Opcode::kAtomAdd || (i.opcode == Opcode::kLdg && i.cache == CacheUse::kStrong);
}

StallReason reason_of(const Instruction& i) {
  if (i.opcode == Opcode::kLdgsts) return StallReason::kCopy;
  return is_global(i.opcode) ? StallReason::kGlobalMemory : StallReason::kSharedMemory;
}

int lane_bytes(const Instruction& i) {
  if (i.opcode == Opcode::kLdgsts || i.opcode == Opcode::kLdsm) return kCopyBytes;
  return i.width * kWordBytes;
}

}  // namespace

MemoryStage::MemoryStage(Sm& sm, const GpuSpec& spec, Timeline& timeline, ByteMemory& global,
                         LatencyHistogram& latencies, Watch& watch)
    : sm_(sm),
      spec_(spec),
      timeline_(timeline),
      global_(global),
      latencies_(latencies),
      watch_(watch),
      track_(watch.track(sm.path() + ".memory_stage")),
      front_cycles_(spec.lsu_entry_cycles + spec.address_cycles),
      l1_(*this, sm.index(), spec, watch, watch.track(sm.path() + ".l1")),
      bulk_(sm, spec, timeline, l1_, global) {}

void MemoryStage::reset(const Conditions& conditions, Cycle now) {
  check(idle(), sm_.path(), now, "reset with memory instructions in flight");
  ideal_ = !conditions.on(Mechanism::kMemory);
  queue_limit_ = conditions.on(Mechanism::kLsuQueue);
  conflicts_ = conditions.on(Mechanism::kBankConflicts);
  limits_ = conditions.on(Mechanism::kMshrLimits);
  stage_free_ = now;
  blocked_ = serve_due_ = false;
  address_free_.fill(now);
  return_free_.fill(now);
  counts_ = {};
  l1_.reset(conditions);
  bulk_.reset(now);
}

int MemoryStage::new_operation() {
  ++operations_in_use_;
  if (free_.empty()) {
    operations_.emplace_back();
    return static_cast<int>(operations_.size()) - 1;
  }
  const int id = free_.back();
  free_.pop_back();
  return id;
}

void MemoryStage::free_operation(int id) {
  --operations_in_use_;
  free_.push_back(id);
  sm_.drop_operation(*operation(id).warp, timeline_.now());
}

bool MemoryStage::has_room(const SubCore& sub_core) const {
  return !queue_limit_ || ideal_ || sub_core.memory_queue < spec_.lsu_queue_entries;
}

void MemoryStage::find_addresses(Operation& op, LaneMask active) const {
  const Instruction& i = op.d->instruction;
  const WarpValues& w = op.warp->values;
  op.lines.count = 0;
  op.passes = 1;
  if (is_shuffle(i.opcode)) return;
  const LaneAddresses addresses = lane_addresses(i, w, active, lane_bytes(i));
  for (LaneMask left = active; left != 0; left &= left - 1) {
    const Address at = addresses.at[static_cast<std::size_t>(std::countr_zero(left))];
    check(at % static_cast<Address>(addresses.bytes) == 0, sm_.path(), timeline_.now(),
          fmt::format("warp {} of {}, instruction {}: address {:#x} is not a multiple of {}",
                      op.warp->index, op.warp->kernel->kernel->name, op.warp->pc - 1, at,
                      addresses.bytes));
    if (addresses.consecutive) break;
  }
  if (is_shared(i.opcode)) {
    op.shared = addresses;
    op.passes = shared_passes(op.shared, spec_.shared_banks, conflicts_);
    return;
  }
  op.global = addresses;
  op.lines = coalesce(op.global, spec_.line_bytes);
  const std::int64_t bytes = std::int64_t{kWarpLanes} * addresses.bytes;
  op.passes = std::max(op.lines.count, static_cast<int>((bytes + spec_.l1_bytes_per_cycle - 1) /
                                                        spec_.l1_bytes_per_cycle));
  if (i.opcode == Opcode::kLdgsts) {
    Instruction target = i;
    target.a = i.b;
    target.has_base = false;
    target.offset = 0;
    op.shared = lane_addresses(target, w, active, kCopyBytes);
  }
}

ByteMemory& MemoryStage::shared_of(const Operation& op) const {
  return sm_.shared_memory(op.warp->cta);
}

void MemoryStage::perform_at_issue(Operation& op, Cycle now) {
  const Instruction& i = op.d->instruction;
  WarpValues& w = op.warp->values;
  if (i.opcode == Opcode::kLdg) return load_lanes(i, w, op.global, op.global.active, global_);
  if (i.opcode == Opcode::kStg) return store_lanes(i, w, op.global, global_);
  if (is_shuffle(i.opcode)) return execute(i, w, active_lanes(i, w), now);
  ByteMemory& shared =
      i.opcode == Opcode::kLdsRemote ? sm_.remote_memory(*op.warp, i) : shared_of(op);
  if (i.opcode == Opcode::kSts) return store_lanes(i, w, op.shared, shared);
  if (i.opcode == Opcode::kLdsm) return load_matrices(i, w, op.shared, shared);
  load_lanes(i, w, op.shared, op.shared.active, shared);
}

void MemoryStage::raise_counters(const Operation& op, Cycle now) {
  const Control& c = op.d->instruction.control;
  SubCore::raise(*op.warp, c.write_counter, reason_of(op.d->instruction), now);
  SubCore::raise(*op.warp, c.read_counter, StallReason::kSharedMemory, now);
}

void MemoryStage::issue(SubCore& from, Warp& warp, const DecodedInstruction& d, LaneMask active,
                        Cycle now) {
  const Instruction& i = d.instruction;
  ++counts_.instructions;
  if (i.opcode == Opcode::kFence) {
    warp.ready_at = std::max(warp.ready_at, now + spec_.fence_cycles);
    warp.ready_reason = StallReason::kFence;
    return;
  }
  const int id = new_operation();
  Operation& op = operation(id);
  op.sub_core = &from;
  op.warp = &warp;
  ++warp.operations;
  op.d = &d;
  op.issued = now;
  op.next_line = op.remaining = 0;
  op.started = false;
  if (i.opcode == Opcode::kBulkCopy) {
    issue_bulk(op, now);
    return free_operation(id);
  }
  find_addresses(op, active);
  if (ideal_) {
    issue_ideal(op, now);
    return free_operation(id);
  }
  if (i.opcode == Opcode::kLdgsts) {
    op.copy_group = warp.copy_groups_done + static_cast<std::int64_t>(warp.copy_groups.size());
    ++warp.copies_open;
  } else if (i.opcode == Opcode::kAtomAdd) {
    op.addends = addends(i, warp.values);
  } else if (!is_late(i)) {
    perform_at_issue(op, now);
  }
  for (int r = d.operands.written.first; r < d.operands.written.first + d.operands.written.count;
       ++r) {
    warp.register_ready[static_cast<std::size_t>(r)] = kNever;
  }
  raise_counters(op, now);
  if (i.opcode == Opcode::kStg) warp.stores += op.lines.count;
  ++from.memory_queue;
  Cycle& free = address_free_[static_cast<std::size_t>(from.index())];
  free = std::max(free, now + spec_.lsu_entry_cycles) + spec_.address_cycles;
  timeline_.schedule(free, *this, kArrive, static_cast<std::uint32_t>(id));
}

/// Ideal memory: every value is there at once, nothing waits, nothing is counted as traffic.
void MemoryStage::issue_ideal(Operation& op, Cycle now) {
  const Instruction& i = op.d->instruction;
  WarpValues& w = op.warp->values;
  if (i.opcode == Opcode::kLdgsts) {
    copy_lanes(op.global, global_, op.shared, shared_of(op));
  } else if (i.opcode == Opcode::kAtomAdd) {
    add_lanes(i, w, addends(i, w), op.global, op.global.active, global_);
    sm_.progress(now);
  } else {
    perform_at_issue(op, now);
  }
}

void MemoryStage::issue_bulk(Operation& op, Cycle now) {
  const Instruction& i = op.d->instruction;
  const LaneMask active = active_lanes(i, op.warp->values);
  if (active == 0) return;
  const auto lane = static_cast<std::size_t>(std::countr_zero(active));
  const LaneAddresses from = lane_addresses(i, op.warp->values, active, kCopyBytes);
  const Address to = i.b == kZeroRegister ? 0 : op.warp->values.registers[i.b][lane];
  bulk_.start({op.warp->cta, from.at[lane], to, std::int64_t{i.count} * kCopyBytes, i.counter},
              now);
}

void MemoryStage::on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t /*b*/, Cycle now) {
  const int id = static_cast<int>(a);
  switch (static_cast<EventKind>(kind)) {
    case kArrive:
      queue_.push_back(id);
      return serve(now);
    case kServe:
      serve_due_ = false;
      return serve(now);
    case kWriteBack:
      return write_back(id, now);
    case kOperandsRead:
      return;
  }
}

/// The stage takes what has come, in order, one instruction in its passes.
void MemoryStage::serve(Cycle now) {
  if (blocked_) return;
  while (!queue_.empty() && stage_free_ <= now) {
    const int id = queue_.front();
    if (!accept(id, now)) {
      blocked_ = true;
      return;
    }
    queue_.pop_front();
  }
  if (!queue_.empty() && !serve_due_) {
    serve_due_ = true;
    timeline_.schedule(stage_free_, *this, kServe);
  }
}

void MemoryStage::on_room(Cycle now) {
  if (blocked_) {
    blocked_ = false;
    serve(now);
  }
  bulk_.on_room(now);
}

/// First look at an instruction: its slot in the queue is free, its operands have been read.
bool MemoryStage::start(int id, Cycle now) {
  Operation& op = operation(id);
  const Instruction& i = op.d->instruction;
  const bool waits = is_global(i.opcode) && i.opcode != Opcode::kStg;
  if (waits) {
    if (limits_ && pending_ >= spec_.pending_requests) return false;
    ++pending_;
  }
  op.started = true;
  --op.sub_core->memory_queue;
  op.sub_core->release_operands(*op.warp, i.control.read_counter, now + 1);
  stage_free_ = now + std::max<Cycle>(spec_.shared_stage_cycles, op.passes);
  return true;
}

bool MemoryStage::accept(int id, Cycle now) {
  Operation& op = operation(id);
  if (!op.started && !start(id, now)) return false;
  const Instruction& i = op.d->instruction;
  if (is_global(i.opcode)) return ask_for_lines(id, now);
  if (is_shuffle(i.opcode)) {
    finish(id, now + spec_.shuffle_cycles - front_cycles_ - kShortReturnCycles);
    return true;
  }
  const int lanes = std::max(1, lane_bytes(i) * kWarpLanes / 128);
  counts_.shared_accesses += 1;
  counts_.shared_passes += op.passes;
  counts_.bank_conflicts += std::max(0, op.passes - lanes);
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, now, op.passes, "shared.accesses",
                fmt::format("warp {} {} passes", op.warp->index, op.passes));
  }
  if (i.opcode == Opcode::kSts) {
    free_operation(id);
    return true;
  }
  const Cycle latency =
      i.opcode == Opcode::kLdsRemote ? spec_.remote_shared_cycles : spec_.shared_cycles;
  const Cycle extra = std::max<Cycle>(0, op.passes - spec_.shared_stage_cycles);
  timeline_.schedule(now + latency - front_cycles_ + extra, *this, kWriteBack,
                     static_cast<std::uint32_t>(id));
  return true;
}

L1Cache::Answer MemoryStage::ask(const Operation& op, int id, const LinePart& part, Cycle now) {
  const Instruction& i = op.d->instruction;
  if (i.opcode == Opcode::kStg) {
    return l1_.write(part, {Waiter::Kind::kStore, op.warp->index}, now);
  }
  if (i.opcode == Opcode::kAtomAdd) return l1_.atomic(part, {Waiter::Kind::kAtomic, id}, now);
  const auto kind = is_late(i) ? Waiter::Kind::kStrongLoad : Waiter::Kind::kLoad;
  return l1_.read(part, i.cache, {kind, id}, now);
}

bool MemoryStage::ask_for_lines(int id, Cycle now) {
  for (; operation(id).next_line < operation(id).lines.count; ++operation(id).next_line) {
    Operation& op = operation(id);
    const LinePart part = op.lines.part[static_cast<std::size_t>(op.next_line)];
    ++op.remaining;
    const L1Cache::Answer answer = ask(op, id, part, now);
    if (answer != L1Cache::Answer::kComing) --operation(id).remaining;
    if (answer == L1Cache::Answer::kFull) return false;
  }
  const Operation& op = operation(id);
  if (op.d->instruction.opcode == Opcode::kStg) {
    free_operation(id);
  } else if (op.remaining == 0) {
    finish(id, now + spec_.l1_cycles - front_cycles_ - kShortReturnCycles);
  }
  return true;
}

LaneMask MemoryStage::lanes_in(const Operation& op, const LinePart& part) const {
  LaneMask lanes = 0;
  const auto size = static_cast<Address>(spec_.line_bytes);
  for (LaneMask left = op.global.active; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    if (op.global.at[static_cast<std::size_t>(lane)] / size * size == part.line) {
      lanes |= LaneMask{1} << lane;
    }
  }
  return lanes;
}

void MemoryStage::on_value(Waiter waiter, const LinePart& part, Cycle now) {
  Operation& op = operation(waiter.id);
  const Instruction& i = op.d->instruction;
  const LaneMask lanes = lanes_in(op, part);
  if (waiter.kind == Waiter::Kind::kAtomic) {
    add_lanes(i, op.warp->values, op.addends, op.global, lanes, global_);
    sm_.progress(now);
  } else {
    load_lanes(i, op.warp->values, op.global, lanes, global_);
  }
}

void MemoryStage::on_part(Waiter waiter, Cycle now) {
  switch (waiter.kind) {
    case Waiter::Kind::kStore: {
      Warp& warp = sm_.warp(waiter.id);
      sm_.progress(now);
      if (--warp.stores == 0) sm_.sub_core_of(warp).wake(now);
      return;
    }
    case Waiter::Kind::kBulk:
      return bulk_.on_line(waiter.id, now);
    case Waiter::Kind::kLoad:
    case Waiter::Kind::kStrongLoad:
    case Waiter::Kind::kAtomic: {
      Operation& op = operation(waiter.id);
      if (--op.remaining == 0 && op.next_line == op.lines.count) {
        finish(waiter.id, now + spec_.l1_cycles - front_cycles_ - kShortReturnCycles);
      }
      return;
    }
  }
}

/// All data of an instruction are at hand in `data_ready`: they go to the registers, or, of a
/// background copy, into shared memory.
void MemoryStage::finish(int id, Cycle data_ready) {
  const Operation& op = operation(id);
  const Instruction& i = op.d->instruction;
  if (i.opcode == Opcode::kLdgsts) {
    const Cycle more = spec_.async_copy_cycles - spec_.l1_cycles + kShortReturnCycles;
    timeline_.schedule(data_ready + std::max<Cycle>(more, 1), *this, kWriteBack,
                       static_cast<std::uint32_t>(id));
    return;
  }
  const std::int64_t bytes =
      is_shuffle(i.opcode) ? kWarpLanes * kWordBytes : std::int64_t{kWarpLanes} * op.global.bytes;
  Cycle& free = return_free_[static_cast<std::size_t>(op.sub_core->index())];
  free =
      std::max(free, data_ready) + (bytes + spec_.load_return_bytes - 1) / spec_.load_return_bytes;
  timeline_.schedule(free, *this, kWriteBack, static_cast<std::uint32_t>(id));
}

void MemoryStage::drop_finished_groups(Warp& warp) {
  while (!warp.copy_groups.empty() && warp.copy_groups.front() == 0) {
    warp.copy_groups.erase(warp.copy_groups.begin());
    ++warp.copy_groups_done;
  }
}

void MemoryStage::end_copy(Operation& op) {
  copy_lanes(op.global, global_, op.shared, shared_of(op));
  Warp& warp = *op.warp;
  const auto group = static_cast<std::size_t>(op.copy_group - warp.copy_groups_done);
  if (group == warp.copy_groups.size()) {
    --warp.copies_open;
  } else {
    --warp.copy_groups[group];
    drop_finished_groups(warp);
  }
}

void MemoryStage::write_back(int id, Cycle now) {
  Operation& op = operation(id);
  const Instruction& i = op.d->instruction;
  if (is_global(i.opcode)) --pending_;
  if (i.opcode == Opcode::kLdg) latencies_.add(now - op.issued);
  if (i.opcode == Opcode::kLdgsts) end_copy(op);
  const RegisterRange& written = op.d->operands.written;
  for (int r = written.first; r < written.first + written.count; ++r) {
    op.warp->register_ready[static_cast<std::size_t>(r)] = now;
  }
  op.sub_core->lower(*op.warp, i.control.write_counter, now);
  op.sub_core->wake(now);
  free_operation(id);
  on_room(now);
}

}  // namespace metronome::gpu
