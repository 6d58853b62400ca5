// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "compiler/lpu/check_schedule.h"
#include "runtime/cli/arguments.h"
#include "runtime/cli/image_facts.h"
#include "runtime/cli/interrupt.h"
#include "runtime/cli/numbers.h"
#include "runtime/cli/subject.h"
#include "runtime/cli/terminal.h"

namespace metronome::cli {
namespace {

int check_image(const Arguments& arguments) {
  const lpu::Image image = read_image(arguments.operand());
  bool holds = true;
  for (const lpu::Program& program : image.programs) {
    stop_if_interrupted();
    const auto conflict = compiler::check_schedule(image, program);
    if (conflict) {
      holds = false;
      put(fmt::format("{}: conflict\n", program.name));
      fmt::print(stderr, "metronome: {}: {}: {}\n", arguments.operand(), program.name,
                 conflict->text);
    } else {
      put(fmt::format("{}: holds: {} in {}, predicted to the cycle\n", program.name,
                      counted(issue_count(program), "instruction"),
                      counted(program.predicted_cycles, "cycle")));
    }
  }
  return holds ? kOk : kFailed;
}

}  // namespace

Command check_command() {
  return {"check",
          "FILE.mtm",
          "prove the schedules of an image",
          "Runs the judge, which shares no code with the scheduler: from the instructions and "
          "their timing alone it derives where every value is in every cycle, and proves that "
          "nothing is used twice and that each operand is the value that the compiler meant. A "
          "conflict names both culprits, the place and the cycle, and ends with exit code 1.",
          "  metronome check model.mtm",
          {},
          check_image};
}

}  // namespace metronome::cli
