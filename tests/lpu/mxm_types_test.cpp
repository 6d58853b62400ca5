// SPDX-License-Identifier: Apache-2.0
// What fp16 asks of the matrix planes: two of them in tandem, K of half the lanes a beat.
#include <gtest/gtest.h>

#include "tests/harness/lpu_bench.h"
#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kWest = Hemisphere::kWest;
constexpr std::uint32_t kSeed = 1600;
constexpr Cycle kFirst = 30;
constexpr Cycle kReady = kFirst + 5 + 3;  // one LW, one IW

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A full-size chip with one load of random weights in slices 28..43 and activations in 24, 25.
class MxmTypes : public ::testing::Test {
 protected:
  MxmTypes() {
    for (int r = 0; r < 8; ++r) {
      rows_.push_back(moderate_halves(random_bytes(kSeed + static_cast<std::uint32_t>(r), 640)));
      bench_.put(kWest, 28 + 2 * r, 0, 2, rows_.back());
    }
    activations_ = moderate_halves(random_bytes(kSeed + 50, 640));
    bench_.put(kWest, 24, 0, 2, activations_);
  }
  void load(ProgramBuilder& p, Cycle when, Opcode op, int plane) {
    bench_.feed(p, kWest, 28, 0, west(0, 16), bench_.edge(kWest), when);
    p.at(when)
        .on(bench_.mxm(kWest, plane, Unit::kMxmWeights))
        .issue(load_weights(op, 0, west(0, 16)));
  }
  void install_at(ProgramBuilder& p, Cycle when, Opcode op, int plane) {
    p.at(when)
        .on(bench_.mxm(kWest, plane, Unit::kMxmWeights))
        .issue(install(op, op == Opcode::kIwF16 ? 8 : 16));
  }
  void multiply(ProgramBuilder& p, Cycle when, Opcode op, int superlanes, int plane) {
    const int width = op == Opcode::kAbcI8 ? 1 : 2;
    bench_.feed(p, kWest, 24, 0, west(16, width), bench_.edge(kWest), when);
    p.at(when)
        .on(bench_.mxm(kWest, plane, Unit::kMxmActivations))
        .issue(activate(op, west(16, width), superlanes));
  }
  ProgramBuilder fp16_ready() {
    ProgramBuilder p;
    load(p, kFirst, Opcode::kLwF16, 0);
    install_at(p, kFirst + 5, Opcode::kIwF16, 0);
    return p;
  }

  Bench bench_{groq1()};
  std::vector<Bytes> rows_;
  Bytes activations_;
};

// ISCA22, recalled: K = 160 for fp16.
TEST_F(MxmTypes, Fp16TakesUpTo160LanesABeatAndMoreAreRefusedByName) {
  ProgramBuilder exact = fp16_ready();
  multiply(exact, kReady, Opcode::kAbcF16, 10, 0);
  const Cycle product = kReady + info(Opcode::kAbcF16).result_cycles;
  exact.at(product)
      .on(bench_.mxm(kWest, 0, Unit::kMxmAccumulate))
      .issue(accumulate(Opcode::kAccF32, 0, kFlagEmit, east(0, 4)));
  bench_.capture(exact, kWest, 20, 1, east(0, 4), bench_.edge(kWest),
                 product + info(Opcode::kAccF32).result_cycles);
  EXPECT_EQ(bench_.error_of(exact), "");
  EXPECT_EQ(bench_.get(kWest, 20, 1, 4), multiplied_f16(rows_, activations_, 160, 320));
  EXPECT_EQ(bench_.chip().macs(), 8 * 160);

  ProgramBuilder beyond = fp16_ready();
  multiply(beyond, kReady, Opcode::kAbcF16, 11, 0);
  EXPECT_TRUE(contains(bench_.error_of(beyond), "ABC.F16 of K = 176 lanes, at most 160"));
}

TEST_F(MxmTypes, TheWideFormTakesAll320LanesInTwoBeats) {
  EXPECT_EQ(info(Opcode::kAbcF16Wide).busy_cycles, 2);
  EXPECT_EQ(info(Opcode::kAbcF16).busy_cycles, 1);
  for (const int apart : {1, 2}) {
    ProgramBuilder p = fp16_ready();
    for (int n = 0; n < 2; ++n) multiply(p, kReady + n * apart, Opcode::kAbcF16Wide, 20, 0);
    for (int n = 0; n < 2; ++n) {
      const Cycle product = kReady + n * apart + info(Opcode::kAbcF16Wide).result_cycles;
      p.at(product)
          .on(bench_.mxm(kWest, 0, Unit::kMxmAccumulate))
          .issue(accumulate(Opcode::kAccF32, 0, kFlagEmit, east(0, 4)));
      bench_.capture(p, kWest, 20, n, east(0, 4), bench_.edge(kWest),
                     product + info(Opcode::kAccF32).result_cycles);
    }
    const std::string error = bench_.error_of(p);
    if (apart == 1) {
      EXPECT_TRUE(contains(error, "ABC.F16.Wide is due before its queue is free")) << error;
      continue;
    }
    EXPECT_EQ(error, "");
    for (int n = 0; n < 2; ++n) {
      EXPECT_EQ(bench_.get(kWest, 20, n, 4), multiplied_f16(rows_, activations_, 320, 320));
    }
  }
}

TEST_F(MxmTypes, Fp16IsDrivenFromTheEvenPlaneOnly) {
  const std::string text = "fp16 drives a pair of planes from the even one";
  ProgramBuilder loads;
  load(loads, kFirst, Opcode::kLwF16, 1);
  EXPECT_TRUE(contains(bench_.error_of(loads), text));
  ProgramBuilder installs;
  install_at(installs, kFirst, Opcode::kIwF16, 1);
  EXPECT_TRUE(contains(bench_.error_of(installs), text));
  ProgramBuilder multiplies;
  multiply(multiplies, kFirst, Opcode::kAbcF16, 1, 1);
  EXPECT_TRUE(contains(bench_.error_of(multiplies), text));
}

TEST_F(MxmTypes, AnFp16TileInTheArraysTakesBothPlanesOfThePair) {
  ProgramBuilder p;
  load(p, kFirst, Opcode::kLwI8, 1);
  install_at(p, kFirst + 5, Opcode::kIwI8, 1);
  multiply(p, kReady, Opcode::kAbcI8, 20, 1);
  load(p, kReady + 10, Opcode::kLwF16, 0);
  install_at(p, kReady + 15, Opcode::kIwF16, 0);
  EXPECT_EQ(bench_.error_of(p), "");
  multiply(p, kReady + 30, Opcode::kAbcI8, 20, 1);
  EXPECT_TRUE(contains(bench_.error_of(p), "mxm_w.plane_1.activations"));
}

TEST_F(MxmTypes, AnInt8TileInTheOddPlaneEndsTheFp16TileOfThePair) {
  ProgramBuilder p = fp16_ready();
  load(p, kReady + 10, Opcode::kLwI8, 1);
  install_at(p, kReady + 15, Opcode::kIwI8, 1);
  multiply(p, kReady + 14, Opcode::kAbcF16, 10, 0);
  EXPECT_EQ(bench_.error_of(p), "");
  multiply(p, kReady + 30, Opcode::kAbcF16, 10, 0);
  EXPECT_TRUE(contains(bench_.error_of(p), "mxm_w.plane_0.activations"));
}

TEST_F(MxmTypes, AnInt8LoadInTheOddBufferEndsTheFp16LoadOfThePair) {
  ProgramBuilder p;
  load(p, kFirst, Opcode::kLwF16, 0);
  load(p, kFirst + 1, Opcode::kLwI8, 1);
  install_at(p, kFirst + 10, Opcode::kIwF16, 0);
  EXPECT_TRUE(contains(bench_.error_of(p), "mxm_w.plane_0.weights"));
}

TEST_F(MxmTypes, WeightsOfOneTypeServeNoInstructionOfTheOther) {
  ProgramBuilder installs;
  load(installs, kFirst, Opcode::kLwI8, 0);
  install_at(installs, kFirst + 5, Opcode::kIwF16, 0);
  EXPECT_TRUE(contains(bench_.error_of(installs), "installs weights of another type"));
  ProgramBuilder multiplies = fp16_ready();
  multiply(multiplies, kReady, Opcode::kAbcI8, 20, 0);
  EXPECT_TRUE(contains(bench_.error_of(multiplies), "weights of its type"));
}

}  // namespace
}  // namespace metronome::lpu::testing
