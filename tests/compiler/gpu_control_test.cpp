// SPDX-License-Identifier: Apache-2.0
// Control bits that the compiler writes, and the code before them.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "compiler/gpu/control_codes.h"
#include "compiler/gpu/kernel_builder.h"
#include "hw/isa/error.h"
#include "tests/compiler/gpu_interpreter.h"

namespace metronome::gpu {
namespace {

Instruction make(Opcode opcode, Register d, Register a, Register b, Register c = kZeroRegister) {
  Instruction i;
  i.opcode = opcode;
  i.d = d;
  i.a = a;
  i.b = b;
  i.c = c;
  return i;
}
Instruction load(Register d, int width = 1) {
  Instruction i = make(Opcode::kLdg, d, kZeroRegister, kZeroRegister);
  i.width = static_cast<std::uint8_t>(width);
  i.has_base = true;
  return i;
}
Instruction store(Register b) {
  Instruction i = make(Opcode::kStg, kZeroRegister, kZeroRegister, b);
  i.has_base = true;
  return i;
}
Instruction branch(int target, Predicate guard) {
  Instruction i = make(Opcode::kBra, kZeroRegister, kZeroRegister, kZeroRegister);
  i.target = target;
  i.guard = guard;
  return i;
}
Instruction plain(Opcode opcode) {
  return make(opcode, kZeroRegister, kZeroRegister, kZeroRegister);
}

std::vector<Instruction> controlled(std::vector<Instruction> code,
                                    const GpuSpec& spec = gpu_preset("h100")) {
  code.push_back(plain(Opcode::kExit));
  write_control_codes(code, spec);
  return code;
}

TEST(ControlCodes, StallUntilAFixedLatencyIsOver) {
  const GpuSpec spec = gpu_preset("h100");
  const auto code = controlled({make(Opcode::kFadd, 0, 8, 9), make(Opcode::kFadd, 1, 0, 9),
                                make(Opcode::kHcvtLow, 2, kZeroRegister, 1),
                                make(Opcode::kIadd3, 3, 2, 9), make(Opcode::kMov, 4, 255, 3)});
  EXPECT_EQ(code[0].control.stall, spec.fma_cycles);
  EXPECT_EQ(code[1].control.stall, spec.fma_cycles);
  EXPECT_EQ(code[2].control.stall, spec.half_cycles);
  EXPECT_EQ(code[3].control.stall, spec.integer_cycles);
}

TEST(ControlCodes, CountInstructionsInBetween) {
  const auto code = controlled({make(Opcode::kFadd, 0, 8, 9), make(Opcode::kFadd, 1, 8, 9),
                                make(Opcode::kFadd, 2, 8, 9), make(Opcode::kFadd, 3, 0, 9)});
  EXPECT_EQ(code[0].control.stall, 1);
  EXPECT_EQ(code[1].control.stall, 1);
  EXPECT_EQ(code[2].control.stall, 2);
}

TEST(ControlCodes, WaitForALoadAtItsFirstUseAndNotBeforeItsCounterIsSeen) {
  const auto code = controlled({load(0), make(Opcode::kFadd, 1, 0, 9)});
  const std::uint8_t counter = code[0].control.write_counter;
  ASSERT_NE(counter, kNoCounter);
  EXPECT_EQ(code[1].control.wait_mask, 1U << counter);
  EXPECT_EQ(code[0].control.stall, 2);
}

TEST(ControlCodes, ShareACounterWhereLoadsAreAwaitedTogether) {
  const auto code = controlled({load(0), load(1), make(Opcode::kFadd, 2, 0, 1)});
  EXPECT_EQ(code[0].control.write_counter, code[1].control.write_counter);
}

TEST(ControlCodes, KeepAStoresSourceUntilItHasBeenRead) {
  const auto code = controlled({store(0), make(Opcode::kFadd, 0, 8, 9)});
  const std::uint8_t counter = code[0].control.read_counter;
  ASSERT_NE(counter, kNoCounter);
  EXPECT_EQ(code[1].control.wait_mask, 1U << counter);
  EXPECT_EQ(controlled({store(0)})[0].control.read_counter, kNoCounter);
}

TEST(ControlCodes, WaitForALoadOfTheRoundBefore) {
  const auto code = controlled({make(Opcode::kFadd, 1, 0, 9), load(0), branch(0, 0)});
  const std::uint8_t counter = code[1].control.write_counter;
  ASSERT_NE(counter, kNoCounter);
  EXPECT_EQ(code[0].control.wait_mask, 1U << counter);
}

TEST(ControlCodes, LetNothingOfFixedLatencyCrossTheEndOfABlock) {
  const GpuSpec spec = gpu_preset("h100");
  const auto code = controlled({make(Opcode::kFadd, 0, 8, 9), branch(0, 0)});
  EXPECT_EQ(code[0].control.stall + code[1].control.stall, spec.fma_cycles);
}

TEST(ControlCodes, PutInNopsWhereAStallCountIsTooSmall) {
  GpuSpec spec = gpu_preset("h100");
  spec.fma_cycles = 40;
  const auto code = controlled({plain(Opcode::kNop), make(Opcode::kFadd, 0, 8, 9),
                                make(Opcode::kFadd, 1, 0, 9), branch(1, 0)},
                               spec);
  ASSERT_EQ(code.size(), 8U);
  EXPECT_EQ(code[2].opcode, Opcode::kNop);
  EXPECT_EQ(code[1].control.stall + code[2].control.stall + code[3].control.stall, 40);
  EXPECT_EQ(code[6].opcode, Opcode::kBra);
  EXPECT_EQ(code[6].target, 1);
}

TEST(ControlCodes, KeepAnOperandThatTheNextInstructionReadsInTheSamePlace) {
  const auto code =
      controlled({make(Opcode::kFfma, 0, 8, 9, 10), make(Opcode::kFfma, 2, 8, 11, 12)});
  EXPECT_EQ(code[0].control.reuse & 1, 1);
  EXPECT_EQ(code[1].control.reuse & 1, 0);
}

/// Random code over few registers: every kind of hazard, in straight lines and in loops.
class RandomCode {
 public:
  explicit RandomCode(std::uint64_t seed) : random_(seed) {}

  Kernel kernel() {
    Kernel k;
    k.name = "random";
    k.registers = kRegisters + 1;
    k.shared_bytes = 256;
    k.parameters = 1;
    std::vector<Instruction>& code = k.code;
    for (int p = 0; p < 4; ++p) code.push_back(compare(static_cast<Predicate>(p)));
    for (int part = 0; part < 3; ++part) {
      for (int n = below(12); n > 0; --n) code.push_back(any());
      Instruction start = make(Opcode::kMov, kCounter, 255, 255);
      start.b_source = Source::kImmediate;
      start.immediate = 3;
      code.push_back(start);
      const int begin = static_cast<int>(code.size());
      for (int n = 1 + below(25); n > 0; --n) code.push_back(any());
      end_loop(code, begin);
    }
    code.push_back(plain(Opcode::kExit));
    return k;
  }

 private:
  static constexpr int kRegisters = 20;
  static constexpr Register kCounter = kRegisters;
  static constexpr Predicate kLoop = 6;

  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  Register reg(int group = 1) { return static_cast<Register>(below(kRegisters / group) * group); }

  Instruction compare(Predicate p) {
    Instruction i = make(Opcode::kIsetp, 255, reg(), reg());
    i.predicate = p;
    return i;
  }

  static void end_loop(std::vector<Instruction>& code, int begin) {
    Instruction down = make(Opcode::kIadd3, kCounter, kCounter, 255);
    down.b_source = Source::kImmediate;
    down.immediate = ~0U;
    code.push_back(down);
    Instruction more = make(Opcode::kIsetp, 255, kCounter, 255);
    more.predicate = kLoop;
    more.compare = Compare::kGt;
    code.push_back(more);
    code.push_back(branch(begin, kLoop));
  }

  Instruction any() {
    static constexpr Opcode kPlain[] = {Opcode::kFadd,    Opcode::kFfma, Opcode::kIadd3,
                                        Opcode::kHcvtLow, Opcode::kEx2,  Opcode::kShfl,
                                        Opcode::kSel,     Opcode::kRcp,  Opcode::kFmul};
    Instruction i = make(kPlain[below(9)], reg(), reg(), reg(), reg());
    const int kind = below(8);
    const int width = 1 << below(3);
    if (kind == 0) i = load(reg(width), width);
    if (kind == 1) {
      i = store(reg(width));
      i.width = static_cast<std::uint8_t>(width);
    }
    if (kind == 2) {
      i = make(Opcode::kLds, reg(width), 255, 255);
      i.width = static_cast<std::uint8_t>(width);
    }
    if (kind == 3) i = compare(static_cast<Predicate>(below(4)));
    if (kind == 4) i = make(Opcode::kHmma, reg(4), reg(4), reg(2), reg(4));
    if (i.opcode == Opcode::kSel) i.predicate = static_cast<Predicate>(below(4));
    if (i.opcode != Opcode::kHmma && below(4) == 0) i.guard = static_cast<Predicate>(below(4));
    return i;
  }

  std::mt19937_64 random_;
};

class RandomKernels : public ::testing::TestWithParam<const char*> {
 protected:
  static void run(const Kernel& kernel, const GpuSpec& spec) {
    FlatMemory memory;
    interpret({&kernel, "random", 1, 1, {memory.allocate(256)}}, spec, memory);
  }
};

TEST_P(RandomKernels, AreNeverRefusedWithTheControlBitsOfTheCompiler) {
  const GpuSpec spec = gpu_preset(GetParam());
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Kernel kernel = RandomCode(seed).kernel();
    write_control_codes(kernel.code, spec);
    ASSERT_NO_THROW(run(kernel, spec)) << "seed " << seed;
  }
}

TEST_P(RandomKernels, AreRefusedWithoutThem) {
  const GpuSpec spec = gpu_preset(GetParam());
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Kernel waits = RandomCode(seed).kernel();
    write_control_codes(waits.code, spec);
    Kernel stalls = waits;
    for (Instruction& i : waits.code) i.control.wait_mask = 0;
    for (Instruction& i : stalls.code) i.control.stall = 1;
    EXPECT_THROW(run(waits, spec), InvariantError) << "seed " << seed;
    EXPECT_THROW(run(stalls, spec), InvariantError) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Specs, RandomKernels, ::testing::Values("h100", "teaching", "v100"));

TEST(KernelBuilder, DividesByMultiplying) {
  const GpuSpec spec = gpu_preset("h100");
  for (const std::int64_t n : {1, 2, 3, 5, 7, 12, 24, 96, 128, 1000}) {
    KernelBuilder k("divide", kWarpLanes);
    const Pointer out{k.parameter(), {}, 0};
    const Value lane = k.special(Special::kLane);
    k.for_each(0, 320, 32, [&](Value first) {
      const Value a = k.iadd(lane, first);
      k.store(k.divide(a, n, 4096), out, k.shift_left(a, 2));
    });
    const Kernel kernel = k.finish(spec);
    FlatMemory memory;
    const Address at = memory.allocate(4 * 320);
    interpret({&kernel, "divide", 1, 1, {at}}, spec, memory);
    const auto found = memory.get<std::int32_t>(at, 320);
    for (std::int64_t a = 0; a < 320; ++a) {
      ASSERT_EQ(found[static_cast<std::size_t>(a)], a / n) << a << " / " << n;
    }
  }
}

TEST(KernelBuilder, IssuesLoadsBeforeWhatWaitsForThem) {
  KernelBuilder k("loads", kWarpLanes);
  const Pointer from{k.parameter(), {}, 0};
  const Value sum = k.mov(0);
  for (int u = 0; u < 4; ++u) {
    const Value x = k.load(1, from + 4 * std::int64_t{u}, {}, CacheUse::kAll);
    k.fadd(sum, x, sum);
  }
  k.store(sum, from, {});
  const Kernel kernel = k.finish(gpu_preset("h100"));
  const auto first_wait =
      std::find_if(kernel.code.begin(), kernel.code.end(),
                   [](const Instruction& i) { return i.control.wait_mask != 0; });
  EXPECT_EQ(std::count_if(kernel.code.begin(), first_wait,
                          [](const Instruction& i) { return i.opcode == Opcode::kLdg; }),
            4);
}

TEST(KernelBuilder, GivesOutRegistersAgain) {
  KernelBuilder k("chain", kWarpLanes);
  const Pointer to{k.parameter(), {}, 0};
  Value x = k.special(Special::kLane);
  for (int n = 0; n < 500; ++n) x = k.iadd(x, 1);
  k.store(x, to, k.shift_left(k.special(Special::kLane), 2));
  const GpuSpec spec = gpu_preset("h100");
  const Kernel kernel = k.finish(spec);
  EXPECT_LE(kernel.registers, 8);
  FlatMemory memory;
  const Address at = memory.allocate(128);
  interpret({&kernel, "chain", 1, 1, {at}}, spec, memory);
  EXPECT_EQ(memory.get<std::int32_t>(at, 32)[31], 531);
}

TEST(KernelBuilder, RefusesMoreValuesThanAThreadHasRegisters) {
  KernelBuilder k("many", kWarpLanes);
  const Pointer at{k.parameter(), {}, 0};
  std::vector<Value> values(300);
  for (Value& v : values) v = k.load(1, at, {}, CacheUse::kAll);
  for (const Value& v : values) k.store(v, at, {});
  EXPECT_THROW(k.finish(gpu_preset("h100")), InvariantError);
}

}  // namespace
}  // namespace metronome::gpu
