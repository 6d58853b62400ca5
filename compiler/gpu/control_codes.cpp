// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/control_codes.h"

#include <algorithm>
#include <array>

#include "compiler/gpu/counter_allocation.h"
#include "compiler/gpu/latency.h"

namespace metronome::gpu {
namespace {

constexpr Cycle kCounterSeenAfter = 2;  // a raised counter is seen so many cycles later (HU25)

void write_counters(std::vector<Instruction>& code) {
  const std::vector<HazardEvent> events = hazard_events(code);
  const std::vector<int> counters = allocate_counters(code, events);
  const auto waits = find_waits(code, events, counters);
  for (std::size_t at = 0; at < code.size(); ++at) {
    code[at].control = {};
    for (const int e : waits[at]) {
      code[at].control.wait_mask |=
          static_cast<std::uint8_t>(1U << counters[static_cast<std::size_t>(e)]);
    }
  }
  for (std::size_t e = 0; e < events.size(); ++e) {
    if (counters[e] < 0) continue;
    Control& control = code[static_cast<std::size_t>(events[e].producer)].control;
    (events[e].result ? control.write_counter : control.read_counter) =
        static_cast<std::uint8_t>(counters[e]);
  }
}

bool raises(const Instruction& i) {
  return i.control.write_counter != kNoCounter || i.control.read_counter != kNoCounter;
}

/// Follows the cycles of one block and sets the stall counts as it goes.
class Staller {
 public:
  explicit Staller(const GpuSpec& spec) : spec_(spec) {}

  void run(const std::vector<Instruction>& code, const BasicBlock& block) {
    registers_.fill(0);
    predicates_.fill(0);
    now_ = 0;
    begin_ = out.size();
    for (int at = block.begin; at < block.end; ++at) {
      const bool last = at + 1 == block.end;
      append(code[static_cast<std::size_t>(at)], last);
    }
    drain();
  }

  std::vector<Instruction> out;

 private:
  bool empty() const { return out.size() == begin_; }

  /// The next instruction issues in `when` at the earliest.
  void wait_until(Cycle when) {
    while (!empty() && when - now_ > kMaxStall) {
      out.back().control.stall = kMaxStall;
      now_ += kMaxStall;
      out.push_back({});  // NOP
    }
    if (empty()) return;
    const Cycle stall = std::max<Cycle>(1, when - now_);
    out.back().control.stall = static_cast<std::uint8_t>(stall);
    now_ += stall;
  }

  Cycle earliest(const Instruction& i) const {
    const Operands o = operands(i);
    Cycle when = now_;
    for (const RegisterRange& range : o.read) when = std::max(when, latest(range));
    when = std::max(when, latest(o.written) - latency(i));
    if (i.guard != kTruePredicate) when = std::max(when, predicates_[i.guard]);
    if (info(i.opcode).format == Format::kSelect) {
      when = std::max(when, predicates_[i.predicate]);
    }
    return when;
  }
  /// Of results that are overwritten: an instruction of variable latency may be as fast as one
  /// cycle.
  Cycle latency(const Instruction& i) const {
    return has_fixed_latency(info(i.opcode).unit) ? expected_latency(i, spec_) : 1;
  }
  Cycle latest(const RegisterRange& range) const {
    if (range.first == kZeroRegister) return 0;
    Cycle when = 0;
    for (int r = range.first; r < range.first + range.count; ++r) {
      when = std::max(when, registers_[static_cast<std::size_t>(r)]);
    }
    return when;
  }
  Cycle latest() const {
    return std::max(*std::max_element(registers_.begin(), registers_.end()),
                    *std::max_element(predicates_.begin(), predicates_.end()));
  }

  void append(const Instruction& i, bool last) {
    Cycle when = earliest(i);
    // The last instruction's own stall count covers what is still on its way.
    if (last) when = std::max(when, latest() - kMaxStall);
    if (!empty() && i.control.wait_mask != 0 && raises(out.back())) {
      when = std::max(when, now_ + kCounterSeenAfter);
    }
    wait_until(when);
    out.push_back(i);
    note_results(i);
  }

  void note_results(const Instruction& i) {
    const OpcodeInfo& op = info(i.opcode);
    if (!has_fixed_latency(op.unit)) return;
    const Cycle ready = now_ + expected_latency(i, spec_);
    const RegisterRange written = operands(i).written;
    if (written.first != kZeroRegister) {
      for (int r = written.first; r < written.first + written.count; ++r) {
        registers_[static_cast<std::size_t>(r)] = ready;
      }
    }
    if (op.format == Format::kCompare) predicates_[i.predicate] = ready;
  }

  void drain() {
    const Cycle seen = raises(out.back()) ? now_ + kCounterSeenAfter : now_;
    const Cycle when = std::max(seen, latest());
    while (when - now_ > kMaxStall) {  // never after a branch: append() has seen to it
      out.back().control.stall = kMaxStall;
      now_ += kMaxStall;
      out.push_back({});
    }
    out.back().control.stall = static_cast<std::uint8_t>(std::max<Cycle>(1, when - now_));
  }

  const GpuSpec& spec_;
  std::array<Cycle, 256> registers_{};
  std::array<Cycle, 8> predicates_{};
  Cycle now_ = 0;  // issue of the last instruction
  std::size_t begin_ = 0;
};

void write_stalls(std::vector<Instruction>& code, const GpuSpec& spec) {
  Staller staller(spec);
  std::vector<int> moved(code.size(), 0);  // first instructions of blocks
  for (const BasicBlock& block : basic_blocks(code)) {
    moved[static_cast<std::size_t>(block.begin)] = static_cast<int>(staller.out.size());
    staller.run(code, block);
  }
  code = std::move(staller.out);
  for (Instruction& i : code) {
    if (i.opcode == Opcode::kBra) i.target = moved[static_cast<std::size_t>(i.target)];
  }
}

bool uses_ports(const Instruction& i) {
  const Unit unit = info(i.opcode).unit;
  return unit != Unit::kMemory && unit != Unit::kControl;
}

bool overlap(const RegisterRange& a, const RegisterRange& b) {
  return a.first < b.first + b.count && b.first < a.first + a.count;
}

/// Does the next instruction that reads operand `slot` from the same bank read the same register?
bool is_read_again(const std::vector<Instruction>& code, std::size_t at, int end, std::size_t slot,
                   const GpuSpec& spec) {
  const RegisterRange range = operands(code[at]).read[slot];
  const auto bank = [&](Register r) { return r % spec.register_banks; };
  if (overlap(operands(code[at]).written, range)) return false;
  for (auto next = at + 1; next < static_cast<std::size_t>(end); ++next) {
    if (!uses_ports(code[next])) return false;  // the warp may lose its turn
    const Operands o = operands(code[next]);
    const RegisterRange& other = o.read[slot];
    const bool reads = other.count > 0 && other.first != kZeroRegister;
    if (reads && bank(other.first) == bank(range.first)) return other.first == range.first;
    if (overlap(o.written, range)) return false;
  }
  return false;
}

void write_reuse(std::vector<Instruction>& code, const GpuSpec& spec) {
  for (const BasicBlock& block : basic_blocks(code)) {
    for (int at = block.begin; at < block.end; ++at) {
      Instruction& i = code[static_cast<std::size_t>(at)];
      if (!uses_ports(i)) continue;
      for (std::size_t slot = 0; slot < 3; ++slot) {
        const RegisterRange range = operands(i).read[slot];
        if (range.count == 0 || range.first == kZeroRegister) continue;
        if (is_read_again(code, static_cast<std::size_t>(at), block.end, slot, spec)) {
          i.control.reuse |= static_cast<std::uint8_t>(1U << slot);
        }
      }
    }
  }
}

}  // namespace

void write_control_codes(std::vector<Instruction>& code, const GpuSpec& spec) {
  write_counters(code);
  write_stalls(code, spec);
  write_reuse(code, spec);
}

}  // namespace metronome::gpu
