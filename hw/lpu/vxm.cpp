// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/vxm.h"

#include <bit>
#include <cstring>

#include "hw/lpu/simd/kernels.h"

namespace metronome::lpu {
namespace {

const float* f32(const std::uint8_t* b) { return reinterpret_cast<const float*>(b); }
float* f32(std::uint8_t* b) { return reinterpret_cast<float*>(b); }
const std::int32_t* i32(const std::uint8_t* b) { return reinterpret_cast<const std::int32_t*>(b); }
std::int32_t* i32(std::uint8_t* b) { return reinterpret_cast<std::int32_t*>(b); }
const std::uint32_t* u32(const std::uint8_t* b) {
  return reinterpret_cast<const std::uint32_t*>(b);
}
std::uint32_t* u32(std::uint8_t* b) { return reinterpret_cast<std::uint32_t*>(b); }

int operand_width(Opcode op) {
  if (op == Opcode::kCvtF16F32) return 2;
  if (op == Opcode::kCvtI8F32) return 1;
  return 4;
}

int result_width(Opcode op) {
  if (op == Opcode::kCvtF32F16) return 2;
  if (op == Opcode::kCvtF32I8) return 1;
  return 4;
}

bool is_bitwise(Opcode op) {
  return op == Opcode::kPass || op == Opcode::kAnd || op == Opcode::kOr || op == Opcode::kXor ||
         op == Opcode::kAccOr;
}

}  // namespace

Vxm::Vxm(ChipContext& chip)
    : chip_(chip),
      position_(chip.spec.vxm_position()),
      alus_(static_cast<std::size_t>(chip.spec.vxm_alus)) {
  for (Alu& alu : alus_) alu.ready.fill(-1);
}

void Vxm::require_reach(int alu, StreamGroup group, QueueId queue, Cycle now) const {
  if (alu_reaches(chip_.spec, alu, group)) [[likely]]
    return;
  check(false, chip_.path(queue), now,
        fmt::format("stream group {} is out of reach of row {}", to_string(group), alu / 4));
}

Vxm::OperandView Vxm::operand(const Instruction& i, Field field, int width, int lanes,
                              QueueId queue, Cycle now, std::vector<std::uint8_t>& scratch,
                              RowGroup& hold) {
  const Source source = i.source(field);
  const int index = chip_.queue_infos[static_cast<std::size_t>(queue)].index;
  int have = width;
  if (source.kind == Source::Kind::kImmediate) return {nullptr, true};
  if (source.kind == Source::Kind::kStream) {
    require_reach(index, source.stream, queue, now);
    have = source.stream.width;
    if (have == width) {
      return {sample_value(chip_, source.stream, lanes, position_, now, queue, hold, scratch),
              false};
    }
    sample_group(chip_, source.stream, position_, now, queue, hold);
  } else {
    check(source.kind == Source::Kind::kAlu, chip_.path(queue), now, "operand missing");
    const Alu& from = alus_[source.alu];
    const std::size_t at = static_cast<std::size_t>(now) % kDepth;
    if (!alus_chain(chip_.spec, source.alu, index) || from.ready[at] != now) [[unlikely]] {
      check(false, chip_.path(queue), now,
            fmt::format("operand missing: alu_{} delivers nothing here in this cycle", source.alu));
    }
    RowBlock* block = from.results[at].block();
    have = block->width;
    if (have == width && block->lanes >= lanes) return {block->data, false};
    for (int b = 0; b < have; ++b) {
      hold[static_cast<std::size_t>(b)] = Row(block, static_cast<std::uint8_t>(b));
    }
  }
  if (have == width) return {interleaved(hold.data(), width, lanes, scratch), false};
  check(is_bitwise(i.opcode) && have < width, chip_.path(queue), now,
        fmt::format("operand of {} bytes a lane, {} wanted", have, width));
  const auto bytes_a_lane = static_cast<std::size_t>(width);
  scratch.assign(static_cast<std::size_t>(lanes) * bytes_a_lane, 0);
  for (int lane = 0; lane < lanes; ++lane) {
    for (std::size_t b = 0; b < static_cast<std::size_t>(have); ++b) {
      scratch[static_cast<std::size_t>(lane) * bytes_a_lane + b] = hold[b].at(lane);
    }
  }
  return {scratch.data(), false};
}

RowBlock* Vxm::unary(const Instruction& i, int lanes, QueueId queue, Cycle now) {
  const int width = operand_width(i.opcode);
  const OperandView a =
      operand(i, Field::kSourceA, width, lanes, queue, now, scratch_[0], hold_[0]);
  check(!a.immediate, chip_.path(queue), now, "a unary instruction takes no immediate");
  RowBlock* z = chip_.pool.make(lanes, result_width(i.opcode));
  const auto n = static_cast<std::size_t>(lanes);
  std::uint8_t* out = z->storage;
  const std::uint8_t* in = a.bytes;
  if (i.opcode == Opcode::kPass) {
    std::memcpy(out, in, n * 4);
  } else if (i.opcode == Opcode::kNegF32) {
    simd::negate_f32(f32(in), f32(out), n);
  } else if (i.opcode == Opcode::kReluF32) {
    simd::relu_f32(f32(in), f32(out), n);
  } else if (i.opcode == Opcode::kTanhF32) {
    simd::tanh_f32(f32(in), f32(out), n);
  } else if (i.opcode == Opcode::kExpF32) {
    simd::exp_f32(f32(in), f32(out), n);
  } else if (i.opcode == Opcode::kRsqrtF32) {
    simd::rsqrt_f32(f32(in), f32(out), n);
  } else if (i.opcode == Opcode::kCvtF16F32) {
    simd::f16_to_f32(reinterpret_cast<const std::uint16_t*>(in), f32(out), n);
  } else if (i.opcode == Opcode::kCvtF32F16) {
    simd::f32_to_f16_saturating(f32(in), reinterpret_cast<std::uint16_t*>(out), n);
  } else if (i.opcode == Opcode::kCvtI8F32) {
    simd::i8_to_f32(reinterpret_cast<const std::int8_t*>(in), f32(out), n);
  } else if (i.opcode == Opcode::kCvtF32I8) {
    simd::f32_to_i8_saturating(f32(in), reinterpret_cast<std::int8_t*>(out), n);
  } else if (i.opcode == Opcode::kCvtI32F32) {
    simd::i32_to_f32(i32(in), f32(out), n);
  } else if (i.opcode == Opcode::kCvtF32I32) {
    simd::f32_to_i32_saturating(f32(in), i32(out), n);
  } else {
    check(false, chip_.path(queue), now, "not a unary instruction");
  }
  return z;
}

// One stream group arriving from both directions cannot enter one ALU (USQ).
void Vxm::require_one_way(const Instruction& i, QueueId queue, Cycle now) const {
  const Source a = i.source(Field::kSourceA);
  const Source b = i.source(Field::kSourceB);
  if (a.kind != Source::Kind::kStream || b.kind != Source::Kind::kStream) return;
  if (a.stream.direction == b.stream.direction || a.stream.first / 4 != b.stream.first / 4) return;
  check(false, chip_.path(queue), now,
        fmt::format("takes {} and {}: one stream group from both directions", to_string(a.stream),
                    to_string(b.stream)));
}

RowBlock* Vxm::binary(const Instruction& i, int lanes, QueueId queue, Cycle now) {
  const OperandView a = operand(i, Field::kSourceA, 4, lanes, queue, now, scratch_[0], hold_[0]);
  OperandView b = operand(i, Field::kSourceB, 4, lanes, queue, now, scratch_[1], hold_[1]);
  check(!a.immediate, chip_.path(queue), now, "only operand b may be an immediate");
  require_one_way(i, queue, now);
  RowBlock* z = chip_.pool.make(lanes, 4);
  const auto n = static_cast<std::size_t>(lanes);
  std::uint8_t* out = z->storage;
  if (b.immediate) {
    scratch_[1].resize(n * 4);
    const std::uint32_t bits = i.get(Field::kImmediate);
    for (std::size_t lane = 0; lane < n; ++lane) std::memcpy(&scratch_[1][lane * 4], &bits, 4);
    b.bytes = scratch_[1].data();
  }
  if (i.opcode == Opcode::kAddF32) {
    simd::add_f32(f32(a.bytes), f32(b.bytes), f32(out), n);
  } else if (i.opcode == Opcode::kSubF32) {
    simd::subtract_f32(f32(a.bytes), f32(b.bytes), f32(out), n);
  } else if (i.opcode == Opcode::kMulF32) {
    simd::multiply_f32(f32(a.bytes), f32(b.bytes), f32(out), n);
  } else if (i.opcode == Opcode::kMaxF32) {
    simd::max_f32(f32(a.bytes), f32(b.bytes), f32(out), n);
  } else if (i.opcode == Opcode::kMinF32) {
    simd::min_f32(f32(a.bytes), f32(b.bytes), f32(out), n);
  } else if (i.opcode == Opcode::kAddSatI32) {
    simd::add_saturating_i32(i32(a.bytes), i32(b.bytes), i32(out), n);
  } else if (i.opcode == Opcode::kSubSatI32) {
    simd::subtract_saturating_i32(i32(a.bytes), i32(b.bytes), i32(out), n);
  } else if (i.opcode == Opcode::kMulSatI32) {
    simd::multiply_saturating_i32(i32(a.bytes), i32(b.bytes), i32(out), n);
  } else if (i.opcode == Opcode::kAddModI32) {
    simd::add_modulo_i32(i32(a.bytes), i32(b.bytes), i32(out), n);
  } else if (i.opcode == Opcode::kAnd) {
    simd::and_u32(u32(a.bytes), u32(b.bytes), u32(out), n);
  } else if (i.opcode == Opcode::kOr) {
    simd::or_u32(u32(a.bytes), u32(b.bytes), u32(out), n);
  } else if (i.opcode == Opcode::kXor) {
    simd::xor_u32(u32(a.bytes), u32(b.bytes), u32(out), n);
  } else {
    check(false, chip_.path(queue), now, "not a binary instruction");
  }
  return z;
}

RowBlock* Vxm::accumulate(const Instruction& i, Alu& alu, int lanes, QueueId queue, Cycle now) {
  const auto n = static_cast<std::size_t>(lanes);
  const bool reads_old = i.opcode == Opcode::kAccRead || (i.get(Field::kFlags) & kFlagInit) == 0;
  check(!reads_old || !alu.accumulator.empty(), chip_.path(queue), now,
        "accumulator used before it was started");
  RowBlock* held = alu.accumulator.block();
  if (i.opcode == Opcode::kAccRead && held->lanes == lanes) return held;
  RowBlock* z = chip_.pool.make(lanes, 4);
  const Row rows[4] = {{held, 0}, {held, 1}, {held, 2}, {held, 3}};
  if (i.opcode == Opcode::kAccRead) {
    std::memcpy(z->storage, interleaved(rows, 4, lanes, scratch_[1]), n * 4);
    return z;
  }
  const OperandView a = operand(i, Field::kSourceA, 4, lanes, queue, now, scratch_[0], hold_[0]);
  check(!a.immediate, chip_.path(queue), now, "an accumulator takes no immediate");
  if (!reads_old) {
    std::memcpy(z->storage, a.bytes, n * 4);
  } else {
    const std::uint8_t* old = interleaved(rows, 4, lanes, scratch_[1]);
    if (i.opcode == Opcode::kAccAddF32) simd::add_f32(f32(old), f32(a.bytes), f32(z->storage), n);
    if (i.opcode == Opcode::kAccMaxF32) simd::max_f32(f32(old), f32(a.bytes), f32(z->storage), n);
    if (i.opcode == Opcode::kAccOr) simd::or_u32(u32(old), u32(a.bytes), u32(z->storage), n);
  }
  alu.accumulator = Row(z, 0);
  return z;
}

void Vxm::deliver(const Instruction& i, int index, RowBlock* result, QueueId queue, Cycle now) {
  Alu& alu = alus_[static_cast<std::size_t>(index)];
  const Cycle ready = now + info(i.opcode).result_cycles;
  const std::size_t at = static_cast<std::size_t>(ready) % kDepth;
  alu.results[at] = Row(result, 0);
  alu.ready[at] = ready;
  const auto out = i.result();
  if (!out) return;
  require_reach(index, *out, queue, now);
  check(out->width <= result->width, chip_.path(queue), now, "result narrower than its streams");
  chip_.fabric.drive(*out, chip_.spec.vxm_result_position(out->direction), ready, result, queue);
}

void Vxm::dispatch(const Instruction& i, int, QueueId queue, Cycle now) {
  const int index = chip_.queue_infos[static_cast<std::size_t>(queue)].index;
  const int lanes = static_cast<int>(i.get(Field::kSuperlanes)) * chip_.spec.lanes_per_superlane;
  if (lanes <= 0 || lanes > chip_.spec.lanes()) [[unlikely]] {
    check(false, chip_.path(queue), now,
          fmt::format("{} superlanes active, the chip has {}", i.get(Field::kSuperlanes),
                      chip_.spec.superlanes));
  }
  ++operations_;
  Alu& alu = alus_[static_cast<std::size_t>(index)];
  const bool accumulator = i.opcode == Opcode::kAccAddF32 || i.opcode == Opcode::kAccMaxF32 ||
                           i.opcode == Opcode::kAccOr || i.opcode == Opcode::kAccRead;
  RowBlock* z = nullptr;
  if (accumulator) {
    z = accumulate(i, alu, lanes, queue, now);
  } else if (info(i.opcode).format == Format::kBinary) {
    z = binary(i, lanes, queue, now);
  } else {
    z = unary(i, lanes, queue, now);
  }
  deliver(i, index, z, queue, now);
}

}  // namespace metronome::lpu
