// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "hw/isa/error.h"
#include "hw/isa/lpu/assembly.h"
#include "tests/isa/random_program.h"

namespace metronome::lpu {
namespace {

constexpr std::string_view kChip =
    ".chip name=teaching lanes_per_superlane=16 superlanes=1 streams=32 mem_slices=32 banks=2 "
    "words_per_bank=1024 slices_per_hop=4 vxm_entry_hops=4 io_hops=4 mxm_planes=2 vxm_alus=16 "
    "sxm_distributors=4 sxm_transposers=2 c2c_ports=0 accumulators=2 clock_hz=900000000";
constexpr std::string_view kInfo =
    ".info model=m architecture=llama precision=fp16 vocab=1 context=1 width=1 layers=1 "
    "parameters=1";
constexpr std::string_view kTensor =
    ".tensor t kind=constant hemisphere=east width=2 stripes=1 slices=0,1 address=0 rows=2 lanes=1 "
    "fill=0x00000000 value=1 step=1";

/// Line by line: chip 1, info 2, tensor 3, its data 4, logits 5, program 6, queue 7, issues 8 on.
std::vector<std::string> small() {
  return {std::string(kChip),     std::string(kInfo),
          std::string(kTensor),   "01020304",
          ".logits tensor=0",     ".program p context=1 predicted=36",
          ".queue mem_e.slice_2", "35: Read address=0,out=E3 ; reads 1 write 2"};
}

std::string error_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  try {
    assemble(text, "a.mta");
  } catch (const UserError& error) {
    return error.what();
  }
  return "none";
}

/// The error with line `number` of the small text replaced.
std::string error_with(std::size_t number, const std::string& line) {
  auto lines = small();
  lines[number - 1] = line;
  return error_of(lines);
}

std::string replaced(std::string_view line, std::string_view from, std::string_view to) {
  std::string out(line);
  return out.replace(out.find(from), from.size(), to);
}

TEST(AssemblyErrors, TheSmallTextItselfHasNone) { EXPECT_EQ(error_of(small()), "none"); }

struct Case {
  std::string line;
  std::string message;
};

TEST(AssemblyErrors, CyclesMnemonicsAndOperandNames) {
  const Case cases[] = {
      {"35: Reed address=0,out=E3",
       "8:5: instruction, found Reed, expected a mnemonic, such as Read"},
      {"35: nop count=1", "8:5: instruction, found nop, expected a mnemonic, such as NOP"},
      {"35: NOP count=1",
       "8:5: instruction, found NOP, expected none: cycles and repeats of the others imply it"},
      {"35: Pass a=E0,z=-,flags=0,superlanes=1",
       "8:5: instruction, found Pass of VXM, expected one of MEM, as mem_e.slice_2 takes"},
      {"35:", "8:4: instruction, found nothing, expected a mnemonic, such as Or"},
      {"35 Read address=0,out=E3",
       "8:1: line, found 35, expected a cycle and a colon, or a section"},
      {"34: Read address=0,out=E3",
       "8:1: cycle, found 34, expected at least 35, when mem_e.slice_2 is free"},
      {"soon: Read address=0,out=E3", "8:1: cycle, found soon, expected 0 to 1099511627776"},
      {"1099511627777: Read address=0,out=E3",
       "8:1: cycle, found 1099511627777, expected 0 to 1099511627776"},
      {"1099511627776: Read address=0,out=E3",
       "8:16: end of the instruction, found cycle 1099511627777, expected at most 1099511627776"},
      {"35: Read", "8:9: operands, found nothing, expected address= among them"},
      {"35: Read address=0", "8:10: operands, found address=0, expected out= among them"},
      {"35: Read address=0,out=E3,in=E4",
       "8:27: operand, found in=E4, expected of Read: address= out="},
      {"35: Read address=0,out", "8:20: operand, found out, expected of Read: address= out="},
      {"35: Read address=0,,out=E3",
       "8:20: operand, found nothing, expected of Read: address= out="},
      {"35: Read address=0,address=1,out=E3",
       "8:20: operand, found address=1, expected one address="},
  };
  for (const Case& c : cases) EXPECT_EQ(error_with(8, c.line), "a.mta:" + c.message) << c.line;
}

TEST(AssemblyErrors, ValuesRepeatsAndIdentities) {
  const Case cases[] = {
      {"35: Read address=65536,out=E3", "8:18: address, found 65536, expected 0 to 65535"},
      {"35: Read address=-1,out=E3", "8:18: address, found -1, expected 0 to 65535"},
      {"35: Read address=0x1,out=E3", "8:18: address, found 0x1, expected 0 to 65535"},
      {"35: Read address=2048,out=E3", "8:18: address, found 2048, expected 0 to 2047"},
      {"35: Read address=2046,out=E3 x3 every 1 step 1",
       "8:18: address, found 2046 to 2048, expected 0 to 2047"},
      {"35: Read address=0,out=X3",
       "8:24: out, found X3, expected a stream group such as E12 or E12:4"},
      {"35: Read address=0,out=-",
       "8:24: out, found -, expected a stream group such as E12 or E12:4"},
      {"35: Read address=0,out=E32", "8:25: out, found 32, expected 0 to 31"},
      {"35: Read address=0,out=E4:3", "8:27: out, found 3, expected 1, 2, 4, 8 or 16 streams"},
      {"35: Read address=0,out=E4:", "8:27: out, found nothing, expected 1 to 16"},
      {"35: Read address=0,out=E6:4",
       "8:24: out, found E6:4, expected a first stream that is a multiple of 4"},
      {"35: Read address=0,out=E3 x1 every 1", "8:28: count, found 1, expected 2 to 65536"},
      {"35: Read address=0,out=E3 x2 at 1", "8:30: repeat, found at, expected every"},
      {"35: Read address=0,out=E3 x2 every 0", "8:36: stride, found 0, expected 1 to 65535"},
      {"35: Read address=0,out=E3 x2 every 1 step 32768",
       "8:43: step, found 32768, expected -32768 to 32767"},
      {"35: Read address=0,out=E3 twice", "8:27: line, found twice, expected ; or its end"},
      {"35: Read address=0,out=E3 ; reads",
       "8:29: reads, found 0 identities, expected 1, one an operand"},
      {"35: Read address=0,out=E3 ; reads 1 2 write 3",
       "8:29: reads, found 2 identities, expected 1, one an operand"},
      {"35: Read address=0,out=E3 ; reads 4294967296 write 3",
       "8:35: identity, found 4294967296, expected 0 to 4294967295"},
      {"35: Read address=0,out=E3 ; reads 1+2000000",
       "8:37: identity's step, found 2000000, expected -1048576 to 1048576"},
      {"35: Read address=0,out=E3 ; write 1 2",
       "8:37: line, found 2, expected reads, write, of or its end"},
      {"35: Read address=0,out=E3 ; wrote 1",
       "8:29: line, found wrote, expected reads, write, of or its end"},
      {"35: Read address=0,out=E3 ; of 0",
       "8:32: stream program, found 0, expected a .stream_program before it"},
  };
  for (const Case& c : cases) EXPECT_EQ(error_with(8, c.line), "a.mta:" + c.message) << c.line;
}

TEST(AssemblyErrors, LinesOfAnAluQueue) {
  const Case cases[] = {
      {"35: Pass a=alu16,z=-,flags=0,superlanes=1", "8:15: a, found 16, expected 0 to 15"},
      {"35: Pass a=-,z=-,flags=0,superlanes=1",
       "8:12: a, found -, expected a stream group, an ALU or imm"},
      {"35: Pass a=E0:4,z=none,flags=0,superlanes=1",
       "8:19: z, found none, expected a stream group such as E12 or E12:4"},
      {"35: Pass a=E0:4,z=-,flags=256,superlanes=1", "8:27: flags, found 256, expected 0 to 255"},
      {"35: Pass a=E0:4,z=-,flags=0,superlanes=2", "8:40: superlanes, found 2, expected 1 to 1"},
      {"35: Add.F32 a=E0:4,b=imm,imm=1.0,z=-,superlanes=1",
       "8:30: imm, found 1.0, expected 0x and up to 8 hex digits"},
      {"35: Add.F32 a=E0:4,b=imm,imm=0x123456789,z=-,superlanes=1",
       "8:30: imm, found 0x123456789, expected 0x and up to 8 hex digits"},
      {"35: Add.F23 a=E0:4,b=imm,imm=0x0,z=-,superlanes=1",
       "8:5: instruction, found Add.F23, expected a mnemonic, such as Add.F32"},
  };
  for (const Case& c : cases) {
    auto lines = small();
    lines[6] = ".queue vxm.alu_3";
    lines[7] = c.line;
    EXPECT_EQ(error_of(lines), "a.mta:" + c.message) << c.line;
  }
}

TEST(AssemblyErrors, InstructionsOfOneQueueMayNotOverlap) {
  auto lines = small();
  lines[7] = "35: Read address=0,out=E3 x3 every 4 step 1";
  lines.emplace_back("43: Read address=0,out=E3");
  EXPECT_EQ(error_of(lines),
            "a.mta:9:1: cycle, found 43, expected at least 44, when mem_e.slice_2 is free");
  lines[8] = "44: Read address=0,out=E3";
  EXPECT_EQ(error_of(lines), "none");
  lines[6] = ".queue mxm_e.plane_0.activations";
  lines[7] = "40: ABC.F16.Wide in=E0:2,superlanes=1";
  lines[8] = "41: ABC.F16.Wide in=E0:2,superlanes=1";
  EXPECT_EQ(error_of(lines),
            "a.mta:9:1: cycle, found 41, expected at least 42, when "
            "mxm_e.plane_0.activations is free");
  lines[7] = "40: ABC.F16.Wide in=E0:2,superlanes=1 x2 every 1";
  EXPECT_EQ(error_of(lines), "a.mta:8:48: stride, found 1, expected 2 to 65535");
}

TEST(AssemblyErrors, QueuesAreThoseOfTheChipInItsOrderWithinAProgram) {
  EXPECT_EQ(error_with(7, ".queue mem_e.slice_32"),
            "a.mta:7:8: queue, found mem_e.slice_32, expected a path, such as mem_e.slice_2");
  EXPECT_EQ(error_with(7, ".queue mem_e.slice_3 now"),
            "a.mta:7:22: line, found now, expected its end");
  EXPECT_EQ(error_with(6, "# no program"),
            "a.mta:7:8: queue, found mem_e.slice_2, expected a .program before it");
  auto lines = small();
  lines.emplace_back(".queue mem_e.slice_2");
  EXPECT_EQ(error_of(lines),
            "a.mta:9:8: queue, found mem_e.slice_2, expected one after "
            "mem_e.slice_2, in the chip's order");
}

TEST(AssemblyErrors, SectionsAreKnownOnesInPlace) {
  EXPECT_EQ(error_with(2, ".inof"), "a.mta:2:1: section, found .inof, expected one such as .info");
  EXPECT_EQ(error_with(1, ""), "a.mta:2:1: section, found .info, expected .chip first");
  EXPECT_EQ(error_with(2, std::string(kChip)),
            "a.mta:2:1: section, found a second .chip, expected one");
  EXPECT_EQ(error_with(6, ".logits tensor=0"),
            "a.mta:6:1: section, found a second .logits, expected one");
  EXPECT_EQ(error_with(5, ""), "a.mta:9:1: text, found no .logits, expected one");
  EXPECT_EQ(error_of({}), "a.mta:1:1: text, found no .chip, expected one");
  EXPECT_EQ(error_with(2, "stray"),
            "a.mta:2:1: line, found stray, expected a section, such as .chip");
  EXPECT_EQ(error_with(2, ".tokenizer 00"),
            "a.mta:2:12: line, found 00, expected its end, and hex lines below");
  EXPECT_EQ(error_with(5, ".logits tensor=1"), "a.mta:5:16: tensor, found 1, expected 0 to 0");
  auto lines = small();
  lines.insert(lines.begin() + 5, ".input kind=token_row tensor=0 block_rows=17 column_blocks=1");
  EXPECT_EQ(error_of(lines), "a.mta:6:43: block_rows, found 17, expected 0 to 16");
  lines[5] = ".input kind=token_row tensor=0 block_rows=16";
  EXPECT_EQ(error_of(lines), "a.mta:6:45: .input, found nothing, expected column_blocks=");
  EXPECT_EQ(error_with(2, ".input kind=place tensor=0"),
            "a.mta:2:13: kind, found place, expected token_row, token_select, position, "
            "token_group or token_lane");
  EXPECT_EQ(error_with(6, ".program p context=0 predicted=0"),
            "a.mta:6:20: context, found 0, expected 1 to 1099511627776");
  EXPECT_EQ(error_with(6, ".program p context=1 predicted=0 outputs=1,,2"),
            "a.mta:6:44: outputs, found nothing, expected 0 to 4294967295");
  EXPECT_EQ(error_with(6, ".program p context=1 predicted=0 outputs=1 size=2"),
            "a.mta:6:44: .program, found size, expected a known key, such as context");
  EXPECT_EQ(error_with(6, ".program"), "a.mta:6:9: program, found nothing, expected a name");
}

TEST(AssemblyErrors, KeysOfTheChipAndTheInfo) {
  EXPECT_EQ(error_with(1, replaced(kChip, "superlanes=1", "superlanes=21")),
            "a.mta:1:1: superlanes: found 21, allowed 1 to 20");
  EXPECT_EQ(error_with(1, replaced(kChip, "banks=2", "banks=two")),
            "a.mta:1:88: banks, found two, expected 0 to 1048576");
  EXPECT_EQ(error_with(1, replaced(kChip, " banks=2", "")),
            "a.mta:1:253: .chip, found nothing, expected banks=");
  EXPECT_EQ(error_with(1, replaced(kChip, "banks=2", "banks=2 bank=2")),
            "a.mta:1:90: .chip, found bank, expected a known key, such as banks");
  EXPECT_EQ(error_with(1, replaced(kChip, "banks=2", "banks=2 banks=2")),
            "a.mta:1:90: .chip, found banks=2, expected each key once");
  EXPECT_EQ(error_with(1, replaced(kChip, "banks=2", "banks")),
            "a.mta:1:82: .chip, found banks, expected key=value");
  EXPECT_EQ(error_with(2, replaced(kInfo, "model=m", "model=\"a\\q\"")),
            R"(a.mta:2:15: model, found \q, expected \", \\ or \x and two hex digits)");
  EXPECT_EQ(error_with(2, replaced(kInfo, "model=m", "model=a\"b\"")),
            "a.mta:2:13: model, found a\"b\", expected one pair of quotes around all of it");
  EXPECT_EQ(error_with(2, replaced(kInfo, "parameters=1", "parameters=-1")),
            "a.mta:2:95: parameters, found -1, expected 0 to 1099511627776");
}

TEST(AssemblyErrors, TensorsKeepTheRulesOfTheImage) {
  struct Change {
    const char* from;
    const char* to;
    const char* message;
  };
  const Change changes[] = {
      {"kind=constant", "kind=const",
       "3:16: kind, found const, expected constant, state, scratch, input or output"},
      {"hemisphere=east", "hemisphere=north",
       "3:36: hemisphere, found north, expected west or east"},
      {"width=2", "width=5", "3:47: width, found 5, expected 1 to 4"},
      {"width=2 stripes=1 slices=0,1", "width=3 stripes=1 slices=0,1,2",
       "3:9: width, found 3, expected 1, 2 or 4"},
      {"stripes=1", "stripes=33", "3:57: stripes, found 33, expected 1 to 32"},
      {"slices=0,1", "slices=0,32", "3:68: slices, found 32, expected 0 to 31"},
      {"slices=0,1", "slices=0,", "3:68: slices, found nothing, expected 0 to 31"},
      {"slices=0,1", "slices=0", "3:66: slices, found 1, expected 2, stripes times width"},
      {"address=0", "address=2048", "3:78: address, found 2048, expected 0 to 2047"},
      {"address=0", "address=2047", "3:9: last address, found 2048, expected at most 2047"},
      {"lanes=1", "lanes=17", "3:93: lanes, found 17, expected 1 to 16"},
      {"fill=0x00000000", "fill=0", "3:100: fill, found 0, expected 0x and up to 8 hex digits"},
      {"step=1", "step=2", "3:124: step, found 2, expected 0 to 1"},
      {" rows=2", "", "3:118: .tensor, found nothing, expected rows="},
      {"rows=2", "rows=3",
       "3:1: data of t, found 4 bytes, expected 6, rows times lanes times width"},
      {"slices=0,1", "slices=0,0",
       "3:1: constant t, found mem_e.slice_0 address 0, where constant t lies, expected cells of "
       "its own"},
  };
  for (const Change& c : changes) {
    EXPECT_EQ(error_with(3, replaced(kTensor, c.from, c.to)), std::string("a.mta:") + c.message)
        << c.to;
  }
  auto lines = small();
  lines.insert(lines.begin() + 4, {replaced(kTensor, " t ", " other "), "01020304"});
  EXPECT_EQ(error_of(lines),
            "a.mta:5:1: constant other, found mem_e.slice_0 address 0, where "
            "constant t lies, expected cells of its own");
}

TEST(AssemblyErrors, HexLinesHaveTwoDigitsAByteAndAsManyBytesAsTheTensor) {
  EXPECT_EQ(error_with(4, "010203"),
            "a.mta:3:1: data of t, found 3 bytes, expected 4, rows times lanes times width");
  EXPECT_EQ(error_with(4, "0102030405"),
            "a.mta:3:1: data of t, found 5 bytes, expected 4, rows times lanes times width");
  EXPECT_EQ(error_with(4, "01 020g 04"),
            "a.mta:4:6: data, found 0g, expected two hex digits a byte");
  EXPECT_EQ(error_with(4, "01020304 0"),
            "a.mta:4:10: data, found 0, expected two hex digits a byte");
  EXPECT_EQ(error_with(3, replaced(kTensor, "constant", "state")),
            "a.mta:4:1: line, found 01020304, expected a section, such as .chip");
}

TEST(AssemblyErrors, WhatWasFoundIsShownShortAndWithoutControlCharacters) {
  EXPECT_EQ(error_with(8, "35: \x1b[31m" + std::string(100, 'x')),
            "a.mta:8:5: instruction, found ?[31m" + std::string(35, 'x') +
                "..., expected a mnemonic, such as Max.F32");
}

TEST(AssemblyErrors, AnyOneCharacterChangedIsRefusedWithAPlaceOrStillAssembles) {
  constexpr std::uint32_t kSeed = 99;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  const std::string text = disassemble(random_image(kSeed, teaching(), 2));
  RandomProgram random(kSeed, teaching());
  constexpr std::string_view kCharacters = " \n\t#.,:;=+-x\"\\0E\xff";
  for (int n = 0; n < 3000; ++n) {
    std::string changed = text;
    const auto at = static_cast<std::size_t>(random.between(0, std::ssize(text) - 1));
    changed[at] =
        kCharacters[static_cast<std::size_t>(random.between(0, std::ssize(kCharacters) - 1))];
    try {
      const Image image = assemble(changed, "a.mta");
      ASSERT_NO_THROW(deserialise(serialise(image), "x", nullptr)) << changed.substr(at, 80);
    } catch (const UserError& error) {
      EXPECT_EQ(std::string(error.what()).find("a.mta:"), 0U) << error.what();
    }
  }
}

}  // namespace
}  // namespace metronome::lpu
