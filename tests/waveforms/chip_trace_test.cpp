// SPDX-License-Identifier: Apache-2.0
// The real chip under the trace: what it records is what the chip computed, and recording it
// changes nothing.
#include <array>

#include "tests/harness/lpu_bench.h"
#include "tests/waveforms/trace_fixture.h"
#include "waveforms/trace_estimate.h"

namespace metronome::waveforms::testing {
namespace {

using lpu::Cycle;
using lpu::Direction;
using lpu::Hemisphere;
using lpu::Opcode;
using lpu::Source;
using lpu::Unit;
using lpu::testing::Bench;
using lpu::testing::Bytes;
using lpu::testing::ProgramBuilder;

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr Hemisphere kWest = Hemisphere::kWest;
constexpr int kVectors = 6;

void put_operands(Bench& bench) {
  for (const Hemisphere h : {kWest, kEast}) {
    for (int slice = 0; slice < 32; ++slice) {
      for (int address = 0; address < kVectors; ++address) {
        const auto seed = static_cast<std::uint32_t>(1 + slice + 64 * address);
        bench.put(h, slice, address, 1,
                  lpu::testing::random_bytes(seed, static_cast<std::size_t>(bench.spec().lanes())));
      }
    }
  }
}

/// Vectors cross both hemispheres, some are replaced on their way by a slice further down, the
/// VXM answers westward, a plane multiplies, and slices write what arrives while they read.
ProgramBuilder program_of(const Bench& bench) {
  using lpu::testing::east;
  using lpu::testing::west;
  ProgramBuilder p;
  const lpu::Position edge = bench.edge(kEast);
  bench.feed(p, kWest, 0, 0, east(0, 4), bench.centre(), 24, kVectors, 1, 1);
  bench.feed(p, kEast, 4, 0, east(0, 1), edge, 24 + edge - bench.centre(), 2);
  bench.feed(p, kEast, 8, 0, west(8, 2), 0, 60, kVectors, 2, 1);
  p.at(24).on(bench.alu(0));
  p.issue(lpu::testing::unary(Opcode::kNegF32, Source::from(east(0, 4)), west(0, 4), 1), kVectors);
  bench.capture(p, kWest, 4, 100, west(0, 4), bench.spec().vxm_result_position(Direction::kWest),
                27, kVectors, 1, 1);
  bench.feed(p, kEast, 12, 0, east(16, 1), edge, 48, kVectors, 1, 1);
  bench.feed(p, kEast, 16, 0, east(0, 16), edge, 40);
  p.at(40).on(bench.mxm(kEast, 1, Unit::kMxmWeights));
  p.issue(lpu::testing::load_weights(Opcode::kLwI8, 0, east(0, 16)));
  p.at(45).issue(lpu::testing::install(Opcode::kIwI8, 16));
  p.at(48).on(bench.mxm(kEast, 1, Unit::kMxmActivations));
  p.issue(lpu::testing::activate(Opcode::kAbcI8, east(16), 1), kVectors);
  p.at(48 + 13).on(bench.mxm(kEast, 1, Unit::kMxmAccumulate));
  p.issue(lpu::testing::accumulate(Opcode::kAccI32, 0, lpu::kFlagEmit, west(16, 4)), kVectors);
  return p;
}

class ChipTraceTest : public TraceFixture {
 protected:
  ChipTraceTest() {
    spec_ = lpu::teaching();
    put_operands(bench_);
  }
  std::unique_ptr<LpuTrace> open(TraceOptions options) {
    auto trace = std::make_unique<LpuTrace>(path(), spec_, std::move(options));
    bench_.chip().observe(trace.get());
    return trace;
  }

  Bench bench_{lpu::teaching()};
};

std::string bits_of(const Bytes& lanes) {
  std::string bits;
  for (std::size_t lane = 16; lane-- > 0;) {
    for (int bit = 7; bit >= 0; --bit) bits += ((lanes[lane] >> bit) & 1) != 0 ? '1' : '0';
  }
  const std::size_t one = bits.find('1');
  return one == std::string::npos ? "0" : bits.substr(one);
}

TEST_F(ChipTraceTest, EveryRegisterInEveryCycleHoldsWhatTheChipHolds) {
  const auto trace = open({.filters = {"streams"}});
  const Cycle end = bench_.run(program_of(bench_));
  trace->finish(end);
  const VcdFile file = parse_vcd(read_text(path()));
  int held = 0;
  for (int line = 0; line < 64; ++line) {
    const auto direction = static_cast<Direction>(line / 32);
    for (int x = 0; x < spec_.positions(); ++x) {
      const std::string reg = path_of(StreamRegister{direction, line % 32, x});
      for (Cycle cycle = 35; cycle <= end; ++cycle) {
        const std::int64_t ps = clock_.start_ps(cycle);
        Bytes lanes;
        try {
          lanes = bench_.passed({direction, static_cast<std::uint8_t>(line % 32), 1}, x, cycle);
        } catch (const InvariantError&) {
          ASSERT_EQ(file.at(reg + ".valid", ps), "0") << reg << " in " << cycle;
          continue;
        }
        ++held;
        ASSERT_EQ(file.at(reg + ".valid", ps), "1") << reg << " in " << cycle;
        ASSERT_EQ(file.at(reg + ".data", ps), bits_of(lanes)) << reg << " in " << cycle;
      }
    }
  }
  EXPECT_GT(held, 1000);
}

TEST_F(ChipTraceTest, TracingChangesNoCycleAndNoResult) {
  const ProgramBuilder program = program_of(bench_);
  const Cycle plain = bench_.run(program);
  std::vector<Bytes> results;
  for (int i = 0; i < kVectors; ++i) {
    results.push_back(bench_.get(kWest, 4, 100 + i, 4));
    bench_.put(kWest, 4, 100 + i, 4, Bytes(64, 0xEE));
  }
  const auto trace = open({.first_cycle = plain});
  EXPECT_EQ(bench_.run(program), plain);
  trace->finish(bench_.chip().now());
  bench_.chip().observe(nullptr);
  for (int i = 0; i < kVectors; ++i) {
    EXPECT_EQ(bench_.get(kWest, 4, 100 + i, 4), results[static_cast<std::size_t>(i)]);
  }
  const VcdFile file = parse_vcd(read_text(path()));
  EXPECT_EQ(file.last_time, clock_.start_ps(2 * plain));
  EXPECT_EQ(toggles(file), 2 * static_cast<std::size_t>(plain));
}

TEST_F(ChipTraceTest, TheQueuesShowTheSchedule) {
  const auto trace = open({});
  const lpu::Program program = program_of(bench_).build();
  const Cycle end = bench_.chip().run(program);
  trace->finish(end);
  const VcdFile file = parse_vcd(read_text(path()));
  const std::vector<lpu::QueueInfo> infos = lpu::queues(spec_);
  std::int64_t issues = 0;
  for (const lpu::QueueProgram& queue : program.queues) {
    for (const lpu::Issue& issue : queue.issues) {
      issues += issue.count;
      for (int r = 0; r < issue.count; ++r) {
        const Cycle cycle = 35 + issue.cycle + r * issue.stride;
        const std::string path = infos[static_cast<std::size_t>(queue.queue)].path;
        const std::string shown = in(file, path + ".op", cycle);
        EXPECT_NE(shown.find(lpu::info(issue.instruction.opcode).mnemonic), std::string::npos)
            << path << " in " << cycle << " shows " << shown;
      }
    }
  }
  std::int64_t recorded = 0;
  for (const std::int64_t count : trace->summary().queue_issues) recorded += count;
  EXPECT_EQ(recorded, issues);
  const Cycle first = 35 + 24 - bench_.spec().vxm_position() + bench_.column(kWest, 0) - 1;
  EXPECT_EQ(in(file, "mem_w.slice_0.operands", first), "address=0,out=E0");
}

TEST_F(ChipTraceTest, AFaultyProgramLeavesTheCycleOfItsFault) {
  auto trace = open({});
  ProgramBuilder faulty;
  faulty.at(20).on(bench_.mem(kWest, 3)).issue(lpu::testing::write(9, lpu::testing::east(0)));
  EXPECT_NE(bench_.error_of(faulty), "");
  bench_.chip().observe(nullptr);
  trace.reset();
  const VcdFile file = parse_vcd(read_text(path()));
  EXPECT_TRUE(noted(file, "The run broke off in cycle 55."));
  EXPECT_EQ(in(file, "mem_w.slice_3.op", 55), "Write");
}

TEST_F(ChipTraceTest, TheSizeIsKnownWithinAFactorOfTwoBeforeTheRun) {
  const lpu::Program program = program_of(bench_).build();
  const std::array<const lpu::Program*, 2> runs{&program, &program};
  const std::vector<TraceOptions> choices = {
      {},
      {.filters = {"streams"}},
      {.filters = {"mem_w", "vxm"}},
      {.first_cycle = 50, .last_cycle = 90},
      {.strings = false},
  };
  for (const TraceOptions& options : choices) {
    const auto start = bench_.chip().now();
    TraceOptions later = options;  // chip time has gone on since the first round
    later.first_cycle += start;
    if (later.last_cycle < 1000) later.last_cycle += start;
    const auto trace = open(later);
    for (const lpu::Program* run : runs) bench_.chip().run(*run);
    trace->finish(bench_.chip().now());
    const auto estimated = static_cast<double>(estimate_bytes(runs, spec_, options));
    const auto actual = static_cast<double>(std::filesystem::file_size(path()));
    EXPECT_LT(estimated, 2 * actual);
    EXPECT_GT(estimated, actual / 2);
  }
}

}  // namespace
}  // namespace metronome::waveforms::testing
