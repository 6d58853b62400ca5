// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/gpu/isa_manual.h"
#include "hw/isa/lpu/isa_manual.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/terminal.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::cli {
namespace {

int print_manual(const Arguments& arguments) {
  const std::string machine = arguments.text("machine", "lpu");
  if (machine != "lpu" && machine != "gpu") {
    throw UsageError("--machine: found " + runtime::printable(machine) + ", expected lpu or gpu");
  }
  put(machine == "lpu" ? lpu::isa_manual() : gpu::isa_manual());
  return kOk;
}

}  // namespace

Command isa_command() {
  return {"isa",
          "",
          "print the instruction set",
          "Prints the instruction set as Markdown, for every instruction its operands, its timing "
          "and the source of that, from the same table that the compiler and the machine use.",
          "  metronome isa | less\n"
          "  metronome isa --machine gpu | less",
          {{"machine", "MACHINE", "whose: lpu, unless said otherwise, or gpu"}},
          print_manual};
}

}  // namespace metronome::cli
