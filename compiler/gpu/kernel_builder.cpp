// SPDX-License-Identifier: Apache-2.0
#include "compiler/gpu/kernel_builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "compiler/gpu/allocate_registers.h"
#include "compiler/gpu/control_codes.h"
#include "compiler/gpu/schedule_blocks.h"
#include "hw/isa/error.h"

namespace metronome::gpu {

KernelBuilder::KernelBuilder(std::string name, int threads)
    : name_(std::move(name)), threads_(threads) {}

Parameter KernelBuilder::parameter() { return {parameters_++}; }

void KernelBuilder::need_shared(std::int64_t bytes) {
  shared_bytes_ = std::max(shared_bytes_, bytes);
}

Value KernelBuilder::value(int words) {
  code_.groups.push_back(words);
  return {static_cast<int>(code_.groups.size()) - 1, 0, words};
}

Flag KernelBuilder::flag() { return {code_.flags++, false}; }

VirtualInstruction& KernelBuilder::emit(Opcode opcode) {
  VirtualInstruction v;
  v.i.opcode = opcode;
  v.guard = guard_;
  code_.code.push_back(v);
  return code_.code.back();
}

void KernelBuilder::set_b(VirtualInstruction& v, const Operand& b) {
  v.i.b_source = b.source;
  v.b = b.value;
  v.i.immediate = b.bits;
  if (b.source == Source::kParameter) v.i.parameter = static_cast<std::uint16_t>(b.parameter);
}

Value KernelBuilder::unary(Opcode opcode, const Operand& b, Value into) {
  const Value d = into.none() ? value() : into;
  VirtualInstruction& v = emit(opcode);
  v.d = d;
  set_b(v, b);
  return d;
}

Value KernelBuilder::binary(Opcode opcode, Value a, const Operand& b, Value into) {
  const Value d = unary(opcode, b, into);
  code_.code.back().a = a;
  return d;
}

Value KernelBuilder::ternary(Opcode opcode, Value a, const Operand& b, Value c, Value into) {
  const Value d = binary(opcode, a, b, into);
  code_.code.back().c = c;
  return d;
}

Value KernelBuilder::mov(const Operand& b, Value into) { return unary(Opcode::kMov, b, into); }
Value KernelBuilder::iadd(Value a, const Operand& b, Value c, Value into) {
  return ternary(Opcode::kIadd3, a, b, c, into);
}
Value KernelBuilder::imad(Value a, const Operand& b, Value c, Value into) {
  return ternary(Opcode::kImad, a, b, c, into);
}
Value KernelBuilder::bit_and(Value a, const Operand& b, Value into) {
  return binary(Opcode::kAnd, a, b, into);
}
Value KernelBuilder::shift_left(Value a, const Operand& b, Value into) {
  return binary(Opcode::kShl, a, b, into);
}
Value KernelBuilder::shift_right(Value a, const Operand& b, Value into) {
  return binary(Opcode::kShr, a, b, into);
}
Value KernelBuilder::smaller(Value a, const Operand& b, Value into) {
  return binary(Opcode::kImin, a, b, into);
}
Value KernelBuilder::dot4(Value a, const Operand& b, Value c, Value into) {
  return ternary(Opcode::kIdp4a, a, b, c, into);
}

Value KernelBuilder::select(Flag p, Value a, const Operand& b, Value into) {
  check(!p.negated, name_, 0, "SEL takes a flag as it is");
  const Value d = binary(Opcode::kSel, a, b, into);
  code_.code.back().selected = p;
  return d;
}

Value KernelBuilder::special(Special which) {
  const Value d = value();
  VirtualInstruction& v = emit(Opcode::kS2r);
  v.d = d;
  v.i.special = which;
  return d;
}

Value KernelBuilder::divide(Value a, std::int64_t n, std::int64_t limit) {
  const auto divisor = static_cast<std::uint64_t>(n);
  if (std::has_single_bit(divisor)) return shift_right(a, std::countr_zero(divisor));
  // floor(a m / 2^s) is a / n if a (m n - 2^s) < 2^s for all a.
  const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(limit - 1, 0));
  for (int s = 1; s < 32; ++s) {
    const std::uint64_t power = std::uint64_t{1} << s;
    const std::uint64_t m = (power + divisor - 1) / divisor;
    if (m * most > std::numeric_limits<std::uint32_t>::max()) break;
    if (most * (m * divisor - power) < power) {
      return shift_right(imad(a, static_cast<std::int64_t>(m)), s);
    }
  }
  check(false, name_, 0, fmt::format("no 32-bit factor divides numbers up to {} by {}", limit, n));
  return {};
}

Flag KernelBuilder::compare(Value a, Compare compare, const Operand& b) {
  const Flag p = flag();
  VirtualInstruction& v = emit(Opcode::kIsetp);
  v.a = a;
  set_b(v, b);
  v.i.compare = compare;
  v.compared = p;
  return p;
}

Value KernelBuilder::fadd(Value a, const Operand& b, Value into) {
  return binary(Opcode::kFadd, a, b, into);
}
Value KernelBuilder::fmul(Value a, const Operand& b, Value into) {
  return binary(Opcode::kFmul, a, b, into);
}
Value KernelBuilder::ffma(Value a, const Operand& b, Value c, Value into) {
  return ternary(Opcode::kFfma, a, b, c, into);
}
Value KernelBuilder::fmax(Value a, const Operand& b, Value into) {
  return binary(Opcode::kFmax, a, b, into);
}
Value KernelBuilder::half_low(Value b, Value into) { return unary(Opcode::kHcvtLow, b, into); }
Value KernelBuilder::half_high(Value b, Value into) { return unary(Opcode::kHcvtHigh, b, into); }
Value KernelBuilder::pack_half(Value low, Value high, Value into) {
  return binary(Opcode::kPackHalf, low, high, into);
}
Value KernelBuilder::ex2(const Operand& b, Value into) { return unary(Opcode::kEx2, b, into); }
Value KernelBuilder::reciprocal(const Operand& b, Value into) {
  return unary(Opcode::kRcp, b, into);
}
Value KernelBuilder::reciprocal_root(const Operand& b, Value into) {
  return unary(Opcode::kRsq, b, into);
}
Value KernelBuilder::to_float(const Operand& b, Value into) { return unary(Opcode::kI2f, b, into); }
Value KernelBuilder::to_integer(const Operand& b, Value into) {
  return unary(Opcode::kF2i, b, into);
}

void KernelBuilder::multiply_tile(Opcode opcode, Value d, Value a, Value b, Value c) {
  VirtualInstruction& v = emit(opcode);
  v.d = d;
  v.a = a;
  v.b = b;
  v.c = c;
}

void KernelBuilder::set_address(VirtualInstruction& v, const Pointer& p, Value at) {
  v.a = at;
  v.i.has_base = p.base.index >= 0;
  if (v.i.has_base) v.i.parameter = static_cast<std::uint16_t>(p.base.index);
  check(p.bytes >= std::numeric_limits<std::int32_t>::min() &&
            p.bytes <= std::numeric_limits<std::int32_t>::max(),
        name_, 0, "an address offset does not fit in 32 bits");
  v.i.offset = static_cast<std::int32_t>(p.bytes);
}

Value KernelBuilder::load(int words, const Pointer& from, Value at, CacheUse cache, Value into) {
  Value address = at;
  if (!from.offset.none()) address = at.none() ? from.offset : iadd(at, from.offset);
  const Value d = into.none() ? value(words) : into;
  VirtualInstruction& v = emit(Opcode::kLdg);
  set_address(v, from, address);
  v.d = d;
  v.i.width = static_cast<std::uint8_t>(words);
  v.i.cache = cache;
  return d;
}

void KernelBuilder::store(Value value, const Pointer& to, Value at) {
  Value address = at;
  if (!to.offset.none()) address = at.none() ? to.offset : iadd(at, to.offset);
  VirtualInstruction& v = emit(Opcode::kStg);
  set_address(v, to, address);
  v.b = value;
  v.i.width = static_cast<std::uint8_t>(value.words);
}

Value KernelBuilder::load_shared(int words, Value at, std::int64_t bytes, Value into) {
  const Value d = into.none() ? value(words) : into;
  VirtualInstruction& v = emit(Opcode::kLds);
  set_address(v, Pointer{} + bytes, at);
  v.d = d;
  v.i.width = static_cast<std::uint8_t>(words);
  return d;
}

void KernelBuilder::store_shared(Value value, Value at, std::int64_t bytes) {
  VirtualInstruction& v = emit(Opcode::kSts);
  set_address(v, Pointer{} + bytes, at);
  v.b = value;
  v.i.width = static_cast<std::uint8_t>(value.words);
}

Value KernelBuilder::load_matrices(Value at, std::int64_t bytes) {
  const Value d = value(4);
  VirtualInstruction& v = emit(Opcode::kLdsm);
  set_address(v, Pointer{} + bytes, at);
  v.d = d;
  return d;
}

void KernelBuilder::copy(const Pointer& from, Value at, Value target) {
  Value address = at;
  if (!from.offset.none()) address = at.none() ? from.offset : iadd(at, from.offset);
  VirtualInstruction& v = emit(Opcode::kLdgsts);
  set_address(v, from, address);
  v.b = target;
}

void KernelBuilder::close_copies() { emit(Opcode::kCopyCommit); }
void KernelBuilder::await_copies(int groups_left) {
  emit(Opcode::kCopyWait).i.count = static_cast<std::uint16_t>(groups_left);
}

void KernelBuilder::atomic_add(const Pointer& to, std::int64_t addend) {
  VirtualInstruction& v = emit(Opcode::kAtomAdd);
  set_address(v, to, to.offset);
  set_b(v, addend);
}

void KernelBuilder::fence() { emit(Opcode::kFence); }
void KernelBuilder::barrier() { emit(Opcode::kBar); }

Value KernelBuilder::from_lane_xor(Value a, int mask) { return binary(Opcode::kShfl, a, mask, {}); }
Value KernelBuilder::from_lane(Value a, const Operand& lane) {
  return binary(Opcode::kShflIdx, a, lane, {});
}

void KernelBuilder::guarded(Flag flag, const std::function<void()>& body) {
  check(guard_.none(), name_, 0, "one guard at a time");
  guard_ = flag;
  body();
  guard_ = {};
}

void KernelBuilder::branch(int label, Flag flag) {
  VirtualInstruction& v = emit(Opcode::kBra);
  v.label = label;
  v.guard = flag;
}

void KernelBuilder::only_if(Flag flag, const std::function<void()>& body) {
  const auto label = code_.labels.size();
  code_.labels.push_back(-1);
  branch(static_cast<int>(label), !flag);
  body();
  code_.labels[label] = here();
}

void KernelBuilder::repeat(const std::function<Flag()>& body) {
  const int label = static_cast<int>(code_.labels.size());
  const int begin = here();
  code_.labels.push_back(begin);
  const Flag again = body();
  code_.loops.push_back({begin, here()});
  branch(label, again);
}

void KernelBuilder::for_each(const Operand& first, const Operand& end, const Operand& step,
                             const std::function<void(Value)>& body) {
  const Value item = mov(first);
  only_if(compare(item, Compare::kLt, end), [&] {
    repeat([&] {
      body(item);
      iadd(item, step, {}, item);
      return compare(item, Compare::kLt, end);
    });
  });
}

void KernelBuilder::for_items(const Operand& count, const std::function<void(Value)>& body) {
  const Value step = special(Special::kCtas);
  for_each(special(Special::kCta), count, step, body);
}

Kernel KernelBuilder::finish(const GpuSpec& spec) {
  emit(Opcode::kExit);
  schedule_blocks(code_, spec);
  AllocatedCode allocated = allocate_registers(code_, name_);
  Kernel kernel;
  kernel.name = name_;
  kernel.code = std::move(allocated.code);
  write_control_codes(kernel.code, spec);
  kernel.registers = allocated.registers;
  kernel.shared_bytes = shared_bytes_;
  kernel.threads = threads_;
  kernel.parameters = parameters_;
  return kernel;
}

Value sum_lanes(KernelBuilder& k, Value v, int lanes) {
  for (int mask = lanes / 2; mask > 0; mask /= 2) v = k.fadd(v, k.from_lane_xor(v, mask));
  return v;
}

Value max_lanes(KernelBuilder& k, Value v, int lanes) {
  for (int mask = lanes / 2; mask > 0; mask /= 2) v = k.fmax(v, k.from_lane_xor(v, mask));
  return v;
}

}  // namespace metronome::gpu
