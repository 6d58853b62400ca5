// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/sub_core.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/gpu/sm.h"
#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

enum EventKind : std::uint32_t { kStep, kResult, kOperandsRead };

constexpr Cycle kCounterSeenAfter = 2;   // HU25: a raised counter is visible one cycle late
constexpr Cycle kOperandReadCycles = 3;  // HU25: operands are read over three cycles

/// What a result event has to know.
std::uint64_t pack(RegisterRange range, std::uint8_t counter) {
  return static_cast<std::uint64_t>(range.first) | static_cast<std::uint64_t>(range.count) << 8 |
         static_cast<std::uint64_t>(counter) << 24;
}

StallReason reason_of(Unit unit) {
  return unit == Unit::kTensor ? StallReason::kTensor : StallReason::kSpecial;
}

}  // namespace

const StallInfo& info(StallReason reason) {
  static constexpr StallInfo kInfos[] = {
#define GPU_STALL(enumerator, name, memory, sentence) {name, (memory) != 0, sentence},
#include "hw/gpu/stall_reasons.def"
#undef GPU_STALL
  };
  return kInfos[static_cast<std::size_t>(reason)];
}

/// The name of the counter of the slots spent on `reason`.
static std::string_view slot_kind(StallReason reason) {
  static constexpr std::string_view kKinds[] = {
#define GPU_STALL(enumerator, name, memory, sentence) "slots." name,
#include "hw/gpu/stall_reasons.def"
#undef GPU_STALL
  };
  return kKinds[static_cast<std::size_t>(reason)];
}

SubCore::SubCore(Sm& sm, int index, const GpuSpec& spec, Timeline& timeline, Watch& watch)
    : sm_(sm),
      index_(index),
      spec_(spec),
      timeline_(timeline),
      watch_(watch),
      path_(fmt::format("{}.sub_core_{}", sm.path(), index)),
      track_(watch.track(path_)) {}

void SubCore::reset(const Conditions& conditions, Cycle now) {
  check(warps_.empty(), path_, now, "reset with warps resident");
  policy_ = conditions.policy;
  buffers_ = conditions.on(Mechanism::kInstructionBuffer);
  ports_ = conditions.on(Mechanism::kRegisterPorts);
  greedy_ = nullptr;
  armed_ = kNever;
  last_issue_ = -1;
  issue_free_ = fetch_free_ = now;
  unit_free_.fill(now);
  reuse_ = {};
  settled_ = now;
  asleep_for_ = StallReason::kNoWarp;
  spent_.fill(0);
  issued_.fill(0);
  memory_queue = 0;
}

void SubCore::add(Warp& warp, Cycle start) {
  warps_.push_back(&warp);
  warp.ready_at = start;
  warp.ready_reason = StallReason::kFetch;
  warp.buffer.fill(start);
  wake(start);
}

void SubCore::wake(Cycle when) {
  if (armed_ <= when) return;
  armed_ = when;
  timeline_.schedule(when, *this, kStep);
}

void SubCore::settle(Cycle now) {
  if (now <= settled_) return;
  const Cycle slept = now - settled_;
  spent_[static_cast<std::size_t>(asleep_for_)] += slept;
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, settled_, slept, slot_kind(asleep_for_), fmt::format("{} cycles", slept),
                slept);
  }
  settled_ = now;
}

void SubCore::on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) {
  if (kind == kStep) {
    if (armed_ != now) return;  // woken earlier since
    armed_ = kNever;
    return step(now);
  }
  Warp& warp = sm_.warp(static_cast<int>(a));
  if (kind == kResult) {
    mark(warp, {static_cast<Register>(b & 0xFF), static_cast<int>(b >> 8 & 0xFFFF)}, now);
  }
  lower(warp, static_cast<std::uint8_t>(b >> 24), now);
  sm_.drop_operation(warp, now);
}

/// An event of `warp` that lies ahead keeps it from leaving its slot.
void SubCore::expect(std::uint32_t kind, const Warp& warp, std::uint64_t what, Cycle when) {
  ++sm_.warp(warp.index).operations;
  timeline_.schedule(when, *this, kind, static_cast<std::uint32_t>(warp.index), what);
}

void SubCore::raise(Warp& warp, std::uint8_t counter, StallReason reason, Cycle now) {
  if (counter == kNoCounter) return;
  if (now >= warp.seen_from) warp.unseen = 0;
  const auto bit = static_cast<std::uint8_t>(1U << counter);
  if (warp.counters[counter]++ == 0) {
    warp.pending |= bit;
    warp.unseen |= bit;
    warp.seen_from = now + kCounterSeenAfter;
  }
  warp.counter_reason[counter] = reason;
}

void SubCore::lower(Warp& warp, std::uint8_t counter, Cycle now) {
  if (counter == kNoCounter) return;
  check(warp.counters[counter] > 0, path_, now, "a dependence counter falls below zero");
  if (--warp.counters[counter] == 0) {
    warp.pending = static_cast<std::uint8_t>(warp.pending & ~(1U << counter));
  }
  wake(now);
}

void SubCore::release_operands(const Warp& warp, std::uint8_t counter, Cycle when) {
  if (counter == kNoCounter) return wake(when);
  expect(kOperandsRead, warp, pack({}, counter), when);
}

std::string SubCore::waits_for(const Warp& warp, Cycle now) const {
  const Chance c = chance(warp, now);
  return c.at <= now ? "is ready" : "waits: " + std::string(info(c.reason).sentence);
}

/// Of the instructions that wait for work in the background.
SubCore::Chance SubCore::wait_chance(const Warp& warp, const Instruction& i, Cycle now) const {
  if (i.opcode == Opcode::kCopyWait && warp.copy_groups.size() > i.count) {
    return {kNever, StallReason::kCopy};
  }
  if (i.opcode == Opcode::kWarpgroupWait && warp.tensor_unfinished > i.count) {
    return {kNever, StallReason::kTensor};
  }
  if (i.opcode == Opcode::kMbarrierWait && !sm_.arrived(warp, i)) {
    return {kNever, StallReason::kCopy};
  }
  return {now, StallReason::kIssued};
}

SubCore::Chance SubCore::counter_chance(const Warp& warp, const DecodedInstruction& next,
                                        Cycle now) const {
  const auto missing = static_cast<std::uint8_t>(warp.pending_seen(now) & next.wait_mask);
  if (missing != 0) {
    const auto first = static_cast<std::size_t>(std::countr_zero(missing));
    return {kNever, warp.counter_reason[first]};
  }
  const Instruction& i = next.instruction;
  if (next.format == Format::kDepbar && warp.counters[i.counter] > i.count) {
    return {kNever, warp.counter_reason[i.counter]};
  }
  if (i.opcode == Opcode::kFence && warp.stores > 0) return {kNever, StallReason::kFence};
  if (next.format == Format::kCount) return wait_chance(warp, i, now);
  return {now, StallReason::kIssued};
}

/// When `warp` might issue, and what keeps it until then.
SubCore::Chance SubCore::chance(const Warp& warp, Cycle now) const {
  if (warp.state == WarpState::kAtBarrier) return {kNever, StallReason::kBarrier};
  if (warp.ready_at > now) return {warp.ready_at, warp.ready_reason};
  if (warp.yielded_at == now) return {now + 1, StallReason::kYield};
  const Cycle fetched = warp.buffer[warp.buffer_head];
  if (fetched > now && buffers_) return {fetched, StallReason::kFetch};
  const DecodedInstruction& next = warp.next();
  const Chance counters = counter_chance(warp, next, now);
  if (counters.at > now) return counters;
  const Cycle free = unit_free_[static_cast<std::size_t>(next.unit)];
  if (free > now) return {free, StallReason::kUnitBusy};
  if (next.unit == Unit::kMemory && !sm_.memory_stage().has_room(*this)) {
    return {kNever, StallReason::kMemoryQueue};
  }
  return {now, StallReason::kIssued};
}

/// Of two warps that are equally ready, does `a` go first?
bool SubCore::precedes(const Warp& a, const Warp& b) const {
  switch (policy_) {
    case WarpPolicy::kCggty:
      return a.age > b.age;
    case WarpPolicy::kGto:
      return a.age < b.age;
    case WarpPolicy::kLrr:
      return turn(a) < turn(b);
  }
  return false;
}

/// Places after the warp that issued last, going round by age.
std::int64_t SubCore::turn(const Warp& warp) const {
  if (greedy_ == nullptr || warp.age > greedy_->age) return warp.age;
  return warp.age + (std::int64_t{1} << 40);
}

Warp* SubCore::pick(Cycle now, Chance& best) {
  const bool greedy = greedy_ != nullptr && policy_ != WarpPolicy::kLrr;
  if (greedy) {
    best = chance(*greedy_, now);
    if (best.at <= now) return greedy_;
  }
  Warp* chosen = greedy ? greedy_ : nullptr;
  for (Warp* warp : warps_) {
    if (greedy && warp == greedy_) continue;
    const Chance c = chance(*warp, now);
    const bool sooner = chosen == nullptr || c.at < best.at ||
                        (c.at == best.at && chosen != greedy_ && precedes(*warp, *chosen));
    if (!sooner) continue;
    best = c;
    chosen = warp;
  }
  return chosen != nullptr && best.at <= now ? chosen : nullptr;
}

/// From `now` on, until the next step, the slot is spent on `reason`.
void SubCore::sleep(StallReason reason, Cycle now) {
  asleep_for_ = reason;
  if (watch_.on(track_)) [[unlikely]]
    watch_.tell_level(track_, now, slot_kind(reason), 1);
}

void SubCore::step(Cycle now) {
  if (last_issue_ == now) return wake(now + 1);
  settle(now);
  if (issue_free_ > now) {
    sleep(StallReason::kRegisterPorts, now);
    return wake(issue_free_);
  }
  Chance best;
  Warp* warp = pick(now, best);
  if (warp == nullptr) {
    sleep(warps_.empty() ? StallReason::kNoWarp : best.reason, now);
    if (best.at != kNever) wake(best.at);
    return;
  }
  issue(*warp, now);
  spent_[static_cast<std::size_t>(StallReason::kIssued)] += 1;
  settled_ = now + 1;
  asleep_for_ = StallReason::kNoWarp;  // until the next step says more
  wake(now + 1);
}

void SubCore::require_ready(const Warp& warp, const DecodedInstruction& d, Cycle now) const {
  const auto fail = [&](const char* what, int reg, Cycle ready) {
    const std::string when = ready == kNever ? "its counter has not been waited for"
                                             : fmt::format("it is ready in cycle {}", ready);
    check(false, path_, now,
          fmt::format("warp {} of {}, instruction {} `{}` {} R{}, but {}", warp.index,
                      warp.kernel->kernel->name, warp.pc, to_text(d.instruction), what, reg, when));
  };
  const bool in_order = d.accumulates && warp.tensor_unfinished > 0;
  for (const RegisterRange& range : d.operands.read) {
    if (in_order && range.first == d.operands.written.first) continue;
    for (int r = range.first; r < range.first + range.count; ++r) {
      const Cycle ready = warp.register_ready[static_cast<std::size_t>(r)];
      if (ready > now) [[unlikely]]
        fail("reads", r, ready);
    }
  }
  if (in_order) return;
  const RegisterRange& written = d.operands.written;
  for (int r = written.first; r < written.first + written.count; ++r) {
    const Cycle ready = warp.register_ready[static_cast<std::size_t>(r)];
    if (ready > now + d.latency) [[unlikely]]
      fail("overwrites", r, ready);
  }
  const Cycle guard =
      std::max(warp.predicate_ready[d.instruction.guard],
               d.format == Format::kSelect ? warp.predicate_ready[d.instruction.predicate] : 0);
  check(guard <= now, path_, now, "a predicate is read before it is ready");
}

/// Cycles that an instruction waits because its operands lie in one bank; the register-file cache
/// gives an operand again without the bank.
Cycle SubCore::port_bubbles(const Warp& warp, const DecodedInstruction& d) {
  if (!ports_) return 0;
  std::array<std::uint8_t, 8> reads{};
  std::uint8_t most = 0;
  for (std::size_t slot = 0; slot < 3; ++slot) {
    const RegisterRange& range = d.operands.read[slot];
    if (range.count == 0) continue;
    const auto bank = static_cast<std::size_t>(range.first % spec_.register_banks);
    ReuseEntry& entry = reuse_[bank][slot];
    const bool kept = entry.warp == &warp && entry.reg == range.first;
    const bool keep = (d.instruction.control.reuse >> slot & 1) != 0;
    if (!kept) most = std::max(most, ++reads[bank]);
    entry = keep ? ReuseEntry{&warp, range.first} : ReuseEntry{};
  }
  return most > 1 ? most - 1 : 0;
}

void SubCore::mark(Warp& warp, RegisterRange range, Cycle ready) const {
  for (int r = range.first; r < range.first + range.count; ++r) {
    warp.register_ready[static_cast<std::size_t>(r)] = ready;
  }
}

/// One instruction has left the buffer: the next is fetched when the fetcher is free.
void SubCore::refill(Warp& warp, Cycle now) {
  const Cycle fetch = std::max(fetch_free_, now + 1);
  fetch_free_ = fetch + 1;
  warp.buffer[warp.buffer_head] = fetch + spec_.fetch_cycles;
  warp.buffer_head =
      static_cast<std::uint8_t>((warp.buffer_head + 1) % spec_.instruction_buffer_entries);
}

void SubCore::flush(Warp& warp, Cycle from) {
  const Cycle first = std::max(fetch_free_, from);
  for (std::int64_t n = 0; n < spec_.instruction_buffer_entries; ++n) {
    const auto at =
        static_cast<std::size_t>((warp.buffer_head + n) % spec_.instruction_buffer_entries);
    warp.buffer[at] = first + n + spec_.fetch_cycles;
  }
  fetch_free_ += spec_.instruction_buffer_entries;
}

void SubCore::advance(Warp& warp, const DecodedInstruction& d, Cycle now) {
  const Control& control = d.instruction.control;
  warp.ready_at = now + std::max<Cycle>(control.stall, 1);
  warp.ready_reason = StallReason::kFixedLatency;
  if (control.yield) warp.yielded_at = now + 1;
  ++warp.pc;
  refill(warp, now);
}

void SubCore::issue(Warp& warp, Cycle now) {
  const DecodedInstruction& d = warp.next();
  require_ready(warp, d, now);
  if (watch_.on(track_)) [[unlikely]] {
    watch_.tell(track_, now, d.interval, "sm.instructions",
                fmt::format("warp {} pc {} {}", warp.index, warp.pc, to_text(d.instruction)));
  }
  greedy_ = &warp;
  last_issue_ = now;
  ++issued_[static_cast<std::size_t>(d.unit)];
  const LaneMask active = active_lanes(d.instruction, warp.values);
  advance(warp, d, now);
  if (d.unit == Unit::kMemory) return sm_.memory_stage().issue(*this, warp, d, active, now);
  if (d.unit == Unit::kControl) return control(warp, d, active, now);
  const Cycle bubbles = port_bubbles(warp, d);
  issue_free_ = now + 1 + bubbles;
  warp.ready_at += bubbles;
  unit_free_[static_cast<std::size_t>(d.unit)] = now + bubbles + d.interval;
  execute_unit(warp, d, active, bubbles, now);
}

void SubCore::execute_unit(Warp& warp, const DecodedInstruction& d, LaneMask active, Cycle bubbles,
                           Cycle now) {
  if (d.instruction.opcode == Opcode::kHgmma) return sm_.join_warpgroup(warp, d, now);
  execute(d.instruction, warp.values, active, now);
  if (has_fixed_latency(d.unit)) {
    if (d.format == Format::kCompare) {
      warp.predicate_ready[d.instruction.predicate] =
          d.instruction.predicate == kTruePredicate ? 0 : now + bubbles + d.latency;
    }
    return mark(warp, d.operands.written, now + bubbles + d.latency);
  }
  const Control& c = d.instruction.control;
  mark(warp, d.operands.written, kNever);
  raise(warp, c.write_counter, reason_of(d.unit), now);
  raise(warp, c.read_counter, StallReason::kSharedMemory, now);
  expect(kResult, warp, pack(d.operands.written, c.write_counter), now + bubbles + d.latency);
  if (c.read_counter != kNoCounter) {
    expect(kOperandsRead, warp, pack({}, c.read_counter), now + kOperandReadCycles);
  }
}

void SubCore::branch(Warp& warp, const DecodedInstruction& d, Cycle now) {
  const LaneMask active = active_lanes(d.instruction, warp.values);
  if (active == 0) return;
  check(active == warp.values.lanes, path_, now,
        fmt::format("warp {} of {}, instruction {}: lanes branch apart, which is not modelled",
                    warp.index, warp.kernel->kernel->name, warp.pc - 1));
  warp.pc = d.instruction.target;
  flush(warp, now + spec_.branch_cycles);
}

void SubCore::control(Warp& warp, const DecodedInstruction& d, LaneMask active, Cycle now) {
  const Opcode opcode = d.instruction.opcode;
  if (opcode == Opcode::kBra) return branch(warp, d, now);
  if (opcode == Opcode::kBar) return sm_.arrive(warp, now);
  if (opcode == Opcode::kWarpgroupWait) return sm_.accept_accumulators(warp, now);
  if (opcode == Opcode::kCopyCommit) {
    warp.copy_groups.push_back(warp.copies_open);
    warp.copies_open = 0;
    return MemoryStage::drop_finished_groups(warp);
  }
  if (opcode != Opcode::kExit) return;  // other waits have done their work by not issuing before
  warp.values.lanes &= ~active;
  if (warp.values.lanes != 0) return;
  std::erase(warps_, &warp);
  greedy_ = nullptr;
  sm_.end(warp, now);
}

}  // namespace metronome::gpu
