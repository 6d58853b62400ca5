// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/prepared_program.h"

#include "hw/isa/error.h"
#include "hw/isa/lpu/codec.h"

namespace metronome::lpu {

PreparedProgram prepare(const Program& program) {
  PreparedProgram prepared{&program, {}};
  prepared.queues.reserve(program.queues.size());
  for (const QueueProgram& queue : program.queues) {
    auto& steps = prepared.queues.emplace_back();
    steps.reserve(queue.issues.size());
    for (const Issue& issue : queue.issues) {
      check(issue.count >= 1 && issue.stride >= 1 && issue.stride <= kMaxStride, program.name,
            issue.cycle, "a repeat without a count or with a stride that no word holds");
      steps.push_back({issue.cycle, &issue,
                       static_cast<std::int32_t>(issue.instruction.get(Field::kAddress)),
                       issue.address_step, issue.count, static_cast<std::uint16_t>(issue.stride),
                       issue.instruction.opcode == Opcode::kRead});
    }
  }
  return prepared;
}

}  // namespace metronome::lpu
