// SPDX-License-Identifier: Apache-2.0
// The int8 vector x matrix ladder that a user measured out on silicon, and what bounds the feeding
// of the planes. Source keys as in opcodes.def.
#include <gtest/gtest.h>

#include "hw/isa/error.h"
#include "tests/harness/lpu_bench.h"
#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr std::uint32_t kSeed = 4076;

int result_of(Opcode op) { return info(op).result_cycles; }

// UBIG: MATMULDELAY = 4 + 9 + 3 + 13 + 34 + 19 - 6 = 76.
struct MatrixLadder {
  int to_edge;   // quad 7, the farthest of slices 28..43, to the memory edge
  int crossing;  // IO hops, then LW
  int install;
  int multiply;
  int accumulate;
  int to_alu;  // edge to an ALU's operand sample: IO, hemisphere, VXM entry
  int nearer;  // slices 8..11 stand that much before the ALU

  explicit MatrixLadder(const ChipSpec& spec)
      : to_edge(spec.quads() - 28 / spec.slices_per_hop),
        crossing(spec.io_hops + result_of(Opcode::kLwI8)),
        install(result_of(Opcode::kIwI8)),
        multiply(result_of(Opcode::kAbcI8)),
        accumulate(result_of(Opcode::kAccI32)),
        to_alu(spec.io_hops + spec.quads() + spec.vxm_entry_hops),
        nearer(spec.slice_position(kEast, 8) - spec.vxm_position()) {}

  Cycle load() const { return to_edge + crossing - result_of(Opcode::kLwI8); }
  Cycle start_install() const { return to_edge + crossing; }
  Cycle start_multiply() const { return start_install() + install; }
  Cycle start_accumulate() const { return start_multiply() + multiply; }
  Cycle emitted() const { return start_accumulate() + accumulate; }
  Cycle total() const { return emitted() + to_alu - nearer; }
};

TEST(MatrixLadder, EachTermFollowsFromSpecAndTable) {
  const MatrixLadder ladder(groq1());
  EXPECT_EQ(ladder.to_edge, 4);
  EXPECT_EQ(ladder.crossing, 9);
  EXPECT_EQ(ladder.install, 3);
  EXPECT_EQ(ladder.multiply, 13);
  EXPECT_EQ(ladder.accumulate, 34);
  EXPECT_EQ(ladder.to_alu, 19);
  EXPECT_EQ(ladder.nearer, 6);
  EXPECT_EQ(ladder.total(), 76);
}

/// The ladder with all operands as late as they may be; `on_stream` is the cycle in which the
/// first weight bytes are on the stream. The result is written to slices 8..11 `hurry` early.
ProgramBuilder int8_product(const Bench& bench, Cycle on_stream, Cycle hurry) {
  const MatrixLadder ladder(bench.spec());
  const Position edge = bench.edge(kEast);
  ProgramBuilder program;
  bench.feed(program, kEast, 28, 0, east(0, 16), edge, on_stream + ladder.load());
  const QueueId weights = bench.mxm(kEast, 0, Unit::kMxmWeights);
  program.at(on_stream + ladder.load())
      .on(weights)
      .issue(load_weights(Opcode::kLwI8, 0, east(0, 16)));
  program.at(on_stream + ladder.start_install()).on(weights).issue(install(Opcode::kIwI8, 16));
  bench.feed(program, kEast, 24, 0, east(16), edge, on_stream + ladder.start_multiply());
  program.at(on_stream + ladder.start_multiply())
      .on(bench.mxm(kEast, 0, Unit::kMxmActivations))
      .issue(activate(Opcode::kAbcI8, east(16), 20));
  program.at(on_stream + ladder.start_accumulate())
      .on(bench.mxm(kEast, 0, Unit::kMxmAccumulate))
      .issue(accumulate(Opcode::kAccI32, 0, kFlagEmit, west(0, 4)));
  for (int b = 0; b < 4; ++b) {
    program.at(on_stream + ladder.total() - hurry)
        .on(bench.mem(kEast, 8 + b))
        .issue(write(1, west(b)));
  }
  return program;
}

TEST(MatrixLadder, AnInt8VectorTimesMatrixTakes76CyclesOnTheChip) {
  Bench bench(groq1());
  const int lanes = bench.spec().lanes();
  std::vector<Bytes> weights;
  for (int r = 0; r < 16; ++r) {
    weights.push_back(
        random_bytes(kSeed + static_cast<std::uint32_t>(r), static_cast<std::size_t>(lanes)));
    bench.put(kEast, 28 + r, 0, 1, weights.back());
  }
  const Bytes activations = random_bytes(kSeed, static_cast<std::size_t>(lanes));
  bench.put(kEast, 24, 0, 1, activations);
  constexpr Cycle kOnStream = 10;
  const ProgramBuilder program = int8_product(bench, kOnStream, 0);
  // The farthest weights are read first: theirs are the first bytes on a stream.
  Cycle first_weight_read = 1000;
  for (const QueueProgram& queue : program.build().queues) {
    if (queue.queue >= bench.mem(kEast, 28) && queue.queue <= bench.mem(kEast, 43)) {
      first_weight_read = std::min(first_weight_read, queue.issues.front().cycle);
    }
  }
  EXPECT_EQ(first_weight_read + result_of(Opcode::kRead), kOnStream);
  EXPECT_NE(bench.error_of(int8_product(bench, kOnStream, 1)).find("operand missing"),
            std::string::npos);
  EXPECT_EQ(bench.run(program), barrier_cycles() + kOnStream + 76 + result_of(Opcode::kWrite));
  EXPECT_EQ(bench.get(kEast, 8, 1, 4), multiplied_i8(weights, activations, 320, lanes));
}

// CARD, SURV: 88 slices of 2.5 MiB; CARD: 2 x 32 x 320 B/cycle; SHIP Table 2 agrees.
TEST(StreamBound, AFullSramSweepOverTheStreamsTakes11264Cycles) {
  const ChipSpec spec = groq1();
  const std::int64_t cross_section = std::int64_t{2} * spec.streams * spec.lanes();
  EXPECT_EQ(cross_section, 20'480);
  EXPECT_EQ(spec.sram_bytes(), std::int64_t{220} << 20);
  EXPECT_EQ(spec.sram_bytes() / cross_section, 11'264);
  EXPECT_EQ(spec.sram_bytes() % cross_section, 0);
  // CARD p.5: one read and one write a slice and cycle, 56,320 B.
  EXPECT_EQ(2 * spec.mem_slices * 2 * spec.lanes(), 56'320);
}

TEST(StreamBound, TheCrossSectionAtTheVectorUnitCarries20480BytesEveryCycle) {
  Bench bench(groq1());
  const ChipSpec& spec = bench.spec();
  constexpr int kCycles = 48;
  constexpr Cycle kFirst = 20;
  ProgramBuilder program;
  for (Hemisphere h : {Hemisphere::kWest, Hemisphere::kEast}) {
    for (int s = 0; s < spec.streams; ++s) {
      for (int a = 0; a < kCycles; ++a) {
        bench.put(h, s, a, 1, Bytes(320, static_cast<std::uint8_t>(a)));
      }
      const StreamGroup stream{inward(h), static_cast<std::uint8_t>(s), 1};
      bench.feed(program, h, s, 0, stream, bench.centre(), kFirst, kCycles, 1, 1);
    }
  }
  bench.run(program);
  std::int64_t bytes = 0;
  for (int c = 0; c < kCycles; ++c) {
    for (Direction d : {Direction::kEast, Direction::kWest}) {
      for (int s = 0; s < spec.streams; ++s) {
        const StreamGroup stream{d, static_cast<std::uint8_t>(s), 1};
        const Bytes row = bench.passed(stream, bench.centre(), barrier_cycles() + kFirst + c);
        ASSERT_EQ(row, Bytes(320, static_cast<std::uint8_t>(c))) << to_string(stream) << " " << c;
        bytes += static_cast<std::int64_t>(row.size());
      }
    }
  }
  EXPECT_EQ(bytes, std::int64_t{kCycles} * 20'480);
  EXPECT_EQ(bench.chip().fabric().values_driven() * spec.lanes(), bytes);
}

// LIN, derived: 144 = 2 x (6 + 14 + 44) + 16.
TEST(Queues, ThereAre144OfThem) { EXPECT_EQ(groq1().queue_count(), 144); }

}  // namespace
}  // namespace metronome::lpu::testing
