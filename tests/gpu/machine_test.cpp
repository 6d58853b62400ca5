// SPDX-License-Identifier: Apache-2.0
// The whole GPU on small kernels: accounts that add up, switches that do what they say, and
// programs that cannot end.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <numeric>
#include <set>

#include "tests/gpu/machine_bench.h"

namespace metronome::gpu::testing {
namespace {

using ::testing::HasSubstr;

TEST(GpuMachine, IssueSlotsOfAllReasonsAddUpToAllCyclesOfAllSubCores) {
  Machine m(gpu_preset("a100"));
  const RunTiming timing = m.stream(256);
  const auto slots = m.gpu.slot_cycles();
  EXPECT_EQ(std::accumulate(slots.begin(), slots.end(), std::int64_t{0}),
            timing.cycles() * 108 * 4);
  EXPECT_GT(slots[static_cast<std::size_t>(StallReason::kGlobalMemory)], 0);
}

TEST(GpuMachine, SectorsAskedForComeBackAtEveryLevel) {
  Machine m(gpu_preset("h100"));
  m.stream(256);
  EXPECT_EQ(
      m.counter("l1.hit_sectors") + m.counter("l1.merged_sectors") + m.counter("l1.missed_sectors"),
      m.counter("l1.sectors_read"));
  EXPECT_EQ(m.counter("l1.missed_sectors"), m.counter("l1.replied_sectors"));
  EXPECT_EQ(m.counter("l1.sectors_written"), m.counter("l2.written_sectors"));
  EXPECT_EQ(m.counter("l2.hit_sectors") + m.counter("l2.copy_sectors") +
                m.counter("l2.merged_sectors") + m.counter("l2.missed_sectors") +
                m.counter("l2.far_sectors"),
            m.counter("l2.read_sectors"));
  EXPECT_EQ(m.counter("dram.bytes_read"), m.counter("l2.missed_sectors") * kSectorBytes);
  EXPECT_EQ(m.counter("dram.bytes_written"), m.counter("l2.written_back_sectors") * kSectorBytes);
  // Two megabytes are read; the store makes its sectors valid without reading them.
  EXPECT_GE(m.counter("dram.bytes_read"), 2 << 20);
}

TEST(GpuMachine, ValuesAreThoseOfTheProgram) {
  Machine m(gpu_preset("teaching"));
  const Address x = m.gpu.memory().allocate("x", 4 << 20);
  const Address y = m.gpu.memory().allocate("y", 4 << 20);
  for (float& v : m.gpu.memory().view<float>(x, 1 << 20)) v = 1.5F;  // a MB is 2^18 values
  m.run(kStream, 16, {x, y});
  // FADD works on the first of four words; the others are copied.
  const auto values = m.gpu.memory().view<float>(y, 16 * 1024);
  for (std::size_t n = 0; n < values.size(); ++n) ASSERT_EQ(values[n], n % 4 == 0 ? 3.0F : 1.5F);
}

TEST(GpuMachine, WithIdealMemoryNothingWaitsForMemory) {
  Machine m(gpu_preset("h100"));
  Conditions ideal;
  ideal.off.set(static_cast<std::size_t>(Mechanism::kMemory));
  m.gpu.reset(ideal);
  m.stream(256);
  const auto slots = m.gpu.slot_cycles();
  for (std::size_t r = 0; r < slots.size(); ++r) {
    const StallInfo& reason = info(static_cast<StallReason>(r));
    EXPECT_TRUE(!reason.memory || slots[r] == 0) << reason.name << ": " << slots[r];
  }
  EXPECT_EQ(m.counter("dram.bytes_read"), 0);
}

TEST(GpuMachine, AUsedGpuWritesBackWhatOthersLeft) {
  Machine bare(preset_with("h100", 8));
  bare.gpu.reset(Conditions{});
  bare.stream(64);
  EXPECT_EQ(bare.counter("dram.bytes_written"), 0);
  bare.gpu.reset(Conditions::seeded(1));
  bare.stream(64);
  EXPECT_GT(bare.counter("dram.bytes_written"), 0);
  // A line in eight of those thrown out, which are at most as many as were brought in.
  EXPECT_LT(bare.counter("dram.bytes_written"), bare.counter("dram.bytes_read") / 2);
}

TEST(GpuMachine, TheSameSeedGivesTheSameCyclesAndAnotherSeedOthers) {
  Machine m(gpu_preset("h100"));
  const Address x = m.gpu.memory().allocate("x", 4 << 20);
  const Address y = m.gpu.memory().allocate("y", 4 << 20);
  const auto cycles = [&](std::uint64_t seed) {
    m.gpu.reset(Conditions::seeded(seed));
    return m.run(kStream, 256, {x, y}).cycles();
  };
  const Cycle first = cycles(1);
  EXPECT_NE(cycles(2), first);
  EXPECT_EQ(cycles(1), first);
}

class SmCounts : public ::testing::TestWithParam<int> {};
TEST_P(SmCounts, AreAllRun) {
  Machine m(preset_with("h100", GetParam()));
  EXPECT_GT(m.stream(64).cycles(), 0);
  EXPECT_EQ(m.counter("l1.sectors_written"), 64 * 256 * 16 / 32);
}
INSTANTIATE_TEST_SUITE_P(Some, SmCounts, ::testing::Values(1, 2, 3, 4, 5, 6, 7, 132));

TEST(GpuMachine, AKernelOfOneExitEnds) {
  Machine m(gpu_preset("teaching"));
  EXPECT_GT(m.run(".kernel nothing\nEXIT\n", 3).cycles(), 0);
}

TEST(GpuMachine, NoCtasAreRefusedByName) {
  Machine m(gpu_preset("teaching"));
  EXPECT_THAT([&] { m.run(".kernel nothing\nEXIT\n", 0); },
              ::testing::ThrowsMessage<UserError>(HasSubstr("nothing: ctas: found 0")));
}

TEST(GpuMachine, ABarrierThatOneWarpNeverReachesIsToldWithWarpAndInstruction) {
  Machine m(gpu_preset("teaching"));
  m.gpu.reset(impatient());
  constexpr const char* kStuck = R"(
.kernel stuck
.threads 64
.registers 4
  S2R R0, SR_WARP {stall 5}
  ISETP.EQ P0, R0, 0 {stall 5}
  @P0 BRA around {stall 5}
  BAR.SYNC
  EXIT
around:
  BRA around {stall 5}
)";
  const std::string ends = std::string(kStuck) + "  EXIT\n";
  const std::string told = message_of([&] { m.run(ends.c_str(), 1); });
  EXPECT_THAT(told, HasSubstr("stuck: no store"));
  EXPECT_THAT(told, HasSubstr("`BAR.SYNC` waits: a CTA barrier is awaited (1 of 2"));
  EXPECT_THAT(told, HasSubstr("instruction 5 `BRA 5`"));
}

TEST(GpuMachine, WarpsThatWaitForEachOtherAreToldWithWhatTheyRead) {
  Machine m(gpu_preset("teaching"));
  m.gpu.reset(impatient());
  const Address flags = m.gpu.memory().allocate("flags", 256);
  // Each warp raises its flag once it has seen the other's.
  constexpr const char* kCycle = R"(
.kernel cycle
.threads 64
.registers 8
.parameters 1
  S2R R0, SR_WARP {stall 5}
  SHF.L R1, R0, 7 {stall 5}
  MOV R3, 128 {stall 5}
  IMAD R2, R1, -1, R3 {stall 5}
  MOV R5, 1 {stall 5}
again:
  LDG.STRONG R4, [c[0]+R2] {stall 2, write SB0}
  ISETP.EQ P0, R4, 0 {stall 5, wait SB0}
  @P0 BRA again {stall 5}
  STG [c[0]+R1], R5 {stall 2, read SB1}
  EXIT {wait SB1}
)";
  const std::string told = message_of([&] { m.run(kCycle, 1, {flags}); });
  EXPECT_THAT(told, HasSubstr("stuck: no store"));
  EXPECT_THAT(told,
              HasSubstr("CTA 0 warp 0, instruction 6 `ISETP.EQ P0, R4, 0x0` waits: a global load"));
  EXPECT_THAT(told,
              HasSubstr("CTA 0 warp 1, instruction 6 `ISETP.EQ P0, R4, 0x0` waits: a global load"));
}

TEST(GpuMachine, AWaitForACopyThatNobodyStartedIsStuckAtOnce) {
  Machine m(preset_with("h100", 1));
  EXPECT_THAT(message_of([&] { m.run(".kernel waits\n.registers 2\nSYNCS.WAIT 0, 1\nEXIT\n", 1); }),
              HasSubstr("`SYNCS.WAIT 0, 1` waits: a background copy"));
}

struct BadProgram {
  const char* name;
  const char* text;
  const char* message;
};
class BadPrograms : public ::testing::TestWithParam<BadProgram> {};
TEST_P(BadPrograms, AreStoppedAtTheirInstruction) {
  Machine m(gpu_preset("teaching"));
  const Address x = m.gpu.memory().allocate("x", 256);
  EXPECT_THAT(message_of([&] { m.run(GetParam().text, 1, {x}); }), HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    All, BadPrograms,
    ::testing::Values(
        BadProgram{"StallTooShort",
                   ".kernel k\n.registers 4\nFADD R1, R2, R3 {stall 2}\nFADD R2, R1, R3 {stall 4}\n"
                   "EXIT\n",
                   "reads R1, but it is ready in cycle"},
        BadProgram{
            "NotWaitedFor",
            ".kernel k\n.registers 4\n.parameters 1\nLDG R1, [c[0]+RZ] {stall 2, write SB0}\n"
            "FADD R2, R1, R3 {stall 4}\nEXIT {wait SB0}\n",
            "reads R1, but its counter has not been waited for"},
        BadProgram{"PastTheEnd",
                   ".kernel k\n.registers 4\n.parameters 1\nLDG R1, [c[0]+RZ+256] {stall 2, write "
                   "SB0}\nEXIT {wait SB0}\n",
                   "reach past the end of x"},
        BadProgram{
            "Unaligned",
            ".kernel k\n.registers 4\n.parameters 1\nLDG R1, [c[0]+RZ+2] {stall 2, write SB0}\n"
            "EXIT {wait SB0}\n",
            "is not a multiple of 4"},
        BadProgram{"LanesApart",
                   ".kernel k\n.registers 4\nS2R R0, SR_LANE {stall 5}\nISETP.LT P0, R0, 3 {stall "
                   "5}\n@P0 BRA end {stall 5}\nend:\nEXIT\n",
                   "lanes branch apart"}),
    [](const auto& p) { return p.param.name; });

TEST(GpuMachine, AnAtomicAddsWhatItsRegisterHeldWhenItIssued) {
  Machine m(gpu_preset("teaching"));
  const Address sum = m.gpu.memory().allocate("sum", 256);
  // R1 is free again as soon as the atomic has read it, long before the L2 adds.
  constexpr const char* kAtomic = R"(
.kernel atomic
.threads 32
.registers 4
.parameters 1
  MOV R1, 1 {stall 5}
  ATOM.ADD RZ, [c[0]+RZ], R1 {stall 2, read SB0, write SB1}
  MOV R1, 1000 {stall 5, wait SB0}
  EXIT {wait SB1}
)";
  m.run(kAtomic, 2, {sum});
  EXPECT_EQ(m.gpu.memory().view<std::uint32_t>(sum, 1)[0], 64U);
}

TEST(GpuMachine, LaunchesWithoutWorkTakeTheLaunchGapEach) {
  Machine m(gpu_preset("h100"));
  Conditions bare;
  bare.off.set(static_cast<std::size_t>(Mechanism::kDispatchCost));
  m.gpu.reset(bare);
  const Kernel nothing = parse_kernel(".kernel nothing\nEXIT\n", "test");
  const std::vector<Launch> launches(100, Launch{&nothing, "nothing", 1, 1, {}});
  const RunTiming timing = m.gpu.run(launches, LaunchMode::kGraph);
  for (const LaunchTiming& t : timing.launches) {
    EXPECT_NEAR(static_cast<double>(t.gap_cycles()), 775e-9 * 1980e6, 1.0);
    EXPECT_LT(t.busy_cycles(), 20);
  }
}

}  // namespace
}  // namespace metronome::gpu::testing
