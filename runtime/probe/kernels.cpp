// SPDX-License-Identifier: Apache-2.0
#include "runtime/probe/kernels.h"

#include <fmt/core.h>

namespace metronome::runtime::probe {
namespace {

constexpr int kSteps = 64;  // between two looks at the loop counter

std::string head(const std::string& name, int threads, int registers, int parameters,
                 std::int64_t shared = 0) {
  return fmt::format(".kernel {}\n.threads {}\n.registers {}\n.shared {}\n.parameters {}\n", name,
                     threads, registers, shared, parameters);
}

/// R1 counts down to zero; `body` runs so many times.
std::string loop(const std::string& body) {
  return "top:\n" + body +
         "IADD3 R1, R1, -1, RZ {stall 5}\n"
         "ISETP.GT P0, R1, 0 {stall 5}\n"
         "@P0 BRA top {stall 5}\n";
}

/// R3 - R2 to parameter `out`.
std::string store_cycles(int out) {
  return fmt::format("IMAD R4, R2, -1, R3 {{stall 5}}\nSTG [c[{}]+RZ], R4\nEXIT\n", out);
}

std::string repeated(const std::string& line, int times) {
  std::string text;
  for (int n = 0; n < times; ++n) text += line + "\n";
  return text;
}

std::string chase(const std::string& name, const std::string& step, std::int64_t shared,
                  int parameters, int rounds, int out) {
  return head(name, 1, 8, parameters, shared) + "MOV R0, 0 {stall 5}\n" +
         fmt::format("MOV R1, c[{}] {{stall 5}}\n", rounds) + "CS2R.CLOCK R2 {stall 5}\n" +
         loop(repeated(step, kSteps)) + "CS2R.CLOCK R3 {stall 5, wait SB0}\n" + store_cycles(out);
}

}  // namespace

std::string chase_global(const std::string& load) {
  return chase("chase_global", load + " R0, [c[0]+R0] {stall 2, write SB0, wait SB0}", 0, 3, 1, 2);
}

std::string chase_shared() {
  return chase("chase_shared", "LDS R0, [R0] {stall 2, write SB0, wait SB0}", 1024, 2, 0, 1);
}

std::string chase_timed(const std::string& load) {
  constexpr std::int64_t kSampleBytes = 16384;
  return head("chase_timed", 1, 8, 3, kSampleBytes) +
         "MOV R0, 0 {stall 5}\nMOV R1, c[1] {stall 5}\nMOV R5, 0 {stall 5}\n" +
         loop("CS2R.CLOCK R2 {stall 1}\n" + load +
              " R0, [c[0]+R0] {stall 2, write SB0}\n"
              "CS2R.CLOCK R3 {stall 5, wait SB0}\n"
              "IMAD R4, R2, -1, R3 {stall 5}\n"
              "STS [R5], R4 {stall 2, read SB1}\n"
              "IADD3 R5, R5, 4, RZ {stall 5, wait SB1}\n") +
         "MOV R1, c[1] {stall 5}\nMOV R5, 0 {stall 5}\n"
         "copy:\n"
         "LDS R4, [R5] {stall 2, write SB0}\n"
         "STG [c[2]+R5], R4 {stall 2, read SB1, wait SB0}\n"
         "IADD3 R5, R5, 4, RZ {stall 5, wait SB1}\n"
         "IADD3 R1, R1, -1, RZ {stall 5}\n"
         "ISETP.GT P0, R1, 0 {stall 5}\n"
         "@P0 BRA copy {stall 5}\n"
         "EXIT\n";
}

std::string chase_remote() {
  // The other CTA must outlive the reads: it counts down for longer than they take.
  return head("chase_remote", 1, 8, 2, 1024) +
         "S2R R5, SR_CLUSTER_RANK {stall 5}\n"
         "MOV R0, 0 {stall 5}\nMOV R1, c[0] {stall 5}\n"
         "ISETP.NE P1, R5, 0 {stall 5}\n"
         "@P1 BRA other {stall 5}\n"
         "CS2R.CLOCK R2 {stall 5}\n" +
         loop(repeated("LD.CLUSTER R0, [R0], 1 {stall 2, write SB0, wait SB0}", kSteps)) +
         "CS2R.CLOCK R3 {stall 5, wait SB0}\n" + "IMAD R4, R2, -1, R3 {stall 5}\n" +
         "STG [c[1]+RZ], R4\nEXIT\n"
         "other:\n"
         "IMAD R1, R1, 2000, RZ {stall 5}\n"
         "wait:\n"
         "IADD3 R1, R1, -1, RZ {stall 5}\n"
         "ISETP.GT P0, R1, 0 {stall 5}\n"
         "@P0 BRA wait {stall 5}\n"
         "EXIT\n";
}

std::string copy_latency() {
  return head("copy_latency", 1, 8, 2, 1024) +
         "MOV R0, 0 {stall 5}\n"
         "LDG R5, [c[0]+R0] {stall 2, write SB0}\n"
         "NOP {stall 5, wait SB0}\n"
         "CS2R.CLOCK R2 {stall 1}\n"
         "LDGSTS [R0], [c[0]+R0] {stall 2, read SB1}\n"
         "LDGDEPBAR {stall 2}\n"
         "DEPBAR.LE.COPY 0 {stall 1}\n"
         "CS2R.CLOCK R3 {stall 5, wait SB1}\n" +
         store_cycles(1);
}

std::string bulk_latency(int bytes) {
  return head("bulk_latency", 1, 8, 2, bytes) +
         "MOV R0, 0 {stall 5}\n"
         "CS2R.CLOCK R2 {stall 1}\n" +
         fmt::format("UBLKCP [R0], [c[0]+R0], {}, 0 {{stall 2}}\n", bytes / 16) +
         "SYNCS.WAIT 0, 1 {stall 1}\n"
         "CS2R.CLOCK R3 {stall 5}\n" +
         store_cycles(1);
}

std::string independent(const std::string& text, int count, int warps, int registers) {
  return head("independent", warps * 32, registers, 0, 1024) + repeated(text, count) +
         "EXIT {wait SB0}\n";
}

std::string timed_block(const std::string& text, int registers, int threads, std::int64_t shared) {
  return head("timed_block", threads, registers, 2, shared) +
         "MOV R1, c[0] {stall 5}\nCS2R.CLOCK R2 {stall 5}\n" + loop(repeated(text, kSteps)) +
         "CS2R.CLOCK R3 {stall 5, wait SB0}\n" + store_cycles(1);
}

std::string read_stream(const std::string& load) {
  std::string loads;
  std::string waits;
  for (int u = 0; u < 4; ++u) {
    loads += fmt::format("{} R{}, [c[0]+R0+{}] {{stall 2, write SB{}}}\n", load, 8 + 4 * u,
                         u * 16384, u);
  }
  return head("read_stream", 1024, 24, 4) +
         "S2R R4, SR_CTA {stall 5}\n"
         "S2R R0, SR_THREAD {stall 5}\n"
         "SHF.L R0, R0, 4 {stall 5}\n"
         "IMAD R0, R4, c[3], R0 {stall 5}\n"
         "MOV R1, c[1] {stall 5}\n" +
         loop(loads + "IADD3 R0, R0, c[2], RZ {stall 5, wait SB0 SB1 SB2 SB3}\n") + "EXIT\n";
}

std::string read_thin(int threads) {
  return head("read_thin", threads, 8, 3) +
         "S2R R4, SR_CTA {stall 5}\n"
         "S2R R0, SR_THREAD {stall 5}\n" +
         fmt::format("IMAD R0, R4, {}, R0 {{stall 5}}\n", threads) +
         "SHF.L R0, R0, 3 {stall 5}\n"
         "MOV R1, c[1] {stall 5}\n" +
         loop(
             "LDG.64 R2, [c[0]+R0] {stall 2, write SB0}\n"
             "IADD3 R0, R0, c[2], RZ {stall 5, wait SB0}\n") +
         "EXIT\n";
}

std::string read_shared() {
  std::string loads;
  for (int u = 0; u < 16; ++u) {
    loads += fmt::format("LDS.128 R{}, [R0+{}] {{stall 2, write SB0}}\n", 8 + 4 * (u % 4),
                         u % 2 * 16384);
    if (u % 4 == 3) loads += "NOP {stall 2, wait SB0}\n";
  }
  return head("read_shared", 1024, 24, 1, 32768) +
         "S2R R0, SR_THREAD {stall 5}\n"
         "SHF.L R0, R0, 4 {stall 5}\n"
         "MOV R1, c[0] {stall 5}\n" +
         loop(loads) + "EXIT\n";
}

std::string scale() {
  return head("scale", 256, 8, 2) +
         "S2R R4, SR_CTA {stall 5}\n"
         "S2R R0, SR_THREAD {stall 5}\n"
         "IMAD R0, R4, 256, R0 {stall 5}\n"
         "SHF.L R0, R0, 2 {stall 5}\n"
         "LDG R5, [c[0]+R0] {stall 2, write SB0}\n"
         "FMUL R6, R5, 2.0f {stall 5, wait SB0}\n"
         "STG [c[1]+R0], R6\n"
         "EXIT\n";
}

std::string scale_persistent() {
  return head("scale_persistent", 256, 12, 4) +
         "S2R R4, SR_CTA {stall 5}\n"
         "S2R R0, SR_THREAD {stall 5}\n"
         "ISETP.EQ P1, R0, 0 {stall 5}\n"
         "S2R R9, SR_WARP {stall 5}\n"
         "ISETP.NE P2, R9, 0 {stall 5}\n"
         "IMAD R0, R4, 256, R0 {stall 5}\n"
         "SHF.L R0, R0, 2 {stall 5}\n"
         "MOV R1, c[3] {stall 5}\n"
         "MOV R8, 0 {stall 5}\n"
         "S2R R10, SR_CTAS {stall 5}\n" +
         loop(
             "LDG.CG R5, [c[0]+R0] {stall 2, write SB0}\n"
             "FMUL R6, R5, 2.0f {stall 5, wait SB0}\n"
             "STG [c[1]+R0], R6 {stall 2, read SB1}\n"
             "MEMBAR.GPU {stall 5, wait SB1}\n"
             "BAR.SYNC {stall 5}\n"
             "IADD3 R8, R8, R10, RZ {stall 5}\n"
             "MOV R7, 1 {stall 5}\n"
             "@P1 ATOM.ADD RZ, [c[2]+RZ], R7 {stall 2, read SB1}\n"
             "@P2 BRA arrived {stall 5}\n"
             "poll:\n"
             "LDG.STRONG R5, [c[2]+RZ] {stall 2, write SB0}\n"
             "ISETP.LT P3, R5, R8 {stall 5, wait SB0}\n"
             "@P3 BRA poll {stall 5}\n"
             "arrived:\n"
             "BAR.SYNC {stall 5, wait SB1}\n") +
         "EXIT\n";
}

std::string warpgroup_multiply() {
  return head("warpgroup_multiply", 128, 160, 2, 16384) +
         "MOV R1, c[0] {stall 5}\n"
         "MOV R4, 0 {stall 5}\nMOV R5, 8192 {stall 5}\n"
         "CS2R.CLOCK R2 {stall 5}\n" +
         loop(repeated("HGMMA.64xNx16.F32 R8, R5, R4, 256 {stall 2}", 8)) +
         "WARPGROUP.DEPBAR 0 {stall 2}\n"
         "CS2R.CLOCK R3 {stall 5}\n"
         "S2R R6, SR_THREAD {stall 5}\n"
         "ISETP.EQ P1, R6, 0 {stall 5}\n"
         "IMAD R4, R2, -1, R3 {stall 5}\n"
         "@P1 STG [c[1]+RZ], R4\n"
         "EXIT\n";
}

std::string bulk_stream(int bytes, int tiles) {
  std::string copies;
  for (int t = 0; t < tiles; ++t) {
    copies += fmt::format(
        "MOV R2, {} {{stall 5}}\nIADD3 R3, R0, R2, RZ {{stall 5}}\n"
        "UBLKCP [R2], [c[0]+R3], {}, 0 {{stall 2}}\n",
        t * bytes, bytes / 16);
  }
  return head("bulk_stream", 1, 8, 2, std::int64_t{bytes} * tiles) +
         "S2R R4, SR_CTA {stall 5}\n"
         "IMAD R0, R4, c[1], RZ {stall 5}\n" +
         copies + fmt::format("SYNCS.WAIT 0, {} {{stall 1}}\n", tiles) + "EXIT\n";
}

}  // namespace metronome::runtime::probe
