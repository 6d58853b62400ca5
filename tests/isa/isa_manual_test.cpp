// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/isa_manual.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "hw/isa/lpu/opcode.h"

namespace metronome::lpu {
namespace {

TEST(IsaManual, HasOneRowForEveryInstruction) {
  const std::string manual = isa_manual();
  for (const OpcodeInfo& row : opcodes()) {
    const std::string start = "\n| `" + std::string(row.mnemonic) + "` | ";
    const std::size_t at = manual.find(start);
    ASSERT_NE(at, std::string::npos) << row.mnemonic;
    EXPECT_EQ(manual.find(start, at + 1), std::string::npos) << row.mnemonic;
  }
}

TEST(IsaManual, ARowSaysOperandsTimingMeaningAndSource) {
  const std::string manual = isa_manual();
  EXPECT_NE(manual.find("## MEM\n"), std::string::npos);
  EXPECT_NE(manual.find("| `Read` | `address:2` `out:2` | 1 | 1 | 0 | 0 | vector at `address` onto "
                        "a stream | USQ: read delay is 1 cycle |\n"),
            std::string::npos);
  EXPECT_NE(manual.find("| `Add.F32` | `a*:2` `b*:2` `imm:4` `z?:2` `superlanes:1` | 3 |"),
            std::string::npos);
}

TEST(IsaManual, NoMeaningBreaksTheColumnsOfItsTable) {
  std::istringstream lines(isa_manual());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    int columns = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      columns += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    }
    EXPECT_EQ(columns, 9) << line;
  }
}

}  // namespace
}  // namespace metronome::lpu
