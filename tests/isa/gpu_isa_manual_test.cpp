// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "hw/isa/gpu/instruction.h"
#include "hw/isa/gpu/isa_manual.h"

namespace metronome::gpu {
namespace {

TEST(GpuIsaManual, HasOneRowForEveryInstruction) {
  const std::string manual = isa_manual();
  for (const Opcode opcode : opcodes()) {
    const std::string start = "\n| `" + std::string(info(opcode).mnemonic) + "` | ";
    const std::size_t at = manual.find(start);
    ASSERT_NE(at, std::string::npos) << info(opcode).mnemonic;
    EXPECT_EQ(manual.find(start, at + 1), std::string::npos) << info(opcode).mnemonic;
  }
}

TEST(GpuIsaManual, ARowSaysOperandsMeaningAndSource) {
  const std::string manual = isa_manual();
  EXPECT_NE(manual.find("| `FFMA` | d, a, *b*, c | d = a * b + c, rounded once | SASS |\n"),
            std::string::npos);
  EXPECT_NE(manual.find("\n## fma\n\nWaited for by stall counts.\n"), std::string::npos);
  EXPECT_NE(manual.find("\n## memory\n\nWaited for through dependence counters.\n"),
            std::string::npos);
}

TEST(GpuIsaManual, NoMeaningBreaksTheColumnsOfItsTable) {
  std::istringstream lines(isa_manual());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `") || line.find("` | ") == std::string::npos) continue;
    int columns = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      columns += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    }
    EXPECT_TRUE(columns == 5 || columns == 3) << line;  // an instruction, or a control bit
  }
}

TEST(GpuIsaManual, ThePageInDocsIsTheManual) {
  const std::string path = std::string(METRONOME_SOURCE_DIR) + "/docs/gpu_isa.md";
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") std::ofstream(path) << isa_manual();
  std::ifstream file(path, std::ios::binary);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_TRUE(page == isa_manual()) << path << " is not the manual; UPDATE_GOLDEN=1 rewrites it";
}

}  // namespace
}  // namespace metronome::gpu
