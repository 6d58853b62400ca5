// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/execute.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "hw/gpu/lane_math.h"
#include "hw/gpu/matrix_math.h"
#include "hw/gpu/special_functions.h"
#include "hw/isa/error.h"
#include "hw/isa/numerics/half.h"

namespace metronome::gpu {
namespace {

constexpr LaneMask kAllLanes = ~LaneMask{0};
constexpr LaneWords kZeros{};

float as_float(std::uint32_t bits) { return std::bit_cast<float>(bits); }
std::uint32_t as_bits(float value) { return std::bit_cast<std::uint32_t>(value); }
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

std::uint32_t larger(std::uint32_t a, std::uint32_t b) {
  if (std::isnan(as_float(a))) return b;
  if (std::isnan(as_float(b))) return a;
  return as_float(a) > as_float(b) ? a : b;
}

/// The lowest byte as a signed number, modulo 2^32.
std::uint32_t signed_byte(std::uint32_t word) { return ((word & 0xFFU) ^ 0x80U) - 0x80U; }

std::uint32_t dot4(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  for (int shift = 0; shift < 32; shift += 8) {
    c += signed_byte(a >> shift) * signed_byte(b >> shift);
  }
  return c;
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

void integer(const Instruction& i, const WarpValues& w, const LaneWords& a, const LaneWords& b,
             LaneWords& d, Cycle now) {
  const LaneWords& c = operand(w, i.c);
  const auto do_each = [&](const auto& f) { each(d, f); };
  if (i.opcode == Opcode::kMov) return do_each([&](auto l) { return b[l]; });
  if (i.opcode == Opcode::kIadd3) return do_each([&](auto l) { return a[l] + b[l] + c[l]; });
  if (i.opcode == Opcode::kImad) return do_each([&](auto l) { return a[l] * b[l] + c[l]; });
  if (i.opcode == Opcode::kAnd) return do_each([&](auto l) { return a[l] & b[l]; });
  if (i.opcode == Opcode::kOr) return do_each([&](auto l) { return a[l] | b[l]; });
  if (i.opcode == Opcode::kXor) return do_each([&](auto l) { return a[l] ^ b[l]; });
  if (i.opcode == Opcode::kShl) {
    return do_each([&](auto l) { return b[l] < 32 ? a[l] << b[l] : 0; });
  }
  if (i.opcode == Opcode::kShr) {
    return do_each([&](auto l) { return b[l] < 32 ? a[l] >> b[l] : 0; });
  }
  if (i.opcode == Opcode::kImin) {
    return do_each([&](auto l) { return as_signed(a[l]) < as_signed(b[l]) ? a[l] : b[l]; });
  }
  if (i.opcode == Opcode::kIdp4a) return do_each([&](auto l) { return dot4(a[l], b[l], c[l]); });
  if (i.opcode == Opcode::kS2r) return do_each([&](auto l) { return special(i, w, l); });
  if (i.opcode == Opcode::kClock) {
    return do_each([&](auto) { return static_cast<std::uint32_t>(now); });
  }
  const LaneMask p = w.predicates[i.predicate];
  do_each([&](auto l) { return (p >> l & 1) != 0 ? a[l] : b[l]; });
}

void floating(const Instruction& i, const WarpValues& w, const LaneWords& a, const LaneWords& b,
              LaneWords& d) {
  if (i.opcode == Opcode::kFfma) return fused_multiply_add(a, b, operand(w, i.c), d);
  if (i.opcode == Opcode::kFadd) {
    return each(d, [&](auto l) { return as_bits(as_float(a[l]) + as_float(b[l])); });
  }
  if (i.opcode == Opcode::kFmul) {
    return each(d, [&](auto l) { return as_bits(as_float(a[l]) * as_float(b[l])); });
  }
  each(d, [&](auto l) { return larger(a[l], b[l]); });
}

void half(const Instruction& i, const LaneWords& a, const LaneWords& b, LaneWords& d) {
  if (i.opcode == Opcode::kHcvtLow) return half_to_float(b, false, d);
  if (i.opcode == Opcode::kHcvtHigh) return half_to_float(b, true, d);
  each(d, [&](auto l) {
    return static_cast<std::uint32_t>(numerics::float_to_half(as_float(a[l]))) |
           static_cast<std::uint32_t>(numerics::float_to_half(as_float(b[l]))) << 16;
  });
}

void special_function(const Instruction& i, const LaneWords& b, LaneWords& d) {
  if (i.opcode == Opcode::kEx2) {
    return each(d, [&](auto l) { return as_bits(exp2_approximate(as_float(b[l]))); });
  }
  if (i.opcode == Opcode::kRcp) {
    return each(d, [&](auto l) { return as_bits(reciprocal(as_float(b[l]))); });
  }
  if (i.opcode == Opcode::kRsq) {
    return each(d, [&](auto l) { return as_bits(reciprocal_sqrt(as_float(b[l]))); });
  }
  if (i.opcode == Opcode::kI2f) {
    return each(d, [&](auto l) { return as_bits(static_cast<float>(as_signed(b[l]))); });
  }
  each(d, [&](auto l) { return static_cast<std::uint32_t>(to_integer(as_float(b[l]))); });
}

}  // namespace

void execute(const Instruction& i, WarpValues& w, LaneMask active, Cycle now) {
  const OpcodeInfo& op = info(i.opcode);
  if (active == 0) return;
  if (op.format == Format::kCompare) return compare(i, w, active);
  if (op.format == Format::kMma) return multiply_tiles(i, w);
  LaneWords spread;
  const LaneWords& a = operand(w, i.a);
  const LaneWords& b = operand_b(i, w, spread);
  Result result(i, w, active);
  switch (op.unit) {
    case Unit::kFma:
      return floating(i, w, a, b, result.words());
    case Unit::kHalf:
      return half(i, a, b, result.words());
    case Unit::kInteger:
      return integer(i, w, a, b, result.words(), now);
    case Unit::kSfu:
      return special_function(i, b, result.words());
    case Unit::kMemory:
    case Unit::kControl:
    case Unit::kTensor:
      check(op.format == Format::kShuffle, "execute", now,
            fmt::format("{} is no arithmetic", op.mnemonic));
      return shuffle(i, a, b, active, result.words());
  }
}

}  // namespace metronome::gpu
