// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/assembly.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/named_files.h"
#include "runtime/cli/output_file.h"
#include "runtime/cli/subject.h"

namespace metronome::cli {
namespace {

int disasm(const Arguments& arguments) {
  const std::string output = arguments.text("output", "-");
  require_separate_files(arguments, arguments.operand());
  OutputFile file(output);
  file.write(lpu::disassemble(read_image(arguments.operand())));
  file.commit();
  return kOk;
}

}  // namespace

Command disasm_command() {
  return {"disasm",
          "FILE.mtm",
          "write an image as text",
          "Writes an image as text: the chip, the tensors with their place in memory, and for "
          "every queue its instructions, each stamped with the absolute cycle in which it issues "
          "and the identities of the values that it reads and writes. `metronome asm` makes the "
          "same bytes of it again.",
          "  metronome disasm model.mtm | less\n"
          "  metronome disasm model.mtm -o model.txt",
          {{"output,o", "FILE", "write here instead of to standard output"}},
          disasm};
}

}  // namespace metronome::cli
