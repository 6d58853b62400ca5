// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <string>

#include "hw/isa/error.h"
#include "hw/isa/gpu/gpu_spec.h"
#include "hw/isa/gpu/instruction.h"

namespace metronome::gpu {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(GpuInstruction, EveryOpcodeHasANameOfItsOwnAMeaningAndASource) {
  std::set<std::string_view> names;
  for (const Opcode opcode : opcodes()) {
    const OpcodeInfo& op = info(opcode);
    EXPECT_EQ(op.opcode, opcode);
    EXPECT_TRUE(names.insert(op.mnemonic).second) << op.mnemonic;
    EXPECT_FALSE(op.meaning.empty()) << op.mnemonic;
    EXPECT_FALSE(op.source.empty()) << op.mnemonic;
    EXPECT_FALSE(name(op.unit).empty()) << op.mnemonic;
  }
}

struct OperandRow {
  Opcode opcode;
  int written;
  int a;
  int b;
  int c;
};
TEST(GpuInstruction, OperandsAreGroupsOfAsManyRegistersAsTheInstructionTouches) {
  const OperandRow rows[] = {
      {Opcode::kMov, 1, 0, 1, 0},       {Opcode::kFadd, 1, 1, 1, 0},
      {Opcode::kFfma, 1, 1, 1, 1},      {Opcode::kIsetp, 0, 1, 1, 0},
      {Opcode::kSel, 1, 1, 1, 0},       {Opcode::kS2r, 1, 0, 0, 0},
      {Opcode::kHmma, 4, 4, 2, 4},      {Opcode::kImma, 4, 4, 2, 4},
      {Opcode::kHgmma, 64, 1, 1, 64},   {Opcode::kLdg, 4, 1, 0, 0},
      {Opcode::kStg, 0, 1, 4, 0},       {Opcode::kLds, 4, 1, 0, 0},
      {Opcode::kSts, 0, 1, 4, 0},       {Opcode::kLdsm, 4, 1, 0, 0},
      {Opcode::kLdsRemote, 4, 1, 1, 0}, {Opcode::kLdgsts, 0, 1, 1, 0},
      {Opcode::kBulkCopy, 0, 1, 1, 0},  {Opcode::kAtomAdd, 1, 1, 1, 0},
      {Opcode::kShfl, 1, 1, 1, 0},      {Opcode::kBra, 0, 0, 0, 0},
      {Opcode::kBar, 0, 0, 0, 0},       {Opcode::kDepbar, 0, 0, 0, 0},
      {Opcode::kExit, 0, 0, 0, 0},
  };
  for (const OperandRow& row : rows) {
    Instruction i;
    i.opcode = row.opcode;
    i.d = 8;
    i.a = 16;
    i.b = 24;
    i.c = 32;
    i.width = 4;
    i.count = 128;
    const Operands o = operands(i);
    const std::string_view mnemonic = info(row.opcode).mnemonic;
    EXPECT_EQ(o.written.count, row.written) << mnemonic;
    EXPECT_EQ(o.read[0].count, row.a) << mnemonic;
    EXPECT_EQ(o.read[1].count, row.b) << mnemonic;
    EXPECT_EQ(o.read[2].count, row.c) << mnemonic;
    if (row.written > 0) {
      EXPECT_EQ(o.written.first, 8) << mnemonic;
    }
    if (row.a > 0) {
      EXPECT_EQ(o.read[0].first, 16) << mnemonic;
    }
    if (row.b > 0) {
      EXPECT_EQ(o.read[1].first, 24) << mnemonic;
    }
    if (row.c > 0) {
      EXPECT_EQ(o.read[2].first, row.opcode == Opcode::kHgmma ? 8 : 32) << mnemonic;
    }
  }
}

TEST(GpuInstruction, AnImmediateOrAParameterReadsNoRegister) {
  for (const Source source : {Source::kImmediate, Source::kParameter}) {
    Instruction i;
    i.opcode = Opcode::kFadd;
    i.b = 3;
    i.b_source = source;
    EXPECT_EQ(operands(i).read[1].count, 0);
  }
}

Instruction make(Opcode opcode, Register d = kZeroRegister, Register a = kZeroRegister,
                 Register b = kZeroRegister) {
  Instruction i;
  i.opcode = opcode;
  i.d = d;
  i.a = a;
  i.b = b;
  return i;
}

Kernel small_kernel() {
  Kernel kernel;
  kernel.name = "small";
  kernel.registers = 24;
  kernel.threads = 128;
  kernel.shared_bytes = 1024;
  kernel.parameters = 2;
  kernel.code = {make(Opcode::kFadd, 4, 5, 6), make(Opcode::kExit)};
  return kernel;
}

std::string error_of(const Kernel& kernel, std::string_view preset) {
  try {
    validate(kernel, gpu_preset(preset));
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

TEST(ValidateKernel, AKernelThatFitsIsValidOnEveryGpu) {
  for (const std::string_view preset : gpu_preset_names()) {
    EXPECT_EQ(error_of(small_kernel(), preset), "none") << preset;
  }
}

struct Fault {
  std::string_view gpu;
  std::function<void(Kernel&)> make;
  std::string expected;
};
std::function<void(Kernel&)> first(const std::function<void(Instruction&)>& change) {
  return [change](Kernel& k) { change(k.code[0]); };
}

std::vector<Fault> faults_of_kernels() {
  return {
      {"h100", [](Kernel& k) { k.threads = 0; }, "threads: found 0, allowed 1 to 1024"},
      {"h100", [](Kernel& k) { k.threads = 1025; }, "threads: found 1025"},
      {"h100", [](Kernel& k) { k.registers = 256; }, "registers: found 256"},
      {"h100",
       [](Kernel& k) {
         k.registers = 255;
         k.threads = 512;
       },
       "registers of a CTA"},
      {"h100", [](Kernel& k) { k.shared_bytes = 1 << 20; }, "shared_bytes: found 1048576"},
      {"h100", [](Kernel& k) { k.code.pop_back(); }, "does not end with an EXIT"},
      {"h100", [](Kernel& k) { k.code.clear(); }, "does not end with an EXIT"},
      {"h100", [](Kernel& k) { k.code.back().guard = 2; }, "does not end with an EXIT"},
      {"h100", [](Kernel& k) { k.code.back().guard_negated = true; }, "does not end with an EXIT"},
  };
}

std::vector<Fault> faults_of_instructions() {
  return {
      {"h100", first([](Instruction& i) { i.d = 24; }), "register: found 24, allowed 0 to 23"},
      {"h100", first([](Instruction& i) { i = make(Opcode::kHmma, 22, 0, 4); }), "found 25"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kLdg, 23, 0);
         i.width = 2;
       }),
       "found 24"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kLdg, 4, 0);
         i.width = 3;
       }),
       "width: found 3, expected 1, 2 or 4"},
      {"h100", first([](Instruction& i) {
         i.b_source = Source::kParameter;
         i.parameter = 2;
       }),
       "parameter: found 2, allowed 0 to 1"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kBra);
         i.target = 2;
       }),
       "target: found 2, allowed 0 to 1"},
      {"h100", first([](Instruction& i) { i = make(Opcode::kBra); }), "target: found -1"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kHgmma, 0, 1, 2);
         i.count = 12;
       }),
       "N: found 12, expected a multiple of 8"},
      {"a100", first([](Instruction& i) {
         i = make(Opcode::kHgmma, 0, 1, 2);
         i.count = 8;
       }),
       "no warpgroup multiply"},
      {"v100", first([](Instruction& i) {
         i = make(Opcode::kImma, 0, 4, 8);
         i.c = 12;
       }),
       "no int8 tensor cores"},
      {"a100", first([](Instruction& i) { i = make(Opcode::kBulkCopy, kZeroRegister, 0, 1); }),
       "no bulk copy engine"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kBulkCopy, kZeroRegister, 0, 1);
         i.counter = 8;
       }),
       "mbarrier: found 8, allowed 0 to 7"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kDepbar);
         i.counter = 6;
       }),
       "counter: found 6, allowed 0 to 5"},
  };
}

std::vector<Fault> faults_of_fields() {
  return {
      {"h100", first([](Instruction& i) { i.guard = 9; }), "guard: found 9, allowed 0 to 7"},
      {"h100", first([](Instruction& i) { i.predicate = 9; }), "predicate: found 9"},
      {"h100", first([](Instruction& i) { i.control.stall = 99; }), "stall: found 99"},
      {"h100", first([](Instruction& i) { i.control.write_counter = 6; }), "counter: found 6"},
      {"h100", first([](Instruction& i) { i.control.read_counter = 6; }), "counter: found 6"},
      {"h100", first([](Instruction& i) { i.control.wait_mask = 0xC0; }), "wait mask: found 192"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kLdg, 5, 0);
         i.width = 4;
       }),
       "register: found 5, expected a multiple of 4"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kStg, kZeroRegister, 0, 4);
         i.b_source = Source::kParameter;
       }),
       "b: a store takes its data from registers"},
      {"h100", first([](Instruction& i) {
         i = make(Opcode::kHgmma, kZeroRegister, 1, 2);
         i.count = 8;
       }),
       "HGMMA accumulates in registers, not in RZ"},
  };
}

TEST(ValidateKernel, AFaultIsRefusedWithKernelFieldFoundAndLimit) {
  std::vector<Fault> faults = faults_of_kernels();
  std::ranges::copy(faults_of_instructions(), std::back_inserter(faults));
  std::ranges::copy(faults_of_fields(), std::back_inserter(faults));
  for (const Fault& fault : faults) {
    Kernel kernel = small_kernel();
    fault.make(kernel);
    EXPECT_THAT(error_of(kernel, fault.gpu),
                ::testing::AllOf(StartsWith("kernel small: "), HasSubstr(fault.expected)));
  }
}

TEST(ValidateKernel, AFaultyInstructionIsNamedByNumberAndText) {
  Kernel kernel = small_kernel();
  kernel.code.insert(kernel.code.begin(), make(Opcode::kFadd, 4, 5, 30));
  EXPECT_THAT(error_of(kernel, "h100"), HasSubstr("instruction 0 `FADD R4, R5, R30`: "));
}

}  // namespace
}  // namespace metronome::gpu
