// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/isa_manual.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/terminal.h"

namespace metronome::cli {
namespace {

int print_manual(const Arguments&) {
  put(lpu::isa_manual());
  return kOk;
}

}  // namespace

Command isa_command() {
  return {"isa",
          "",
          "print the instruction set",
          "Prints the instruction set as Markdown, for every instruction its operands, its timing "
          "and the source of that, from the same table that the compiler and the chip use.",
          "  metronome isa | less",
          {},
          print_manual};
}

}  // namespace metronome::cli
