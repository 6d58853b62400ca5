// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/execute.h"

#include <fmt/core.h>

#include <bit>

#include "hw/gpu/lane_operations.h"
#include "hw/gpu/matrix_math.h"
#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

constexpr LaneMask kAllLanes = ~LaneMask{0};
constexpr LaneWords kZeros{};

float as_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }
std::int32_t as_signed(std::uint32_t bits) { return static_cast<std::int32_t>(bits); }

const LaneWords& operand(const WarpValues& w, Register r) {
  return r == kZeroRegister ? kZeros : w.registers[r];
}

/// The second operand; immediates and parameters are spread over `spread`.
const LaneWords& operand_b(const Instruction& i, const WarpValues& w, LaneWords& spread) {
  if (i.b_source == Source::kRegister) return operand(w, i.b);
  spread.fill(i.b_source == Source::kImmediate
                  ? i.immediate
                  : static_cast<std::uint32_t>(w.parameters[i.parameter]));
  return spread;
}

/// Where results go before lanes that take no part are left out.
class Result {
 public:
  // What is computed apart is written before it is read.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  Result(const Instruction& i, WarpValues& w, LaneMask active)
      : target_(i.d == kZeroRegister ? nullptr : &w.registers[i.d]), active_(active) {}
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  /// May be the register itself: what is computed lane by lane may be written over its operands.
  LaneWords& words() { return target_ != nullptr && active_ == kAllLanes ? *target_ : own_; }
  ~Result() {
    if (target_ == nullptr || active_ == kAllLanes) return;
    for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
      if ((active_ >> lane & 1) != 0) (*target_)[lane] = own_[lane];
    }
  }

 private:
  LaneWords* target_;
  LaneMask active_;
  LaneWords own_;
};

template <typename F>
void each(LaneWords& d, const F& f) {
  for (std::size_t lane = 0; lane < kWarpLanes; ++lane) d[lane] = f(lane);
}

bool holds(Compare compare, auto a, auto b) {
  switch (compare) {
    case Compare::kLt:
      return a < b;
    case Compare::kLe:
      return a <= b;
    case Compare::kGt:
      return a > b;
    case Compare::kGe:
      return a >= b;
    case Compare::kEq:
      return a == b;
    case Compare::kNe:
      return a != b;
  }
  return false;
}

void compare(const Instruction& i, WarpValues& w, LaneMask active) {
  LaneWords spread;
  const LaneWords& a = operand(w, i.a);
  const LaneWords& b = operand_b(i, w, spread);
  LaneMask result = 0;
  for (std::size_t lane = 0; lane < kWarpLanes; ++lane) {
    const bool yes = i.opcode == Opcode::kIsetp
                         ? holds(i.compare, as_signed(a[lane]), as_signed(b[lane]))
                         : holds(i.compare, as_float(a[lane]), as_float(b[lane]));
    result |= static_cast<LaneMask>(yes) << lane;
  }
  if (i.predicate == kTruePredicate) return;
  LaneMask& p = w.predicates[i.predicate];
  p = (p & ~active) | (result & active);
}

std::uint32_t special(const Instruction& i, const WarpValues& w, std::size_t lane) {
  switch (i.special) {
    case Special::kLane:
      return static_cast<std::uint32_t>(lane);
    case Special::kWarp:
      return w.warp_in_cta;
    case Special::kThread:
      return w.warp_in_cta * kWarpLanes + static_cast<std::uint32_t>(lane);
    case Special::kCta:
      return w.cta;
    case Special::kCtas:
      return w.ctas;
    case Special::kClusterRank:
      return w.cluster_rank;
    case Special::kSm:
      return w.sm;
  }
  return 0;
}

void shuffle(const Instruction& i, const LaneWords& a, const LaneWords& b, LaneMask active,
             LaneWords& d) {
  const LaneWords from = a;
  const LaneWords which = b;
  each(d, [&](std::size_t lane) {
    const std::size_t other =
        i.opcode == Opcode::kShfl ? (lane ^ which[lane]) % kWarpLanes : which[lane] % kWarpLanes;
    return (active >> other & 1) != 0 ? from[other] : from[lane];
  });
}

void select(const Instruction& i, const WarpValues& w, const LaneWords& a, const LaneWords& b,
            LaneWords& d) {
  const LaneMask p = w.predicates[i.predicate];
  each(d, [&](std::size_t lane) { return (p >> lane & 1) != 0 ? a[lane] : b[lane]; });
}

void read_special(const Instruction& i, const WarpValues& w, LaneWords& d, Cycle now) {
  if (i.opcode == Opcode::kClock) return d.fill(static_cast<std::uint32_t>(now));
  each(d, [&](std::size_t lane) { return special(i, w, lane); });
}

}  // namespace

void execute(const Instruction& i, WarpValues& w, LaneMask active, Cycle now) {
  const OpcodeInfo& op = info(i.opcode);
  if (active == 0) return;
  if (op.format == Format::kCompare) return compare(i, w, active);
  if (op.format == Format::kMma) return multiply_tiles(i, w, active);
  LaneWords spread;
  const LaneWords& a = operand(w, i.a);
  const LaneWords& b = operand_b(i, w, spread);
  Result result(i, w, active);
  if (const LaneOperation operation = lane_operation(i.opcode)) [[likely]] {
    return operation(a, b, operand(w, i.c), result.words());
  }
  if (op.format == Format::kSelect) return select(i, w, a, b, result.words());
  if (op.format == Format::kSpecial) return read_special(i, w, result.words(), now);
  check(op.format == Format::kShuffle, "execute", now,
        fmt::format("{} is no arithmetic", op.mnemonic));
  shuffle(i, a, b, active, result.words());
}

}  // namespace metronome::gpu
