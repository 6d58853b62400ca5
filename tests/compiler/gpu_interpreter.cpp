// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/gpu_interpreter.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "hw/gpu/execute.h"
#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr Cycle kNotYet = std::numeric_limits<Cycle>::max();
constexpr Cycle kCounterSeenAfter = 2;
constexpr std::uint32_t kPoison = 0x7FC0DEAD;  // a NaN
constexpr int kTurn = 200;                     // instructions a warp issues before others do
constexpr std::int64_t kMostTurns = 2'000'000;

class Shared : public ByteMemory {
 public:
  explicit Shared(std::int64_t size) : data_(static_cast<std::size_t>(size), 0xFF) {}
  std::uint8_t* bytes(Address address, std::int64_t count) override {
    const bool within = address + static_cast<Address>(count) <= data_.size();
    check(within, "shared memory", 0, fmt::format("address {:#x} is outside", address));
    return data_.data() + address;
  }

 private:
  std::vector<std::uint8_t> data_;
};

/// An instruction of variable latency that nobody has waited for.
struct OpenEvent {
  Operands operands;
  std::uint8_t write_counter = kNoCounter;
  std::uint8_t read_counter = kNoCounter;
  Cycle raised = 0;
  bool operands_open = true;
};

bool within(const RegisterRange& range, int reg) {
  return range.first != kZeroRegister && reg >= range.first && reg < range.first + range.count;
}

enum class State : std::uint8_t { kRunning, kAtBarrier, kEnded };

class TestWarp {
 public:
  TestWarp(const Launch& launch, const GpuSpec& spec, std::uint32_t cta, int warp, Shared& shared,
           ByteMemory& memory)
      : code_(launch.kernel->code),
        kernel_(*launch.kernel),
        spec_(spec),
        shared_(shared),
        memory_(memory),
        registers_(static_cast<std::size_t>(kernel_.registers)),
        ready_(registers_.size(), 0) {
    for (LaneWords& words : registers_) words.fill(kPoison);
    values_.registers = registers_.data();
    values_.predicates[kTruePredicate] = ~LaneMask{0};
    values_.lanes = ~LaneMask{0};
    values_.parameters = launch.parameters.data();
    values_.warp_in_cta = static_cast<std::uint32_t>(warp);
    values_.cta = cta;
    values_.ctas = static_cast<std::uint32_t>(launch.ctas);
  }

  State state = State::kRunning;
  std::int64_t issued = 0;

  void turn() {
    for (int n = 0; n < kTurn && state == State::kRunning; ++n) issue();
  }

 private:
  void require(bool condition, const std::string& what) const {
    if (condition) return;
    const Instruction& i = code_[pc_];
    check(false, kernel_.name, now_,
          fmt::format("instruction {} `{}` {}: {}", pc_, to_text(i), to_text(i.control), what));
  }

  void wait(std::uint8_t mask) {
    const auto waited = [&](const OpenEvent& e, std::uint8_t counter) {
      return counter != kNoCounter && (mask >> counter & 1) != 0 &&
             now_ >= e.raised + kCounterSeenAfter;
    };
    for (OpenEvent& e : open_) {
      if (waited(e, e.read_counter)) e.operands_open = false;
      if (!waited(e, e.write_counter)) continue;
      e.operands_open = false;
      set_ready(e.operands.written, now_);
      e.operands.written = {};
    }
    std::erase_if(open_, [](const OpenEvent& e) {
      return !e.operands_open && e.operands.written.count == 0;
    });
  }

  void set_ready(const RegisterRange& range, Cycle when) {
    if (range.first == kZeroRegister) return;
    for (int r = range.first; r < range.first + range.count; ++r) {
      ready_[static_cast<std::size_t>(r)] = when;
    }
  }

  Cycle latency(const Instruction& i) const {
    switch (info(i.opcode).unit) {
      case Unit::kFma:
        return spec_.fma_cycles;
      case Unit::kHalf:
        return spec_.half_cycles;
      case Unit::kInteger:
        return spec_.integer_cycles;
      case Unit::kSfu:
      case Unit::kTensor:
      case Unit::kMemory:
      case Unit::kControl:
        return 1;
    }
    return 1;
  }

  void judge(const Instruction& i, const Operands& o) const {
    for (const RegisterRange& range : o.read) {
      for (int r = range.first; range.first != kZeroRegister && r < range.first + range.count;
           ++r) {
        require(ready_[static_cast<std::size_t>(r)] <= now_, fmt::format("R{} is not ready", r));
      }
    }
    for (int r = o.written.first;
         o.written.first != kZeroRegister && r < o.written.first + o.written.count; ++r) {
      const Cycle ready = ready_[static_cast<std::size_t>(r)];
      require(ready != kNotYet && ready <= now_ + latency(i),
              fmt::format("R{} is written out of order", r));
      for (const OpenEvent& e : open_) {
        const bool read = std::any_of(e.operands.read.begin(), e.operands.read.end(),
                                      [&](const RegisterRange& range) { return within(range, r); });
        require(!e.operands_open || !read, fmt::format("R{} may still have to be read", r));
      }
    }
    require(predicate_ready_[i.guard] <= now_, "the guard is not ready");
    const bool selects = info(i.opcode).format == Format::kSelect;
    require(!selects || predicate_ready_[i.predicate] <= now_, "the predicate is not ready");
  }

  void note(const Instruction& i, const Operands& o) {
    const OpcodeInfo& op = info(i.opcode);
    if (op.format == Format::kCompare) predicate_ready_[i.predicate] = now_ + latency(i);
    if (has_fixed_latency(op.unit)) return set_ready(o.written, now_ + latency(i));
    set_ready(o.written, kNotYet);
    OpenEvent e{o, i.control.write_counter, i.control.read_counter, now_, true};
    if (e.operands.written.first == kZeroRegister) e.operands.written = {};
    open_.push_back(e);
  }

  void issue() {
    const Instruction& i = code_[pc_];
    wait(i.control.wait_mask);
    const Operands o = operands(i);
    judge(i, o);
    perform(i);
    note(i, o);
    now_ += std::max<Cycle>(1, i.control.stall);
    ++issued;
    ++pc_;
    if (branch_ >= 0) pc_ = static_cast<std::size_t>(std::exchange(branch_, -1));
  }

  void perform(const Instruction& i) {
    const LaneMask active = active_lanes(i, values_);
    const OpcodeInfo& op = info(i.opcode);
    if (op.unit == Unit::kControl) return control(i, active);
    if (op.unit != Unit::kMemory || op.format == Format::kShuffle) {
      return execute(i, values_, active, now_);
    }
    if (i.opcode == Opcode::kFence) return;
    const bool wide = i.opcode == Opcode::kLdgsts || i.opcode == Opcode::kLdsm;
    const LaneAddresses at = lane_addresses(i, values_, active, wide ? 16 : 4 * i.width);
    for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
      const bool aligned = at.at[lane] % static_cast<Address>(at.bytes) == 0;
      require((active >> lane & 1) == 0 || aligned, "the address is not aligned");
    }
    if (i.opcode == Opcode::kLdg) return load_lanes(i, values_, at, active, memory_);
    if (i.opcode == Opcode::kStg) return store_lanes(i, values_, at, memory_);
    if (i.opcode == Opcode::kLds) return load_lanes(i, values_, at, active, shared_);
    if (i.opcode == Opcode::kSts) return store_lanes(i, values_, at, shared_);
    if (i.opcode == Opcode::kLdsm) return load_matrices(i, values_, at, shared_);
    if (i.opcode == Opcode::kAtomAdd)
      return add_lanes(i, values_, addends(i, values_), at, active, memory_);
    require(i.opcode == Opcode::kLdgsts, "is not known here");
    Instruction target = i;
    target.a = i.b;
    target.has_base = false;
    target.offset = 0;
    copies_.push_back({at, lane_addresses(target, values_, active, 16), groups_closed_});
  }

  /// Background copies take place when they are waited for, as late as they may.
  void finish_copies(int groups_left) {
    std::erase_if(copies_, [&](const Copy& c) {
      if (c.group >= groups_closed_ - groups_left) return false;
      copy_lanes(c.from, memory_, c.to, shared_);
      return true;
    });
  }

  void control(const Instruction& i, LaneMask active) {
    if (i.opcode == Opcode::kBra) {
      require(active == 0 || active == values_.lanes, "lanes branch apart");
      if (active != 0) branch_ = i.target;
    }
    if (i.opcode == Opcode::kBar) state = State::kAtBarrier;
    if (i.opcode == Opcode::kCopyCommit) ++groups_closed_;
    if (i.opcode == Opcode::kCopyWait) finish_copies(i.count);
    if (i.opcode == Opcode::kExit) state = State::kEnded;
  }

  struct Copy {
    LaneAddresses from;
    LaneAddresses to;
    int group;
  };

  const std::vector<Instruction>& code_;
  const Kernel& kernel_;
  const GpuSpec& spec_;
  Shared& shared_;
  ByteMemory& memory_;
  std::vector<LaneWords> registers_;
  std::vector<Cycle> ready_;
  std::array<Cycle, 8> predicate_ready_{};
  std::vector<OpenEvent> open_;
  std::vector<Copy> copies_;
  int groups_closed_ = 0;
  WarpValues values_;
  std::size_t pc_ = 0;
  std::int32_t branch_ = -1;
  Cycle now_ = 0;
};

struct TestCta {
  std::unique_ptr<Shared> shared;
  std::vector<std::unique_ptr<TestWarp>> warps;

  bool ended() const {
    return std::all_of(warps.begin(), warps.end(),
                       [](const auto& w) { return w->state == State::kEnded; });
  }
  void turn() {
    for (const auto& warp : warps) warp->turn();
    const bool all = std::none_of(warps.begin(), warps.end(),
                                  [](const auto& w) { return w->state == State::kRunning; });
    if (!all) return;
    for (const auto& warp : warps) {
      if (warp->state == State::kAtBarrier) warp->state = State::kRunning;
    }
  }
};

}  // namespace

Address FlatMemory::allocate(std::int64_t bytes) {
  constexpr Address kAlign = 256;
  const Address begin = (data_.size() / kAlign + 2) * kAlign;
  data_.resize(begin + static_cast<Address>(bytes), 0);
  buffers_.push_back({begin, begin + static_cast<Address>(bytes)});
  return begin;
}

std::uint8_t* FlatMemory::bytes(Address address, std::int64_t count) {
  const bool inside = std::any_of(buffers_.begin(), buffers_.end(), [&](const Range& r) {
    return address >= r.begin && address + static_cast<Address>(count) <= r.end;
  });
  check(inside, "memory", 0, fmt::format("{} bytes at {:#x} are in no buffer", count, address));
  return data_.data() + address;
}

std::int64_t interpret(const Launch& launch, const GpuSpec& spec, ByteMemory& memory) {
  std::vector<TestCta> ctas(static_cast<std::size_t>(launch.ctas));
  for (std::size_t c = 0; c < ctas.size(); ++c) {
    ctas[c].shared = std::make_unique<Shared>(launch.kernel->shared_bytes);
    for (int w = 0; w < launch.kernel->warps(); ++w) {
      ctas[c].warps.push_back(std::make_unique<TestWarp>(
          launch, spec, static_cast<std::uint32_t>(c), w, *ctas[c].shared, memory));
    }
  }
  for (std::int64_t turns = 0;; ++turns) {
    check(turns < kMostTurns, launch.kernel->name, turns, "does not end");
    bool running = false;
    for (TestCta& cta : ctas) {
      if (cta.ended()) continue;
      cta.turn();
      running = true;
    }
    if (!running) break;
  }
  std::int64_t issued = 0;
  for (const TestCta& cta : ctas) {
    for (const auto& warp : cta.warps) issued += warp->issued;
  }
  return issued;
}

}  // namespace metronome::gpu
