// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/prepared_program.h"

#include <algorithm>

#include "hw/isa/error.h"
#include "hw/isa/lpu/codec.h"

namespace metronome::lpu {
namespace {

QueueStep step_of(const Issue& issue) {
  return {issue.cycle,
          &issue,
          static_cast<std::int32_t>(issue.instruction.get(Field::kAddress)),
          issue.address_step,
          issue.count,
          static_cast<std::uint16_t>(issue.stride),
          issue.instruction.opcode == Opcode::kRead ? StepKind::kReads : StepKind::kPlain};
}

}  // namespace

PreparedProgram prepare(const Program& program) {
  PreparedProgram prepared;
  prepared.program = &program;
  prepared.queues.reserve(program.queues.size());
  for (const QueueProgram& queue : program.queues) {
    auto& steps = prepared.queues.emplace_back();
    steps.reserve(queue.issues.size());
    for (const Issue& issue : queue.issues) {
      check(issue.count >= 1 && issue.stride >= 1 && issue.stride <= kMaxStride, program.name,
            issue.cycle, "a repeat without a count or with a stride that no word holds");
      steps.push_back(step_of(issue));
    }
  }
  return prepared;
}

PreparedProgram prepare(const Program& program, const ChipSpec& spec) {
  PreparedProgram prepared = prepare(program);
  DirectLoads direct = find_direct_loads(program, spec);
  if (direct.sources.empty()) return prepared;
  prepared.sources = std::move(direct.sources);
  for (std::size_t q = 0; q < program.queues.size(); ++q) {
    auto& steps = prepared.shorter.emplace_back();
    Needless needless{program.queues[q].queue, 0};
    for (std::size_t i = 0; i < prepared.queues[q].size(); ++i) {
      QueueStep step = prepared.queues[q][i];
      if (direct.needless[q][i]) {
        needless.reads += step.count;
        prepared.last_needless = std::max(prepared.last_needless, completion(*step.issue, spec));
        continue;
      }
      if (direct.source_of[q][i] >= 0) {
        step.kind = StepKind::kLoads;
        step.address = direct.source_of[q][i];
      }
      steps.push_back(step);
    }
    if (needless.reads != 0) prepared.needless.push_back(needless);
  }
  return prepared;
}

}  // namespace metronome::lpu
