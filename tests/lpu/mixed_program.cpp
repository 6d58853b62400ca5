// SPDX-License-Identifier: Apache-2.0
#include "tests/lpu/mixed_program.h"

#include <bit>

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kSides[] = {Hemisphere::kWest, Hemisphere::kEast};
constexpr std::uint32_t kSeed = 144;
constexpr int kVectors = 4;
constexpr Cycle kLoad = 30;
constexpr Cycle kMultiply = kLoad + 2 + 5 + 3;  // three loads, LW, IW
constexpr Cycle kSwitch = 120;

StreamGroup out_of(Hemisphere h, int first, int width = 1) {
  return {outward(h), static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(width)};
}
StreamGroup into(Hemisphere h, int first, int width = 1) {
  return {inward(h), static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(width)};
}

// The two sides meet in one ALU, which takes no group from both directions.
int result_stream(Hemisphere h) { return h == Hemisphere::kEast ? 4 : 0; }

void multiply(ProgramBuilder& p, const Bench& bench, Hemisphere h) {
  const Position edge = bench.edge(h);
  bench.feed(p, h, 28, 0, out_of(h, 0, 16), edge, kLoad, 3, 1, 1);
  const QueueId weights = bench.mxm(h, 0, Unit::kMxmWeights);
  p.at(kLoad).on(weights).issue(load_weights(Opcode::kLwI8, 0, out_of(h, 0, 16)), 3);
  p.at(kLoad + 2 + 5).on(weights).issue(install(Opcode::kIwI8, 48));
  bench.feed(p, h, 24, 0, out_of(h, 16), edge, kMultiply, kVectors, 1, 1);
  p.at(kMultiply)
      .on(bench.mxm(h, 0, Unit::kMxmActivations))
      .issue(activate(Opcode::kAbcI8, out_of(h, 16), 3), kVectors);
  p.at(kMultiply + 13)
      .on(bench.mxm(h, 0, Unit::kMxmAccumulate))
      .issue(accumulate(Opcode::kAccI32, 0, kFlagEmit, into(h, result_stream(h), 4)), kVectors);
}

/// int32 sums of both sides -> fp32 -> scaled -> ReLU -> int8, and the maximum over the vectors.
void requantise(ProgramBuilder& p, const Bench& bench) {
  const Cycle at_alus = kMultiply + 13 + 34 + bench.spec().edge_hops();
  const auto alu = [&](int index, int stage) -> ProgramBuilder& {
    return p.at(at_alus + 3 * stage).on(bench.alu(index));
  };
  alu(0, 0).issue(unstreamed(binary(Opcode::kAddSatI32, Source::from(east(0, 4)),
                                    Source::from(west(4, 4)), {}, 3)),
                  kVectors);
  alu(1, 1).issue(unstreamed(unary(Opcode::kCvtI32F32, Source::from_alu(0), {}, 3)), kVectors);
  const auto scale = std::bit_cast<std::uint32_t>(1.0F / 512.0F);
  alu(4, 2).issue(unstreamed(immediate(Opcode::kMulF32, Source::from_alu(1), scale, {}, 3)),
                  kVectors);
  alu(5, 3).issue(unstreamed(unary(Opcode::kReluF32, Source::from_alu(4), {}, 3)), kVectors);
  alu(8, 4).issue(unary(Opcode::kCvtF32I8, Source::from_alu(5), east(20), 3), kVectors);
  alu(9, 4).issue(unstreamed(unary(Opcode::kAccMaxF32, Source::from_alu(5), {}, 3, kFlagInit)));
  p.at(at_alus + 13)
      .on(bench.alu(9))
      .issue(unstreamed(unary(Opcode::kAccMaxF32, Source::from_alu(5), {}, 3)), kVectors - 1);
  p.at(at_alus + 12 + kVectors).on(bench.alu(9)).issue(unary(Opcode::kAccRead, {}, west(24, 4), 3));
  const ChipSpec& spec = bench.spec();
  bench.capture(p, Hemisphere::kEast, 0, 100, east(20), spec.vxm_result_position(Direction::kEast),
                at_alus + 15, kVectors, 1, 1);
  bench.capture(p, Hemisphere::kWest, 0, 100, west(24, 4),
                spec.vxm_result_position(Direction::kWest), at_alus + 12 + kVectors + 3);
}

void switch_lanes(ProgramBuilder& p, const Bench& bench, Hemisphere h) {
  const Position edge = bench.edge(h);
  bench.feed(p, h, 8, 0, out_of(h, 16, 16), edge, kSwitch);
  p.at(kSwitch)
      .on(bench.sxm(h, Unit::kSxmTranspose, 1))
      .issue(transpose(out_of(h, 16, 16), into(h, 16, 16)));
  bench.capture(p, h, 8, 60, into(h, 16, 16), edge, kSwitch + 4);
  p.at(kSwitch)
      .on(bench.sxm(h, Unit::kSxmShift))
      .issue(shift(Opcode::kShiftNorth, 5, out_of(h, 16, 4), into(h, 0, 4)));
  bench.capture(p, h, 24, 60, into(h, 0, 4), edge, kSwitch + 2);
}

void index_memory(ProgramBuilder& p, const Bench& bench, Hemisphere h) {
  const Position place = bench.column(h, 6);
  bench.feed(p, h, 0, 0, out_of(h, 1), place, kSwitch);
  bench.feed(p, h, 1, 0, out_of(h, 2), place, kSwitch + 1);
  p.at(kSwitch).on(bench.mem(h, 6)).issue(gather(0, out_of(h, 1), out_of(h, 3)));
  p.at(kSwitch + 1).on(bench.mem(h, 6)).issue(write(70, out_of(h, 3)));
  p.at(kSwitch + 1).on(bench.mem(h, 7)).issue(scatter(64, out_of(h, 3), out_of(h, 2)));
}

}  // namespace

ChipSpec mixed_spec() {
  ChipSpec spec = groq1();
  spec.superlanes = 3;
  spec.words_per_bank = 64;
  return spec;
}

void put_mixed_operands(Bench& bench) {
  std::uint32_t seed = kSeed;
  for (Hemisphere h : kSides) {
    for (int slice = 0; slice < bench.spec().mem_slices; ++slice) {
      for (int address = 0; address < 5; ++address) {
        bench.put(h, slice, address, 1, random_bytes(seed++, 48));
      }
    }
    for (int slice : {0, 1}) {
      Bytes map(48);
      for (std::size_t s = 0; s < 3; ++s) map[16 * s] = static_cast<std::uint8_t>((s + seed) % 5);
      bench.put(h, slice, 0, 1, map);
    }
  }
}

ProgramBuilder mixed_program(const Bench& bench) {
  ProgramBuilder p;
  for (Hemisphere h : kSides) {
    multiply(p, bench, h);
    switch_lanes(p, bench, h);
    index_memory(p, bench, h);
  }
  requantise(p, bench);
  return p;
}

std::vector<Bytes> memory_of(Bench& bench) {
  std::vector<Bytes> all;
  for (Hemisphere h : kSides) {
    for (int slice = 0; slice < bench.spec().mem_slices; ++slice) {
      for (int address = 0; address < bench.spec().words_per_slice(); ++address) {
        all.push_back(bench.holds(h, slice, address) ? bench.get(h, slice, address, 1) : Bytes());
      }
    }
  }
  return all;
}

}  // namespace metronome::lpu::testing
