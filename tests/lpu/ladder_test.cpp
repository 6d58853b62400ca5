// SPDX-License-Identifier: Apache-2.0
// Published and derived times of the machine, each computed term by term from spec and table and
// run on the chip. Source keys as in opcodes.def.
#include <gtest/gtest.h>

#include "hw/isa/error.h"
#include "tests/harness/lpu_bench.h"
#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr std::uint32_t kSeed = 76;

int result_of(Opcode op) { return info(op).result_cycles; }

/// The column past the outermost quad, where memory ends and the crossing to SXM begins.
Position memory_edge(const ChipSpec& spec) { return spec.edge_position(kEast) - spec.io_hops; }

bool passes(Bench& bench, StreamGroup stream, Position place, Cycle when) {
  try {
    bench.passed(stream, place, when);
    return true;
  } catch (const InvariantError&) {
    return false;
  }
}

/// [rows][lanes] random weights in slices first .. first + 15 of `h`, row r in slice first + r % 16
/// at address r / 16.
std::vector<Bytes> put_weights(Bench& bench, Hemisphere h, int first_slice, int rows) {
  std::vector<Bytes> weights;
  for (int r = 0; r < rows; ++r) {
    weights.push_back(random_bytes(kSeed + static_cast<std::uint32_t>(r),
                                   static_cast<std::size_t>(bench.spec().lanes())));
    bench.put(h, first_slice + r % 16, r / 16, 1, weights.back());
  }
  return weights;
}

// Barrier: ISCA20, recalled; FTLPU uses 35.
TEST(Ladder, TheBarrierTakes35Cycles) {
  Bench bench(teaching());
  EXPECT_EQ(result_of(Opcode::kNotify), 35);
  EXPECT_EQ(bench.run(ProgramBuilder()), 35);
  bench.put(kEast, 0, 0, 1, Bytes(16));
  ProgramBuilder program;
  program.at(0).on(bench.mem(kEast, 0)).issue(read(0, east(0)));
  const Cycle notified = bench.chip().now();
  EXPECT_EQ(bench.run(program), 35 + result_of(Opcode::kRead));
  EXPECT_TRUE(passes(bench, east(0), bench.column(kEast, 0), notified + 35 + 1));
}

// USQ: a hemisphere crossing is 44//4 = 11 cycles.
TEST(Ladder, AHemisphereIsCrossedIn11Hops) {
  Bench bench(groq1());
  const ChipSpec& spec = bench.spec();
  EXPECT_EQ(memory_edge(spec) - spec.slice_position(kEast, 0), 11);
  bench.put(kEast, 0, 0, 1, Bytes(320));
  ProgramBuilder program;
  program.at(0).on(bench.mem(kEast, 0)).issue(read(0, east(0)));
  bench.run(program);
  const Cycle on_stream = barrier_cycles() + 1;
  EXPECT_TRUE(passes(bench, east(0), memory_edge(spec), on_stream + 11));
  EXPECT_FALSE(passes(bench, east(0), memory_edge(spec), on_stream + 10));
  EXPECT_FALSE(passes(bench, east(0), memory_edge(spec), on_stream + 12));
}

// USQ: transit from slice 14 to the SXM side is 44//4 - 14//4 = 8 cycles.
TEST(Ladder, Slice14Is8HopsFromTheSwitchSide) {
  Bench bench(groq1());
  const ChipSpec& spec = bench.spec();
  EXPECT_EQ(memory_edge(spec) - spec.slice_position(kEast, 14), 8);
  bench.put(kEast, 14, 0, 1, Bytes(320));
  ProgramBuilder program;
  program.at(0).on(bench.mem(kEast, 14)).issue(read(0, east(0)));
  bench.run(program);
  EXPECT_TRUE(passes(bench, east(0), memory_edge(spec), barrier_cycles() + 1 + 8));
  EXPECT_FALSE(passes(bench, east(0), memory_edge(spec), barrier_cycles() + 1 + 7));
}

// USQ: 3 cycles an ALU op, 4 entry (5 with the read), 0 exit.
TEST(Ladder, AnAluOperandEntersIn4CyclesAndTheResultIsOnTheFirstQuad3Later) {
  Bench bench(groq1());
  EXPECT_EQ(bench.spec().vxm_entry_hops, 4);
  EXPECT_EQ(result_of(Opcode::kAddF32), 3);
  const Bytes row = random_bytes(kSeed, 320 * 4);
  bench.put(kEast, 0, 0, 4, row);
  ProgramBuilder program;
  for (int b = 0; b < 4; ++b) program.at(0).on(bench.mem(kEast, b)).issue(read(0, west(b)));
  program.at(5)
      .on(bench.alu(0))
      .issue(unary(Opcode::kPass, Source::from(west(0, 4)), east(4, 4), 20));
  for (int b = 0; b < 4; ++b)
    program.at(5 + 3).on(bench.mem(kEast, b)).issue(write(1, east(4 + b)));
  bench.run(program);
  EXPECT_EQ(bench.get(kEast, 0, 1, 4), row);
}

// USQ: distributor 2 (1 pre-entry + 1 op), transposer 4.
TEST(Ladder, ADistributorTakes2CyclesAndATransposer4) {
  EXPECT_EQ(result_of(Opcode::kDistribute), 2);
  EXPECT_EQ(result_of(Opcode::kTranspose), 4);
  Bench bench(groq1());
  for (int s = 28; s < 44; ++s) bench.put(kEast, s, 0, 1, Bytes(320, 1));
  ProgramBuilder program;
  bench.feed(program, kEast, 28, 0, east(0, 16), bench.edge(kEast), 30);
  const std::array<std::uint8_t, 16> map{};
  program.at(30)
      .on(bench.sxm(kEast, Unit::kSxmDistribute))
      .issue(distribute(map, east(0), west(0)));
  program.at(30)
      .on(bench.sxm(kEast, Unit::kSxmTranspose))
      .issue(transpose(east(0, 16), west(16, 16)));
  bench.run(program);
  const Cycle sampled = barrier_cycles() + 30;
  EXPECT_TRUE(passes(bench, west(0), bench.edge(kEast), sampled + 2));
  EXPECT_FALSE(passes(bench, west(0), bench.edge(kEast), sampled + 1));
  EXPECT_TRUE(passes(bench, west(16), bench.edge(kEast), sampled + 4));
  EXPECT_FALSE(passes(bench, west(16), bench.edge(kEast), sampled + 3));
}

// Derived: 320 rows over 16 streams; [D] in the dossier's MXM section, UBIG for LW and IW.
TEST(Ladder, AnInt8PlaneIsLoadedFrom16StreamsIn20Cycles) {
  Bench bench(groq1());
  const int lanes = bench.spec().lanes();
  const int loads = lanes * lanes / (16 * lanes);
  EXPECT_EQ(loads, 20);
  const std::vector<Bytes> weights = put_weights(bench, kEast, 28, lanes);
  const Bytes activations = random_bytes(kSeed + 999, static_cast<std::size_t>(lanes));
  bench.put(kEast, 24, 0, 1, activations);
  const QueueId queue = bench.mxm(kEast, 0, Unit::kMxmWeights);
  const auto ladder = [&](int cycles) {
    constexpr Cycle kFirst = 30;
    ProgramBuilder program;
    bench.feed(program, kEast, 28, 0, east(0, 16), bench.edge(kEast), kFirst, cycles, 1, 1);
    program.at(kFirst).on(queue).issue(load_weights(Opcode::kLwI8, 0, east(0, 16)), cycles);
    const Cycle loaded = kFirst + cycles - 1 + result_of(Opcode::kLwI8);
    program.at(loaded).on(queue).issue(install(Opcode::kIwI8, lanes));
    const Cycle ready = loaded + result_of(Opcode::kIwI8);
    bench.feed(program, kEast, 24, 0, east(16), bench.edge(kEast), ready);
    program.at(ready)
        .on(bench.mxm(kEast, 0, Unit::kMxmActivations))
        .issue(activate(Opcode::kAbcI8, east(16), 20));
    const Cycle product = ready + result_of(Opcode::kAbcI8);
    program.at(product)
        .on(bench.mxm(kEast, 0, Unit::kMxmAccumulate))
        .issue(accumulate(Opcode::kAccI32, 0, kFlagEmit, west(0, 4)));
    bench.capture(program, kEast, 8, 7, west(0, 4), bench.edge(kEast),
                  product + result_of(Opcode::kAccI32));
    return program;
  };
  EXPECT_NE(bench.error_of(ladder(19)).find("installs 320 rows, fewer loaded"), std::string::npos);
  EXPECT_EQ(bench.error_of(ladder(20)), "");
  EXPECT_EQ(bench.get(kEast, 8, 7, 4), multiplied_i8(weights, activations, 320, lanes));
  EXPECT_EQ(bench.chip().macs(), 320 * 320);
}

// ISCA20, recalled: all four planes in less than 40 cycles including SRAM and transit. Here the
// last weight is in its buffer after 1 + 12 + 19 + 5 = 37 and in the array 3 later, in 40: the
// nearest 32 slices reach down to quad 3, and UBIG's crossing of 9 and install of 3 are kept.
TEST(Ladder, AllFourPlanesAreLoadedIn37CyclesFromTheFirstReadAndInstalledIn40) {
  Bench bench(groq1());
  const ChipSpec& spec = bench.spec();
  const int transit = spec.edge_position(kEast) - spec.slice_position(kEast, 12);
  const Cycle loaded = result_of(Opcode::kRead) + transit + 19 + result_of(Opcode::kLwI8);
  EXPECT_LT(loaded, 40);
  EXPECT_EQ(loaded, 37);
  const Cycle installed = loaded + result_of(Opcode::kIwI8);
  EXPECT_EQ(installed, 40);

  ProgramBuilder program;
  Cycle first_read = 1000;
  const Cycle first_load = result_of(Opcode::kRead) + transit;
  for (Hemisphere h : {Hemisphere::kWest, Hemisphere::kEast}) {
    for (int plane = 0; plane < 2; ++plane) {
      const int slice = plane == 0 ? 28 : 12;
      put_weights(bench, h, slice, 320);
      const StreamGroup streams{outward(h), static_cast<std::uint8_t>(16 * plane), 16};
      bench.feed(program, h, slice, 0, streams, bench.edge(h), first_load, 20, 1, 1);
      const QueueId queue = bench.mxm(h, plane, Unit::kMxmWeights);
      program.at(first_load).on(queue).issue(load_weights(Opcode::kLwI8, 0, streams), 20);
      program.at(loaded).on(queue).issue(install(Opcode::kIwI8, 320));
    }
  }
  for (const QueueProgram& queue : program.build().queues) {
    first_read = std::min(first_read, queue.issues.front().cycle);
  }
  EXPECT_EQ(first_read, 0);
  EXPECT_EQ(bench.run(program), barrier_cycles() + installed);
  EXPECT_EQ(bench.chip().fabric().values_driven(), 4 * 320);  // of 320 weights each: 409,600
}

}  // namespace
}  // namespace metronome::lpu::testing
