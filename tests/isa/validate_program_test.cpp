// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/validate_program.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "hw/isa/error.h"
#include "tests/isa/random_program.h"

namespace metronome::lpu {
namespace {

constexpr std::uint32_t kSeed = 5;

std::string error_of(const Image& image) {
  try {
    deserialise(serialise(image), "a.mtm", nullptr);
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

Instruction read(std::uint32_t address, StreamGroup out) {
  return Instruction{Opcode::kRead, {}}.set(Field::kAddress, address).set(Field::kOut, out);
}

Instruction add(Source a, Source b) {
  return Instruction{Opcode::kAddF32, {}}
      .set(Field::kSourceA, a)
      .set(Field::kSourceB, b)
      .set(Field::kResult, kNoStream)
      .set(Field::kSuperlanes, 1U);
}

/// An image whose program `p` is this one issue.
Image with_issue(QueueId queue, const Issue& issue, const ChipSpec& spec) {
  Image image = random_image(kSeed, spec, 0);
  Program program{"p", 1, 1, {}, {}};
  program.queues.push_back({queue, {issue}});
  program.queues.back().issues.back().reads.resize(operands(issue.instruction).size());
  image.programs = {program};
  return image;
}

std::string error_of(QueueId queue, const Issue& issue, ChipSpec spec = teaching()) {
  return error_of(with_issue(queue, issue, spec));
}

Issue once(const Instruction& instruction) {
  Issue issue;
  issue.instruction = instruction;
  return issue;
}

constexpr StreamGroup kE3{Direction::kEast, 3, 1};
constexpr StreamGroup kE4Four{Direction::kEast, 4, 4};
const std::string kMem = "a.mtm: program p: mem_w.slice_0: cycle 35: ";
const std::string kAlu = "a.mtm: program p: vxm.alu_0: cycle 35: ";

TEST(ValidateProgram, AnInstructionOfAnotherUnitIsRefusedInEveryQueue) {
  const ChipSpec spec = teaching();
  const auto all = queues(spec);
  RandomProgram random(kSeed, spec);
  for (const OpcodeInfo& op : opcodes()) {
    for (const QueueInfo& queue : all) {
      const Issue issue = once(random.instruction(op.opcode));
      const bool implied = op.opcode == Opcode::kNop || op.opcode == Opcode::kRepeat ||
                           op.opcode == Opcode::kSync || op.opcode == Opcode::kNotify;
      const bool fits = !implied && (op.unit == Unit::kIcu || op.unit == queue.unit);
      const auto fault = issue_fault(issue, queue, spec);
      EXPECT_EQ(fault.has_value(), !fits) << op.mnemonic << " in " << queue.path;
    }
  }
  EXPECT_EQ(error_of(vxm_queue(spec, 0), once(read(0, kE3))),
            kAlu + "Read: instruction, found Read of MEM, expected one of VXM, as vxm.alu_0 takes");
}

TEST(ValidateProgram, RandomProgramsOfTheGeneratorPass) {
  for (const ChipSpec& spec : chip_presets()) {
    for (std::uint32_t seed = 1; seed < 4; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      EXPECT_NO_THROW(validate_program(RandomProgram(seed, spec).program("p", 50), spec, "test"));
    }
  }
}

TEST(ValidateProgram, StreamsThatTheChipLacksAreRefused) {
  ChipSpec narrow = teaching();
  narrow.streams = 24;
  EXPECT_EQ(error_of(0, once(read(0, {Direction::kEast, 24, 1})), narrow),
            kMem + "Read: out, found E24, expected streams up to 23");
  EXPECT_EQ(error_of(0, once(read(0, {Direction::kWest, 23, 1})), narrow), "none");
  EXPECT_EQ(error_of(0, once(read(0, {Direction::kWest, 16, 16})), narrow),
            kMem + "Read: out, found W16:16, expected streams up to 23");
  EXPECT_EQ(error_of(0, once(read(0, {Direction::kWest, 6, 4}))),
            kMem + "Read: out, found W6:4, expected a first stream that is a multiple of 4");
  EXPECT_EQ(error_of(0, once(read(0, {Direction::kWest, 0, 32}))),
            kMem + "Read: out, found W0:32, expected a group of at most 16 streams");
  EXPECT_EQ(error_of(0, once(read(0, kE3).set(Field::kOut, 0x0203U))),
            kMem + "Read: out, found bits 0x0203, expected a stream group");
}

TEST(ValidateProgram, AnAbsentResultIsNoStreamGroupButAnyOtherOddBitsAreRefused) {
  const Issue held = once(add(Source::from(kE4Four), Source::immediate()));
  const QueueId alu = vxm_queue(teaching(), 0);
  EXPECT_EQ(error_of(alu, held), "none");
  Issue odd = held;
  odd.instruction.set(Field::kResult, 0xFFFEU);
  EXPECT_EQ(error_of(alu, odd), kAlu + "Add.F32: z, found bits 0xfffe, expected a stream group");
}

TEST(ValidateProgram, SourcesMustNameAnOperandThatIs) {
  const QueueId alu = vxm_queue(teaching(), 0);
  EXPECT_EQ(error_of(alu, once(add(Source{}, Source::immediate()))),
            kAlu + "Add.F32: a, found no operand, expected a stream group, an ALU or imm");
  Issue issue = once(add(Source::from_alu(15), Source::immediate()));
  EXPECT_EQ(error_of(alu, issue), "none");
  issue.instruction.set(Field::kSourceA, std::uint32_t{pack(Source::from_alu(16))});
  EXPECT_EQ(error_of(alu, issue),
            kAlu + "Add.F32: a, found bits 0x8010, expected a stream group, an ALU or imm");
  issue.instruction.set(Field::kSourceA, Source::from({Direction::kEast, 2, 4}));
  EXPECT_EQ(error_of(alu, issue),
            kAlu + "Add.F32: a, found E2:4, expected a first stream that is a multiple of 4");
}

TEST(ValidateProgram, SuperlanesAreOneToThoseOfTheChip) {
  const QueueId alu = vxm_queue(teaching(), 0);
  for (std::uint32_t superlanes : {0U, 2U, 255U}) {
    Issue issue = once(add(Source::from(kE4Four), Source::immediate()));
    issue.instruction.set(Field::kSuperlanes, superlanes);
    EXPECT_EQ(error_of(alu, issue), kAlu + "Add.F32: superlanes, found " +
                                        std::to_string(superlanes) + ", expected 1 to 1");
  }
  Issue wide = once(add(Source::from(kE4Four), Source::immediate()));
  wide.instruction.set(Field::kSuperlanes, 20U);
  EXPECT_EQ(error_of(vxm_queue(groq1(), 0), wide, groq1()), "none");
}

TEST(ValidateProgram, AddressesStayInTheSliceOverAllRepeats) {
  struct Case {
    std::uint32_t address;
    int count;
    int step;
    std::string found;
  };
  const Case cases[] = {
      {2047, 1, 0, ""},
      {2048, 1, 0, "2048"},
      {0, 2048, 1, ""},
      {0, 2049, 1, "0 to 2048"},
      {10, 11, -1, ""},
      {10, 12, -1, "10 to -1"},
      {2000, 3, 24, "2000 to 2048"},
      {2000, 3, 23, ""},
      {0, 65536, 0, ""},
      {0, 65536, 32767, "0 to 2147385345"},
  };
  for (const Case& c : cases) {
    Issue issue = once(read(c.address, kE3));
    issue.count = c.count;
    issue.address_step = c.step;
    EXPECT_EQ(error_of(0, issue),
              c.found.empty() ? "none"
                              : kMem + "Read: address, found " + c.found + ", expected 0 to 2047");
  }
}

TEST(ValidateProgram, EveryChangedStreamWordIsRefusedOrNamesAnotherGroup) {
  const ChipSpec spec = teaching();
  const QueueInfo queue = queues(spec)[0];
  int accepted = 0;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    Issue issue = once(read(0, kE3));
    issue.instruction.set(Field::kOut, bits);
    if (issue_fault(issue, queue, spec)) continue;
    ++accepted;
    const StreamGroup group = unpack_stream(bits);
    EXPECT_EQ(pack(group), bits);
    EXPECT_EQ(group.first % group.width, 0);
    EXPECT_LE(group.first + group.width, spec.streams);
  }
  EXPECT_EQ(accepted, 2 * (32 + 16 + 8 + 4 + 2));
}

struct TensorCase {
  std::function<void(Image&)> change;
  std::string message;
};

TEST(ValidateTensors, ConstantsInOneCellAreRefusedWithBothNames) {
  const TensorCase cases[] = {
      {[](Image&) {}, "none"},
      {[](Image& i) { i.tensors[1].hemisphere = Hemisphere::kEast; },
       "constant norm\n2, found mem_e.slice_0 address 7, where constant table lies, expected cells "
       "of its own"},
      {[](Image& i) {
         i.tensors[1].hemisphere = Hemisphere::kEast;
         i.tensors[1].address = 9;  // table: two rows in stripe 0, addresses 7 and 8
       },
       "none"},
      {[](Image& i) {
         i.tensors[1].hemisphere = Hemisphere::kEast;
         i.tensors[1].address = 8;
       },
       "constant norm\n2, found mem_e.slice_0 address 8, where constant table lies, expected cells "
       "of its own"},
      {[](Image& i) {
         i.tensors[1].hemisphere = Hemisphere::kEast;
         i.tensors[1].slices = {3};
         i.tensors[1].address = 8;  // stripe 1 has one row, at 7
       },
       "none"},
      {[](Image& i) {
         i.tensors[0].slices = {0, 1, 2, 1};
       },
       "constant table, found mem_e.slice_1 address 7, where constant table lies, expected cells "
       "of its own"},
  };
  for (const TensorCase& c : cases) {
    Image image = random_image(kSeed, teaching(), 0);
    c.change(image);
    const std::string error = error_of(image);
    const bool ends = error.ends_with(c.message);
    EXPECT_TRUE(ends) << error << "\nexpected " << c.message;
  }
}

TEST(ValidateTensors, NumbersBeyondTheChipAreRefusedByName) {
  const TensorCase cases[] = {
      {[](Image& i) {
         i.tensors[5].width = 3, i.tensors[5].slices = {1, 2, 3};
       },
       "tensor logits: width, found 3, expected 1, 2 or 4"},
      {[](Image& i) { i.tensors[5].width = 5; }, "tensor width: found 5, allowed 1 to 4"},
      {[](Image& i) { i.tensors[5].address = 2047; },
       "tensor logits: last address, found 2048, expected at most 2047"},
      {[](Image& i) { i.tensors[5].address = 2048; }, "address: found 2048, allowed 0 to 2047"},
      {[](Image& i) { i.tensors[5].rows = std::int64_t{1} << 40; },
       "tensor logits: last address, found 1099511627784, expected at most 2047"},
      {[](Image& i) { i.tensors[5].slices[2] = 32; }, "slice: found 32, allowed 0 to 31"},
      {[](Image& i) { i.tensors[5].lanes = 17; }, "lanes: found 17, allowed 1 to 16"},
      {[](Image& i) { i.tensors[5].value_step = 2; }, "value step: found 2, allowed 0 to 1"},
      {[](Image& i) { i.logits = 6; }, "logits tensor: found 6, allowed 0 to 5"},
      {[](Image& i) { i.inputs[0].tensor = 6; }, "input tensor: found 6, allowed 0 to 5"},
  };
  for (const TensorCase& c : cases) {
    Image image = random_image(kSeed, teaching(), 0);
    c.change(image);
    const std::string error = error_of(image);
    EXPECT_TRUE(error.starts_with("a.mtm: tensors: byte ")) << error;
    EXPECT_TRUE(error.ends_with(": " + c.message)) << error << "\nexpected " << c.message;
  }
}

}  // namespace
}  // namespace metronome::lpu
