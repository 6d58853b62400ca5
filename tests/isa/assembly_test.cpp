// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/assembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/isa/random_program.h"

namespace metronome::lpu {
namespace {

constexpr std::uint32_t kSeed = 4242;

TEST(OperandText, NamesEveryFieldOfTheFormatWithoutSpaces) {
  RandomProgram random(kSeed, groq1());
  for (const OpcodeInfo& row : opcodes()) {
    const std::string text = operand_text(random.instruction(row.opcode));
    EXPECT_EQ(text.find_first_of(" \t\n"), std::string::npos) << row.mnemonic;
    for (const FieldLayout& layout : fields(row.format)) {
      EXPECT_NE(("," + text).find("," + std::string(layout.name) + "="), std::string::npos)
          << row.mnemonic << ": " << text;
    }
  }
}

TEST(OperandText, IsExactForEachKindOfField) {
  using enum Field;
  struct Case {
    Instruction instruction;
    const char* text;
  };
  const StreamGroup e3{Direction::kEast, 3, 1};
  const StreamGroup w8{Direction::kWest, 8, 4};
  const Case cases[] = {
      {Instruction{Opcode::kRead, {}}.set(kAddress, 12U).set(kOut, e3), "address=12,out=E3"},
      {Instruction{Opcode::kScatter, {}}.set(kIn, w8).set(kIn2, e3), "address=0,in=W8:4,map=E3"},
      {Instruction{Opcode::kMulF32, {}}
           .set(kSourceA, Source::from(w8))
           .set(kSourceB, Source::immediate())
           .set(kImmediate, 0x3f800000U)
           .set(kResult, kNoStream)
           .set(kSuperlanes, 20U),
       "a=W8:4,b=imm,imm=0x3f800000,z=-,superlanes=20"},
      {Instruction{Opcode::kAccAddF32, {}}
           .set(kSourceA, Source::from_alu(3))
           .set(kResult, w8)
           .set(kFlags, kFlagInit)
           .set(kSuperlanes, 1U),
       "a=alu3,z=W8:4,flags=1,superlanes=1"},
      {Instruction{Opcode::kPass, {}}, "a=-,z=E0,flags=0,superlanes=0"},
      {Instruction{Opcode::kDistribute, {}}.set(kMap0, 0xabcU).set(kMap2, ~0U),
       "in=E0,unit=0,map0=0x00000abc,map1=0x00000000,map2=0xffffffff,out=E0"},
      {Instruction{Opcode::kRepeat, {}}.set(kCount, 3U).set(kStride, 2U).set(kStep, 0xffffU),
       "count=3,stride=2,step=-1"},
      {Instruction{Opcode::kSync, {}}, ""},
  };
  for (const Case& c : cases) EXPECT_EQ(operand_text(c.instruction), c.text);
}

TEST(OperandText, TheOffsetMovesTheAddressAndNothingElse) {
  Instruction read{Opcode::kRead, {}};
  read.set(Field::kAddress, 12U);
  EXPECT_EQ(operand_text(read, 5), "address=17,out=E0");
  EXPECT_EQ(operand_text(read, -13), "address=-1,out=E0");
  Instruction install{Opcode::kIwF16, {}};
  install.set(Field::kRows, 16U);
  EXPECT_EQ(operand_text(install, 5), "rows=16");
}

TEST(Assembly, AssemblesToTheSameBytesThatWereDisassembled) {
  for (const ChipSpec& spec : chip_presets()) {
    for (std::uint32_t seed = kSeed; seed < kSeed + 8; ++seed) {
      SCOPED_TRACE(spec.name + " seed " + std::to_string(seed));
      const Image image = random_image(seed, spec, 40);
      const std::string text = disassemble(image);
      const Image again = assemble(text, "test");
      EXPECT_EQ(again.programs, image.programs);
      EXPECT_EQ(serialise(again), serialise(image));
      EXPECT_EQ(disassemble(again), text);
    }
  }
}

TEST(Assembly, NamesOfAnyBytesComeBack) {
  Image image = random_image(kSeed, teaching(), 0);
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const std::string& name :
       {all, std::string("\""), std::string("\\"), std::string("#"), std::string(" "),
        std::string("a=b"), std::string("\\x41"), std::string(".queue")}) {
    image.info.model = name;
    image.chip.name = name;
    image.tensors[0].name = name;
    image.tensors[3].name = name;
    image.programs[0].name = name;
    EXPECT_EQ(serialise(assemble(disassemble(image), "test")), serialise(image)) << name;
  }
}

constexpr std::string_view kSmall = R"(# a read and a write, by hand
.chip name=teaching lanes_per_superlane=16 superlanes=1 streams=32 mem_slices=32 banks=2 words_per_bank=1024 slices_per_hop=4 vxm_entry_hops=4 io_hops=4 mxm_planes=2 vxm_alus=16 sxm_distributors=4 sxm_transposers=2 c2c_ports=0 accumulators=2 clock_hz=900000000
.tensor "the row" width=1 stripes=1 kind=constant hemisphere=east slices=0 address=12 rows=1 lanes=2 fill=0x0 value=1 step=0
  c0 FF  # two lanes
.logits tensor=0
.program one context=1 predicted=40
.queue mem_e.slice_0
35: Read out=E3,address=12 ; reads 1 write 2

40: Read address=12,out=E3 x4 every 2 step -1
.queue mem_e.slice_4
	37: Write address=0,in=E3
)";

TEST(Assembly, HandWrittenTextMayOrderItsFieldsAndLeaveOutIdentities) {
  const Image image = assemble(kSmall, "hand.mta");
  EXPECT_EQ(image.chip, teaching());
  ASSERT_EQ(image.tensors.size(), 1U);
  EXPECT_EQ(image.tensors[0].name, "the row");
  EXPECT_EQ((std::vector<std::uint8_t>(image.tensors[0].data.begin(), image.tensors[0].data.end())),
            (std::vector<std::uint8_t>{0xc0, 0xff}));
  ASSERT_EQ(image.programs.size(), 1U);
  const Program& program = image.programs[0];
  ASSERT_EQ(program.queues.size(), 2U);
  ASSERT_EQ(program.queues[0].issues.size(), 2U);
  const Issue& first = program.queues[0].issues[0];
  EXPECT_EQ(first.cycle, 0);
  EXPECT_EQ(first.reads, (std::vector<ValueRange>{{1, 0}}));
  EXPECT_EQ(first.write, (ValueRange{2, 0}));
  const Issue& second = program.queues[0].issues[1];
  EXPECT_EQ(second.cycle, 5);
  EXPECT_EQ(second.count, 4);
  EXPECT_EQ(second.stride, 2);
  EXPECT_EQ(second.address_step, -1);
  EXPECT_EQ(second.reads, std::vector<ValueRange>(1));
  EXPECT_EQ(program.queues[1].issues[0].cycle, 2);
  EXPECT_EQ(serialise(deserialise(serialise(image), "x", nullptr)), serialise(image));
}

TEST(Assembly, WindowsLineEndsAndAMissingLastLineEndChangeNothing) {
  std::string text;
  for (char c : kSmall) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  text.resize(text.size() - 2);
  EXPECT_EQ(serialise(assemble(text, "x")), serialise(assemble(kSmall, "x")));
}

TEST(Assembly, TheDataOutlivesTheTextItCameFrom) {
  auto text = std::make_unique<std::string>(kSmall);
  const Image image = assemble(*text, "x");
  std::fill(text->begin(), text->end(), 'x');
  text.reset();
  EXPECT_EQ(image.tensors[0].data[1], 0xff);
  const Image copy = image;
  EXPECT_EQ(copy.tensors[0].data.data(), image.tensors[0].data.data());
}

TEST(Assembly, AnImageOfEightMegabytesIsTextAndBackInLinearTime) {
  const ChipSpec spec = groq1();
  RandomProgram random(kSeed, spec);
  Image image = random_image(kSeed, spec, 0);
  image.programs.clear();
  image.programs.push_back(random.program("p", 8000));
  auto data = std::make_shared<std::vector<std::uint8_t>>(random.bytes(5'120'000));
  image.tensors[0].width = 1;
  image.tensors[0].stripes = 4;
  image.tensors[0].address = 0;
  image.tensors[0].rows = 16'000;
  image.tensors[0].lanes = 320;
  image.tensors[0].data = *data;
  const auto storage =
      std::make_shared<std::pair<std::shared_ptr<const void>, decltype(data)>>(image.storage, data);
  image.storage = storage;
  const auto bytes = serialise(image);
  ASSERT_GT(bytes.size(), 8'000'000U);
  const auto start = std::chrono::steady_clock::now();
  const std::string text = disassemble(image);
  const Image again = assemble(text, "x");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  RecordProperty("milliseconds", static_cast<int>(took.count() * 1000));
  EXPECT_TRUE(serialise(again) == bytes);
  // About half a second; the room is for loaded machines and sanitizers. Quadratic takes hours.
  EXPECT_LT(took.count(), 30.0);
}

}  // namespace
}  // namespace metronome::lpu
