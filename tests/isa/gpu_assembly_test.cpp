// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "hw/isa/error.h"
#include "hw/isa/gpu/assembly.h"

namespace metronome::gpu {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RandomCode {
 public:
  explicit RandomCode(std::uint64_t seed) : random_(seed) {}

  Instruction instruction(Opcode opcode, int code_size) {
    Instruction i;
    i.opcode = opcode;
    i.guard = predicate();
    i.guard_negated = below(2) == 1;
    i.control = control();
    fill(i, code_size);
    return i;
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  Register reg() { return static_cast<Register>(below(256)); }
  Predicate predicate() { return static_cast<Predicate>(below(8)); }

  Control control() {
    Control c;
    c.stall = static_cast<std::uint8_t>(below(16));
    c.yield = below(2) == 1;
    if (below(2) == 1) c.write_counter = static_cast<std::uint8_t>(below(6));
    if (below(2) == 1) c.read_counter = static_cast<std::uint8_t>(below(6));
    c.wait_mask = static_cast<std::uint8_t>(below(64));
    c.reuse = static_cast<std::uint8_t>(below(8));
    return c;
  }

  void set_b(Instruction& i) {
    i.b_source = static_cast<Source>(below(3));
    if (i.b_source == Source::kRegister) i.b = reg();
    if (i.b_source == Source::kImmediate) i.immediate = static_cast<std::uint32_t>(random_());
    if (i.b_source == Source::kParameter) i.parameter = static_cast<std::uint16_t>(below(4096));
  }
  void set_address(Instruction& i) {
    i.a = reg();
    i.has_base = below(2) == 1;
    if (i.has_base) i.parameter = static_cast<std::uint16_t>(below(4096));
    const auto offset = static_cast<std::int32_t>(random_());
    i.offset = offset == INT32_MIN || below(3) == 0 ? 0 : offset;
  }
  void set_access(Instruction& i) {
    set_address(i);
    i.width = static_cast<std::uint8_t>(1U << below(3));
    i.cache = static_cast<CacheUse>(below(3));
  }

  /// The fields that the format uses.
  void fill(Instruction& i, int code_size) {
    const Format format = info(i.opcode).format;
    switch (format) {
      case Format::kNone:
        return;
      case Format::kUnary:
        i.d = reg();
        return set_b(i);
      case Format::kBinary:
      case Format::kShuffle:
      case Format::kTernary:
        i.d = reg();
        i.a = reg();
        if (format == Format::kTernary) i.c = reg();
        return set_b(i);
      case Format::kMma:
        i.d = reg();
        i.a = reg();
        i.b = reg();
        i.c = reg();
        return;
      case Format::kCompare:
        i.compare = static_cast<Compare>(below(6));
        i.predicate = predicate();
        i.a = reg();
        return set_b(i);
      case Format::kSelect:
        i.d = reg();
        i.a = reg();
        i.predicate = predicate();
        return set_b(i);
      case Format::kSpecial:
        i.d = reg();
        if (i.opcode == Opcode::kS2r) i.special = static_cast<Special>(below(7));
        return;
      case Format::kWarpgroup:
        i.d = reg();
        i.a = reg();
        i.b = reg();
        i.count = static_cast<std::uint16_t>(8 + below(249));
        return;
      case Format::kCount:
        i.count = static_cast<std::uint16_t>(below(65536));
        if (i.opcode == Opcode::kMbarrierWait) i.counter = static_cast<std::uint8_t>(below(8));
        return;
      case Format::kLoad:
      case Format::kStore:
      case Format::kCopy:
      case Format::kAtomic:
        return fill_memory(i, format);
      case Format::kBranch:
        i.target = static_cast<std::int32_t>(below(static_cast<std::uint32_t>(code_size)));
        return;
      case Format::kDepbar:
        i.counter = static_cast<std::uint8_t>(below(6));
        i.count = static_cast<std::uint16_t>(below(64));
        return;
    }
  }

  void fill_memory(Instruction& i, Format format) {
    if (format == Format::kLoad || format == Format::kStore) {
      set_access(i);
    } else {
      set_address(i);
    }
    if (format == Format::kLoad || format == Format::kAtomic) i.d = reg();
    if (format == Format::kStore || format == Format::kCopy) i.b = reg();
    if (format == Format::kAtomic) {
      i.b_source = below(2) == 1 ? Source::kRegister : Source::kImmediate;
      if (i.b_source == Source::kRegister) i.b = reg();
      if (i.b_source == Source::kImmediate) i.immediate = static_cast<std::uint32_t>(random_());
    }
    if (i.opcode == Opcode::kLdsRemote) {
      i.b_source = below(2) == 1 ? Source::kRegister : Source::kImmediate;
      i.b = i.b_source == Source::kRegister ? reg() : kZeroRegister;
      i.immediate = i.b_source == Source::kImmediate ? below(16) : 0;
    }
    if (format == Format::kCopy) i.cache = static_cast<CacheUse>(below(3));
    if (i.opcode == Opcode::kBulkCopy) {
      i.count = static_cast<std::uint16_t>(1 + below(65535));
      i.counter = static_cast<std::uint8_t>(below(8));
    }
  }

  std::mt19937_64 random_;
};

void expect_same(const Kernel& found, const Kernel& expected, const std::string& text) {
  EXPECT_EQ(found.name, expected.name);
  EXPECT_EQ(found.registers, expected.registers);
  EXPECT_EQ(found.shared_bytes, expected.shared_bytes);
  EXPECT_EQ(found.threads, expected.threads);
  EXPECT_EQ(found.parameters, expected.parameters);
  ASSERT_EQ(found.code.size(), expected.code.size());
  for (std::size_t at = 0; at < expected.code.size(); ++at) {
    ASSERT_EQ(found.code[at], expected.code[at]) << to_text(expected.code[at]) << "\nin\n" << text;
  }
}

TEST(GpuAssembly, EveryInstructionWithEveryFieldComesBackFromItsText) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    RandomCode random(seed);
    Kernel kernel;
    kernel.name = "blk.0.attn_q";
    kernel.registers = 128;
    kernel.shared_bytes = 49152;
    kernel.threads = 96;
    kernel.parameters = 12;
    const int size = static_cast<int>(opcodes().size());
    for (const Opcode opcode : opcodes()) kernel.code.push_back(random.instruction(opcode, size));
    const std::string text = to_text(kernel);
    expect_same(parse_kernel(text, "random"), kernel, text);
    EXPECT_EQ(to_text(parse_kernel(text, "random")), text);
  }
}

TEST(GpuAssembly, TextMayLeaveOutControlBitsAndHaveCommentsAndLabels) {
  const Kernel kernel = parse_kernel(
      "// a loop\n.kernel k\n.threads 64\n.registers 8\n.shared 16\n.parameters 2\n\n"
      "start:   // here\n  FADD R1, R2, 1.5f\n  IADD3 R1, R1, -1, RZ\n"
      "  @!P1 LDG.128.CG R4, [c[1]+R2-0x10] {stall 2, write SB0, wait SB1 SB2}\n"
      "  @P0 BRA start\n  BRA end\nend: EXIT",
      "k.gpu");
  EXPECT_EQ(kernel.name, "k");
  EXPECT_EQ(kernel.threads, 64);
  ASSERT_EQ(kernel.code.size(), 6U);
  EXPECT_EQ(kernel.code[0].immediate, 0x3FC00000U);
  EXPECT_EQ(kernel.code[0].control, Control{});
  EXPECT_EQ(kernel.code[1].immediate, 0xFFFFFFFFU);
  EXPECT_EQ(kernel.code[2].width, 4);
  EXPECT_EQ(kernel.code[2].cache, CacheUse::kL2);
  EXPECT_EQ(kernel.code[2].offset, -16);
  EXPECT_EQ(kernel.code[2].control.wait_mask, 6);
  EXPECT_TRUE(kernel.code[2].guard_negated);
  EXPECT_EQ(kernel.code[3].target, 0);
  EXPECT_EQ(kernel.code[4].target, 5);
}

TEST(GpuAssembly, TextOfAnInstructionReadsAsInSass) {
  Instruction load;
  load.opcode = Opcode::kLdg;
  load.guard = 0;
  load.guard_negated = true;
  load.d = 4;
  load.a = 2;
  load.has_base = true;
  load.parameter = 1;
  load.offset = 16;
  load.width = 4;
  EXPECT_EQ(to_text(load), "@!P0 LDG.128 R4, [c[1]+R2+16]");
  EXPECT_EQ(to_text(load.control), "");
  load.control.stall = 4;
  load.control.write_counter = 0;
  load.control.wait_mask = 6;
  EXPECT_EQ(to_text(load.control), "{stall 4, write SB0, wait SB1 SB2}");
}

struct Mistake {
  std::string line;      // the third of the file
  std::string expected;  // in the message
};
TEST(GpuAssembly, AMistakeIsReportedWithItsLineWhatWasFoundAndWhatWasExpected) {
  const Mistake mistakes[] = {
      {"FADDD R1, R2, R3", "found FADDD, expected a mnemonic"},
      {"FADD.X R1, R2, R3", "expected FADD with a suffix that it has"},
      {"ISETP P0, R1, R2", "expected ISETP with a suffix that it has"},
      {"FADD P1, R2, R3", "found P1, expected a register"},
      {"FADD R255, R2, R3", "found 255, expected a register from 0 to 254"},
      {"FADD R1 R2, R3", "found R2, expected `,`"},
      {"FADD R1, R2", "found the end of the line, expected `,`"},
      {"FADD R1, R2, R3, R4", "expected the end of the line"},
      {"@P7 NOP", "found 7, expected a predicate from 0 to 6"},
      {"LDG R1, R2", "found R2, expected `[`"},
      {"LDG R1, [R2*4]", "expected `]`"},
      {"MOV R1, 0x1ffffffff", "found 0x1ffffffff, expected a number of 32 bits"},
      {"STG [R2], 5", "found 5, expected a register"},
      {"STG [c[0]+R2], c[1]", "found c[1], expected a register"},
      {"ATOM.ADD R1, [c[0]+R2], c[1]", "expected no parameter beside that of the address"},
      {"S2R R1, SR_CLOCK", "expected a special register such as SR_LANE"},
      {"DEPBAR.LE SB6, 0", "found 6, expected a counter from 0 to 5"},
      {"NOP {stall 16}", "expected a stall count from 0 to 15"},
      {"NOP {sleep 1}", "expected stall, yield, write, read, wait or reuse"},
      {"NOP {stall 1", "found the end of the line, expected `}`"},
      {".thread 32", "expected .kernel, .threads, .registers, .shared or .parameters"},
      {".threads 2000", "found 2000, expected threads from 1 to 1024"},
      {"BRA nowhere", "found nowhere, which stands nowhere"},
      {"k: NOP", "not `k` again"},
  };
  for (const Mistake& mistake : mistakes) {
    try {
      parse_kernel(".kernel k\nk: NOP\n" + mistake.line + "\nEXIT\n", "bad.gpu");
      ADD_FAILURE() << mistake.line << " was taken";
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), AllOf(StartsWith("bad.gpu:3: "), HasSubstr(mistake.expected)))
          << mistake.line;
    }
  }
}

}  // namespace
}  // namespace metronome::gpu
